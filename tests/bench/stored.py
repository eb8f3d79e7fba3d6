"""How many links one spider stores a second when nothing but itself holds it back."""

from collections.abc import Sequence
from statistics import median

from sqlalchemy import text

from crawler.store import database
from tests.bench import spider, storage
from tests.bench.figures import Figure
from tests.bench.spider import RUNNER, WITHOUT_DETAILS
from tests.vk_standin.client import StandIn

USER = "standin-user"
TOKENS = {USER: "2,500 posts a call", "standin-service": "100 posts a call"}


def measure(
    links: int = 10_000, rounds: int = 3, names: Sequence[str] = storage.NAMES, tokens: Sequence[str] = tuple(TOKENS)
) -> list[Figure]:
    stored = [_measure(name, token, links, rounds) for name in names for token in tokens]
    return [*stored, *(_beside_counts_alone(name, 2 * links, rounds) for name in names)]


def _measure(name: str, token: str, links: int, rounds: int) -> Figure:
    with storage.storage(name) as url, StandIn() as vk:
        engine = database.create(url=url)
        spider.know(engine, token)
        works = [spider.work(engine, vk, spider.plant(engine, owner, links), token) for owner in range(1, rounds + 1)]
        engine.dispose()
    middle = sorted(works, key=lambda work: work.seconds)[len(works) // 2]
    spent = f"{1e6 * middle.cpu / links:.0f} µs of processor a link, the stand-in {1e6 * middle.served / links:.0f}"
    how = f"{TOKENS[token]}, no limit of rate; median of {rounds} times {links:,}; {spent}"
    value = median(work.links / work.seconds for work in works)
    return Figure(f"links stored a second, {name}", value, "links/s", at_least=5000, how=how)


def _beside_counts_alone(name: str, links: int, rounds: int) -> Figure:
    """Compare with spiders that store counts only, as before posts had a history, in turn. All posts are new."""
    pairs = [(_seconds(name, links, RUNNER), _seconds(name, links, WITHOUT_DETAILS)) for _ in range(rounds)]
    now, before = (median(each) for each in zip(*pairs, strict=True))
    how = f"{links:,} links, median of {rounds} in turn: {now:.1f} and {before:.1f} s; {TOKENS[USER]}"
    what = f"speed of storing with what posts say of themselves ÷ counts alone, {name}"
    return Figure(what, before / now, at_least=0.85, how=how)


def _seconds(name: str, links: int, runner: tuple[str, ...]) -> float:
    with storage.storage(name) as url, StandIn() as vk:
        engine = database.create(url=url)
        if runner != RUNNER and name == storage.POSTGRESQL:
            with engine.begin() as connection:
                for table in ("links", "posts"):  # they got room for new versions of rows since then
                    connection.execute(text(f"ALTER TABLE {table} RESET (fillfactor)"))
        spider.know(engine, USER)
        seconds = spider.work(engine, vk, spider.plant(engine, 1, links), USER, runner=runner).seconds
        engine.dispose()
    return seconds
