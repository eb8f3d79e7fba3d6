"""Ten thousand links, from POST to the last one done, beside the original."""

import tempfile
from pathlib import Path
from statistics import median

from tests.bench import posts
from tests.bench.figures import Figure
from tests.bench.one import begin_and_end, finish
from tests.bench.original import OPTIONS, Original
from tests.system import system

SETTINGS = {"VK_TOKENS": "standin-user", "VK_REQUESTS_PER_SECOND": "1000"}
LOOK_SECONDS = 0.05


def measure(links: int = 10_000, of_the_original: int = 20, rounds: int = 5) -> list[Figure]:
    """The original works one link after the other, so its rate does not depend on how many there are."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with system(folder / "views", *OPTIONS, **SETTINGS) as (running, vk), Original(vk.url, folder) as original:
            finish(running, posts.links(1000, 1))
            ours, theirs = [], []
            for number in range(1, rounds + 1):
                theirs.append(of_the_original / begin_and_end(original, number, of_the_original, LOOK_SECONDS))
                ours.append(links / finish(running, posts.links(number, links), LOOK_SECONDS))
    how = f"a user's token, 2,500 posts a call, no limit of rate; median of {rounds} batches"
    rate = Figure(f"{links:,} links, POST to last done", median(ours), "links/s", how=how)
    how = f"the original: {median(theirs):.2f} links/s, measured on {of_the_original} links a round"
    ratio = median(mine / its for mine, its in zip(ours, theirs, strict=True))
    return [rate, Figure(f"{links:,} links, ours ÷ the original's rate", ratio, "times", at_least=2000, how=how)]
