"""What another user notices while many clients attack the system, which runs with its default settings."""

import multiprocessing
import signal
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from statistics import median

import requests

from crawler.store import database
from tests.bench import million, posts
from tests.bench.attackers import ATTACKERS, HOSTILE_ANSWERS, HOSTILE_OWNER, Target
from tests.bench.figures import Figure, p95
from tests.bench.usage import usage
from tests.system import PASSWORD, PLENTY, System, system

LIMITS_BY_DEFAULT = dict.fromkeys(PLENTY, "")
SETTINGS = {"VK_TOKENS": "standin-user", "VK_REQUESTS_PER_SECOND": "50"} | LIMITS_BY_DEFAULT
EVERY_SECONDS = 0.05  # the victim looks again
PATIENCE_SECONDS = 10.0


def measure(
    seconds: float = 20.0, links: int = 400_000, attackers: Iterable[str] = tuple(ATTACKERS), together: bool = True
) -> list[Figure]:
    """All attackers at once, or one kind after the other."""
    names = list(attackers)
    with tempfile.TemporaryDirectory() as name, system(Path(name) / "views", **SETTINGS) as (running, vk):
        target = Target("127.0.0.1", running.port, *(token(running, name) for name in ("rich", "poor")))
        own_many(running, "rich", links)
        for item, answer in enumerate(HOSTILE_ANSWERS, 1):
            vk.fault(post=f"-{HOSTILE_OWNER}_{item}", times=0, **answer)
        groups = [names] if together else [[name] for name in names]
        return [figure for group in groups for figure in suffer(running, target, group, seconds)]


def suffer(running: System, target: Target, names: list[str], seconds: float) -> list[Figure]:
    what = names[0] if len(names) == 1 else f"{len(names)} kinds of attackers"
    with under_way(target, names):
        began = time.perf_counter()
        batch = hand_in(running, began + seconds)
        waits, failures = look(running, began + seconds)
        ended = end_of(running, batch, began + 2 * seconds) if batch else -1.0
    memory = usage(running.pid_of("control.api")).megabytes
    how = f"{len(waits)} times in {seconds:g} s, {failures} without an answer; worst {1000 * max(waits):.0f} ms"
    return [
        Figure(f"GET /users/me beside {what}, median", 1000 * median(waits), "ms", at_most=500),
        Figure(f"GET /users/me beside {what}, p95", 1000 * p95(waits), "ms", at_most=500, how=how),
        Figure(f"10 links beside {what}, POST to last done", ended, "s", at_least=0, how="−1: never"),
        Figure(f"the API's peak memory with {what}", memory, "MB", at_most=400),
    ]


@contextmanager
def under_way(target: Target, names: list[str]) -> Iterator[None]:
    """Let them do their worst for as long as the context lasts."""
    processes = [multiprocessing.Process(target=attack, args=(name, target), daemon=True) for name in names]
    for process in processes:
        process.start()
    time.sleep(2)
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.join()


def attack(name: str, target: Target) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ATTACKERS[name](target)


def look(running: System, end: float) -> tuple[list[float], int]:
    """Seconds that each look took. One that fails has taken all our patience."""
    waits, failures = [], 0
    while (began := time.perf_counter()) < end or not waits:
        try:
            running.session.get(f"{running.url}/users/me", timeout=PATIENCE_SECONDS).raise_for_status()
            waits.append(time.perf_counter() - began)
        except requests.RequestException:
            waits.append(max(PATIENCE_SECONDS, time.perf_counter() - began))
            failures += 1
        time.sleep(EVERY_SECONDS)
    return waits, failures


def hand_in(running: System, end: float) -> str:
    """Hand a batch in, again and again until it is taken; its id, or nothing."""
    key = {"Idempotency-Key": f"attack-{time.time_ns()}"}
    body = {"links": posts.links(1, 10)}
    while time.perf_counter() < end:
        try:
            answer = running.session.post(f"{running.url}/batches", json=body, headers=key, timeout=PATIENCE_SECONDS)
            return str(answer.json()["id"])
        except (requests.RequestException, KeyError):
            time.sleep(0.5)
    return ""


def end_of(running: System, batch: str, end: float) -> float:
    """Seconds that it took until all links were done, asked while everybody is still attacking; −1: they are not."""
    while time.perf_counter() < end:
        try:
            found = running.session.get(f"{running.url}/batches/{batch}", timeout=PATIENCE_SECONDS).json()
            if found["state"] == "done" and found["finished_at"]:
                begun, ended = (datetime.fromisoformat(found[name]) for name in ("created_at", "finished_at"))
                return (ended - begun).total_seconds()
        except (requests.RequestException, KeyError):
            pass
        time.sleep(0.2)
    return -1.0


def token(running: System, name: str) -> str:
    who = {"username": name, "password": PASSWORD}
    with requests.Session() as session:
        session.post(f"{running.url}/users", json=who).raise_for_status()
        return str(session.post(f"{running.url}/users/login", json=who).json()["token"])


def own_many(running: System, name: str, links: int) -> None:
    """Store links of somebody's: their list is larger than what anybody keeps of an answer."""
    engine = database.create(url=f"sqlite:///{running.folder / 'var' / 'views.db'}")
    with engine.connect() as connection:
        user = connection.exec_driver_sql("SELECT id FROM users WHERE username = ?", (name,)).scalar_one()
    million.fill(engine, user, 2, links)
    engine.dispose()
