"""Posts to measure. Each has an exact number, by the API and on its page."""

from tests.vk_standin import truth
from tests.vk_standin.truth import Fate


def links(owner: int, count: int) -> list[str]:
    return [f"https://vk.com/{key}" for key in keys(owner, count)]


def keys(owner: int, count: int) -> list[str]:
    """As `tests.seed` wants them."""
    return [f"wall-{owner}_{item}" for item in items(count)]


def items(count: int) -> list[int]:
    """Their pages carry the number in their markup, as all did in the original's days."""
    return [1000 * number + Fate.PAGE_TITLE.value for number in range(1, count + 1)]


def views(owner: int, count: int) -> list[int]:
    return [truth.views("wall", -owner, item) for item in items(count)]
