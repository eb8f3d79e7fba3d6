"""How long one link takes from POST to `done` in the API's answer, compared with the original and a stock scrapyd."""

import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from tests.bench import posts
from tests.bench.figures import Figure
from tests.bench.original import OPTIONS, Original
from tests.bench.stock import DEFAULT_POLL, Stock, our_poll
from tests.system import System, system

OURS, ORIGINAL = "ours", "original"
LOOK_SECONDS = 0.01
SETTINGS = {"VK_TOKENS": "standin-user", "VK_REQUESTS_PER_SECOND": "3"}


def measure(rounds: int = 15, every: int = 5, pause: float = 2.5) -> list[Figure]:
    """A stock scrapyd takes its turn in each so many rounds. In the pause spare processes get ready."""
    polls = (DEFAULT_POLL, our_poll())
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        running, vk = stack.enter_context(system(folder / "views", *OPTIONS, **SETTINGS))
        original = stack.enter_context(Original(vk.url, folder))
        stocks = {poll: stack.enter_context(Stock(folder / f"stock{poll}", vk, poll)) for poll in polls}
        _once(running, original, stocks, owner=1000)  # what is learned once: a token's kind, a scrapyd's spiders
        seconds: dict[object, list[float]] = defaultdict(list)
        for number in range(1, rounds + 1):
            time.sleep(pause)
            for key, value in _once(running, original, {} if (number - 1) % every else stocks, owner=number).items():
                seconds[key].append(value)
    return _figures(seconds, pause)


def finish(running: System, links: list[str], look: float = LOOK_SECONDS, timeout: float = 300.0) -> float:
    """Seconds from POST until the API says that all links are done."""
    began = time.perf_counter()
    batch = running.submit(links)
    while (state := running.batch(batch)["state"]) != "done":
        assert state in {"created", "in progress"}, state
        assert time.perf_counter() - began < timeout, running.logs()
        time.sleep(look)
    return time.perf_counter() - began


def begin_and_end(original: Original, owner: int, count: int, look: float = LOOK_SECONDS) -> float:
    """Seconds that the original takes."""
    began = time.perf_counter()
    found = original.work(posts.links(owner, count), look)
    seconds = time.perf_counter() - began
    assert found == posts.views(owner, count), found
    return seconds


def _once(running: System, original: Original, stocks: dict[float, Stock], owner: int) -> dict[object, float]:
    ours = finish(running, posts.links(owner, 1))
    seconds: dict[object, float] = {OURS: ours, ORIGINAL: begin_and_end(original, owner, 1)}
    return seconds | {poll: stock.work(owner) for poll, stock in stocks.items()}


def _figures(seconds: dict[object, list[float]], pause: float) -> list[Figure]:
    middle = {key: median(values) for key, values in seconds.items()}
    ours, number = middle.pop(OURS), len(seconds[OURS])
    how = f"median of {number}, {pause:g} s apart; {min(seconds[OURS]):.2f} to {max(seconds[OURS]):.2f} s"
    figures = [Figure("one link, POST to done", ours, "s", at_most=0.5, how=how)]
    original = middle.pop(ORIGINAL)
    how = f"the original, warm: {original:.2f} s"
    figures.append(Figure("one link, ours ÷ the original's", ours / original, at_most=1, how=how))
    for poll, value in middle.items():
        how = f"a run ordered from a stock scrapyd, poll_interval {poll}: {value:.2f} s, median of {len(seconds[poll])}"
        figures.append(Figure("one link, ours ÷ stock scrapyd's", ours / value, at_most=1, how=how))
    return figures
