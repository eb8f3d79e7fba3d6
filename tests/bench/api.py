"""The API with a million links in its database: how long its routes take, and how much memory.

`python -m tests.bench.api [links] [sqlite | postgresql | an address]`. The API is the real process. Times are a
client's, on loopback; beside them the processor's time that the API itself took, which a busy machine changes less.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from sqlalchemy import Engine, insert, text, update

from crawler import database
from crawler.database import now, writing
from crawler.models import Batch, User, random_id
from tests import postgresql
from tests.checkout import ROOT
from tests.conftest import execute, migrate
from tests.system import PASSWORD, clean_environment, free_port

LINKS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
DATABASE = sys.argv[2] if len(sys.argv) > 2 else "sqlite"
LARGE, SMALL = 100_000, 1_000  # links of a batch
TICKS = os.sysconf("SC_CLK_TCK")

NUMBERS = "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < :size - 1) "
POSTS = "INSERT INTO posts (platform, key) SELECT 'vk', 'wall-' || :owner || '_' || (n + 1) FROM numbers ORDER BY n"
READINGS = """
INSERT INTO readings (post_id, run_id, views, likes, comments, reposts, source, http_status, measured_at)
SELECT id, :run, 1000 + id, id % 300, id % 20, id % 7, 'wall.getById 5.199', 200, 1790000000
FROM posts WHERE id > :last ORDER BY id
"""
BEGUN = """
INSERT INTO links (batch_id, position, url, platform, post_id, status)
SELECT :batch, n, 'https://vk.com/wall-' || :owner || '_' || (n + 1), 'vk', :last + n + 1, 'created'
FROM numbers ORDER BY n
"""
DONE = """
UPDATE links SET status = 'done', run_id = :run, sent = true, finished_at = 1790000000,
reading_id = (SELECT readings.id FROM readings WHERE readings.post_id = links.post_id)
WHERE batch_id = :batch AND position % 100 < 95 AND position < :until
"""
FAILED = """
UPDATE links SET status = 'failed', reason = 'not_found', run_id = :run, sent = true, finished_at = 1790000000
WHERE batch_id = :batch AND position % 100 >= 95 AND position < :until
"""


def fill(engine: Engine, user: str, owner: int, size: int, until: int) -> str:
    """Store a batch of which the first links, `until` there, are final: 95 % done. Return its id."""
    with writing(engine) as connection:
        closed = now() if until >= size else None
        batch = {"user_id": user, "platform": "vk", "deadline_at": now() + 86_400, "closed_at": closed}
        new = insert(Batch).values(batch).returning(Batch.id, Batch.public_id)
        id_, public_id = connection.execute(new).one()
        last = connection.execute(text("SELECT coalesce(max(id), 0) FROM posts")).scalar()
        values = {"owner": owner, "size": size, "last": last, "batch": id_, "run": random_id(), "until": until}
        for statement in (NUMBERS + POSTS, READINGS, NUMBERS + BEGUN, DONE, FAILED):
            connection.execute(text(statement), values)
    return str(public_id)


def fill_all(engine: Engine, user: str) -> None:
    """Batches of 100,000 links and, with the last tenth, of 1,000; a tenth more belongs to others."""
    owner = 1_000_000
    sizes = [LARGE] * ((LINKS - 1) // LARGE)
    sizes += [SMALL] * ((LINKS - sum(sizes)) // SMALL)
    others = [random_id() for _ in range(100)]
    with writing(engine) as connection:
        connection.execute(insert(User), [{"id": id_, "username": id_, "password_hash": ""} for id_ in others])
    for number, size in enumerate(sizes):
        fill(engine, user, owner + number, size, size)
        fill(engine, others[number % 100], owner - number - 1, SMALL, SMALL)


class Process:
    """The API. `spent` is its processor's time in seconds, `peak` its largest memory in MB since `reset`."""

    def __init__(self, url: str) -> None:
        port = str(free_port())
        self.url = f"http://127.0.0.1:{port}"
        settings = {"PORT": port, "SECRET_KEY": "k" * 32, "SCRAPYD_PASSWORD": "unused"}
        settings |= {"SQLALCHEMY_DATABASE_URL": url, "SCRAPYD_URLS": f"http://127.0.0.1:{free_port()}"}
        command = [sys.executable, "-m", "control.api"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=clean_environment() | settings, stderr=subprocess.DEVNULL
        )
        self.folder = Path(f"/proc/{self.process.pid}")
        self.session = requests.Session()

    def login(self) -> str:
        """Wait for it, make a user and return the id."""
        while True:
            try:
                self.session.get(f"{self.url}/healthz")
                break
            except requests.ConnectionError:
                assert self.process.poll() is None, "the API does not start"
                time.sleep(0.1)
        who = {"username": "analyst", "password": PASSWORD}
        id_ = self.session.post(f"{self.url}/users", json=who).json()["id"]
        token = self.session.post(f"{self.url}/users/login", json=who).json()["token"]
        self.session.headers["Authorization"] = f"Bearer {token}"
        return str(id_)

    def ask(self, method: str, path: str, body: bytes | None = None) -> requests.Response:
        address = path if path.startswith("http") else self.url + path
        answer = self.session.request(method, address, data=body, headers={"Content-Type": "application/json"})
        assert answer.status_code < 300 or path == "/readyz", answer.text
        return answer

    def length(self, path: str) -> int:
        """Read an answer without keeping it."""
        with self.session.get(self.url + path, stream=True) as answer:
            return sum(len(piece) for piece in answer.iter_content(65_536))

    def reset(self) -> None:
        (self.folder / "clear_refs").write_text("5")

    @property
    def peak(self) -> float:
        return int((self.folder / "status").read_text().partition("VmHWM:")[2].split()[0]) / 1024

    @property
    def spent(self) -> float:
        fields = (self.folder / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


def measure(api: Process, name: str, times: int, act: Callable[[], object], after: Callable[[], object] = int) -> None:
    """Print how long it takes; `after` clears up, unmeasured."""
    seconds, spent = [], 0.0
    api.reset()
    for _ in range(times):
        before, began = api.spent, time.perf_counter()
        act()
        seconds.append(time.perf_counter() - began)
        spent += api.spent - before
        after()
    middle, late = statistics.median(seconds), sorted(seconds)[max(0, -(-95 * times // 100) - 1)]
    row = f"{name:<44}{times:>5}{middle * 1000:>10.1f}{late * 1000:>10.1f}{spent / times * 1000:>10.1f}{api.peak:>9.0f}"
    print(row, flush=True)


class Sender:
    """Posts batches, each of other posts than all before, unless the `owner` is given."""

    def __init__(self, api: Process) -> None:
        self.api = api
        self.owner = 0
        self.body = b""
        self.made: list[str] = []

    def prepare(self, make: Callable[[int, int], str], size: int) -> None:
        self.owner += 1
        self.body = json.dumps({"links": [make(self.owner, item) for item in range(1, size + 1)]}).encode()

    def post(self) -> None:
        self.made.append(self.api.ask("POST", "/batches", self.body).json()["url"])

    def delete(self) -> None:
        self.api.ask("DELETE", self.made.pop())


def wall(owner: int, item: int) -> str:
    return f"https://vk.com/wall-{owner}_{item}"


def mixed(owner: int, item: int) -> str:
    """Of ten links: six plain ones, two others that are good, a duplicate and one that is none."""
    forms = [
        f"https://m.vk.com/wall-{owner}_{item}?hash=0123456789abcdef01",
        f"https://vk.com/video-{owner}_{item}",
        f"https://vk.com/wall-{owner}_{item - item % 10 + 4}",
        f"https://example.com/{item}",
    ]
    return forms[item % 10] if item % 10 < len(forms) else wall(owner, item)


def topic(owner: int, item: int) -> str:
    return f"https://vk.com/topic-{owner}_{item}"


def posts(api: Process) -> None:
    sender = Sender(api)
    for name, make, size, times in [
        ("POST 100,000 links, new posts", wall, LARGE, 10),
        ("POST 100,000 links, mixed", mixed, LARGE, 5),
        ("POST 100,000 links, all rejected", topic, LARGE, 3),
        ("POST 100 links", wall, 100, 50),
    ]:
        sender.prepare(make, size)

        def again(make: Callable[[int, int], str] = make, size: int = size) -> None:
            sender.delete()
            sender.prepare(make, size)

        measure(api, name, times, sender.post, again)
    sender.prepare(wall, LARGE)
    sender.post()
    measure(api, "POST 100,000 links, posts already known", 5, sender.post, sender.delete)


def removals(api: Process, engine: Engine, user: str) -> None:
    made = [fill(engine, user, 3_000_000 + number, LARGE, LARGE) for number in range(3)]
    measure(api, "DELETE of 100,000 measured links", 3, lambda: api.ask("DELETE", f"/batches/{made.pop()}"))
    failed = [fill(engine, user, 4_000_000 + number, LARGE, 0) for number in range(3)]
    paths = [f"/batches/{id_}" for id_ in failed]
    measure(api, "cancel of 100,000 waiting links", 3, iter_of(api, "POST", [f"{path}/cancel" for path in paths]))
    measure(api, "retry of 100,000 links", 3, iter_of(api, "POST", [f"{path}/retry" for path in paths]))


def iter_of(api: Process, method: str, paths: list[str]) -> Callable[[], object]:
    return lambda: api.ask(method, paths.pop())


def reads(api: Process, engine: Engine, user: str) -> None:
    done = fill(engine, user, 2_000_000, LARGE, LARGE)
    under_way = fill(engine, user, 2_000_001, LARGE, LARGE // 2)
    middle = LARGE // 2 - 1
    for name, path in {
        "GET /batches/<id>, done": f"/batches/{done}",
        "GET /batches/<id>, in progress": f"/batches/{under_way}",
        "its links, first page": f"/batches/{done}/links",
        "its links, middle page": f"/batches/{done}/links?cursor={middle}",
        "its links, last page": f"/batches/{done}/links?cursor={LARGE - 101}",
        "its done links, middle page": f"/batches/{done}/links?status=done&cursor={middle}",
        "its failed links, middle page": f"/batches/{done}/links?status=failed&cursor={middle}",
        "its created links, middle page": f"/batches/{under_way}/links?status=created&cursor={middle}",
        "its links in progress: none": f"/batches/{under_way}/links?status=in progress",
        "1,000 of its links": f"/batches/{done}/links?limit=1000&cursor={middle}",
        "GET /batches": "/batches",
        "/readyz": "/readyz",
    }.items():
        measure(api, name, 100, lambda path=path: api.ask("GET", path))


def main() -> None:
    with storage() as url:
        migrate(url)
        engine = database.create(url=url)
        api = Process(url)
        try:
            user = api.login()
            fill_all(engine, user)
            settle(engine)
            print(f"{LINKS:,} links, {engine.dialect.name}; {api.peak:.0f} MB before anything is asked")
            print(f"{'':<44}{'times':>5}{'p50 ms':>10}{'p95 ms':>10}{'CPU ms':>10}{'peak MB':>9}")
            measure(api, f"/get-bg-tasks, {LINKS:,} links", 1, lambda: api.length("/get-bg-tasks"))
            measure_rest(api, engine, user)
        finally:
            api.process.terminate()
            api.process.wait()
            engine.dispose()


def measure_rest(api: Process, engine: Engine, user: str) -> None:
    reads(api, engine, user)
    with engine.begin() as connection:
        connection.execute(update(User).where(User.id == user).values(admin=True))
    measure(api, "/metrics, links counted", 1, lambda: api.ask("GET", "/metrics"))
    measure(api, "/metrics", 20, lambda: api.ask("GET", "/metrics"))
    posts(api)
    removals(api, engine, user)


def settle(engine: Engine) -> None:
    """What PostgreSQL does by itself within a minute or so; SQLite has nothing of the kind."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


@contextmanager
def storage() -> Iterator[str]:
    """The address of an empty database that keeps what it commits."""
    with tempfile.TemporaryDirectory() as folder:
        if DATABASE == "sqlite":
            yield f"sqlite:///{folder}/views.db"
        elif DATABASE == "postgresql":
            with postgresql.running(postgresql.DURABLE) as server:
                execute(server.address, "CREATE DATABASE views")
                yield server.address.format("views")
        else:
            yield DATABASE


if __name__ == "__main__":
    main()
