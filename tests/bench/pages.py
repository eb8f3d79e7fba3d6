"""What the page costs: looking at it with a million links stored, following checks in 200 tabs, and the indexes by
which it sorts and filters.
"""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from statistics import median

from sqlalchemy import Engine, text, update

from crawler.store import database
from crawler.store.models.accounts import User
from crawler.store.models.batches import Batch
from tests.bench import spider, storage
from tests.bench.figures import Figure, p95
from tests.bench.million import fill, tidy
from tests.bench.server import Server
from tests.system import PASSWORD
from tests.vk_standin.client import StandIn

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
TABS, MINUTES = 200, 3  # open for so long at most
OF_THE_PAGE = ("ix_links_views", "ix_links_reason")


def measure(
    batches: int = 10, size: int = 100_000, times: int = 40, names: tuple[str, ...] = storage.NAMES
) -> list[Figure]:
    looked = [figure for name in names for figure in _looks(name, batches, size, times)]
    return [*looked, *(_stored(name, size // 5) for name in names)]


def _looks(name: str, batches: int, size: int, times: int) -> list[Figure]:
    with storage.storage(name) as url, Server(url) as server:
        engine = database.create(url=url)
        ids = [fill(engine, server.user, owner, size) for owner in range(1, batches + 1)]
        tidy(engine)
        enter(server, engine)
        links = f"{batches * size:,} links, {name}"
        looked = {path: [processor_ms(server, path) for _ in range(times)] for path in paths(ids[0], size)}
        slowest = max(looked, key=lambda path: p95(looked[path]))
        each = "; ".join(f"{path.replace(ids[0], '<id>')} {p95(samples):.0f}" for path, samples in looked.items())
        pages = Figure(
            f"the slowest page among {links}: processor, p95", p95(looked[slowest]), "ms", at_most=100, how=each
        )
        reopen(engine)
        engine.dispose()
        return [pages, *_polls(server, ids, links, times)]


def paths(check: str, size: int) -> list[str]:
    """Every page that shows much, and every way to sort and filter."""
    table = f"/checks/{check}"
    queries = ("", "?sort=-views", "?sort=-position", f"?cursor={size // 2}", "?status=failed", "?reason=not_found")
    return ["/checks", "/checks?q=x", "/account", "/system", f"{table}?q=_77", *(table + each for each in queries)]


def enter(server: Server, engine: Engine) -> None:
    """Log the server's user in at the page, as an administrator."""
    with engine.begin() as connection:
        connection.execute(update(User).where(User.id == server.user).values(admin=True))
    form = {"username": "analyst", "password": PASSWORD}
    assert server.session.post(f"{server.url}/enter", data=form, headers=SAME_ORIGIN).ok


def reopen(engine: Engine) -> None:
    """Let no check be over: what is counted once it is closed is then counted at every poll."""
    with engine.begin() as connection:
        connection.execute(update(Batch).values(closed_at=None, done=None, failed=None, views=None))


def _polls(server: Server, ids: list[str], links: str, times: int) -> Iterator[Figure]:
    polls = [f"/checks/{id_}/progress" for id_ in ids]
    samples = [processor_ms(server, path) for path in islice(cycle(polls), 5 * times)]
    how = f"{len(samples)} times, {len(ids)} checks in turn; median {median(samples):.1f} ms"
    yield Figure(f"a poll of a check among {links}: processor, p95", p95(samples), "ms", at_most=8, how=how)
    asked = list(islice(cycle(polls), 10 * times))
    before = processor(server.process.pid)
    with ThreadPoolExecutor(8) as clients:
        list(clients.map(lambda path: server.ask("GET", path), asked))
    each = (processor(server.process.pid) - before) / len(asked)
    rate = TABS * len(list(waits(60.0 * MINUTES))) / (60.0 * MINUTES)
    how = f"{rate:.0f} polls a second in their first {MINUTES} minutes, {1000 * each:.1f} ms each, 8 at once"
    yield Figure(f"processors for {TABS} open tabs among {links}", each * rate, at_most=0.5, how=how)


def waits(seconds: float) -> Iterator[float]:
    """When a tab that was opened at 0 asks, as app.js does: less and less often, after 1 to 15 s."""
    now = 0.0
    while (now := now + min(15.0, max(1.0, now / 15))) < seconds:
        yield now


def processor_ms(server: Server, path: str) -> float:
    """Ask once; the processor time that the API took, in ms."""
    before = processor(server.process.pid)
    server.ask("GET", path)
    return 1000 * (processor(server.process.pid) - before)


def processor(pid: int) -> float:
    """Seconds of processor time of a process, threads that have ended included, to the nanosecond. The clock's id is
    made as by clock_getcpuclockid(3).
    """
    return time.clock_gettime((~pid << 3) | 2)


def _stored(name: str, links: int, rounds: int = 3) -> Figure:
    """Compare with the same system without the page's indexes, in turn."""
    with_them, without = [], []
    for _ in range(rounds):
        with_them.append(_seconds(name, links, ()))
        without.append(_seconds(name, links, OF_THE_PAGE))
    value = median(without) / median(with_them)
    how = f"{links:,} links, median of {rounds} in turn: {median(with_them):.1f} and {median(without):.1f} s"
    return Figure(f"speed of storing with the page's indexes ÷ without, {name}", value, at_least=0.85, how=how)


def _seconds(name: str, links: int, without: Iterable[str]) -> float:
    token = "standin-user"  # 2,500 posts a call: the database has most to do
    with storage.storage(name) as url, StandIn() as vk:
        engine = database.create(url=url)
        with engine.begin() as connection:
            for index in without:
                connection.execute(text(f"DROP INDEX {index}"))
        spider.know(engine, token)
        work = spider.work(engine, vk, spider.plant(engine, 1, links), token)
        engine.dispose()
    return work.seconds
