"""A row of a table to be written: what the user gave, and what was measured."""

from collections.abc import Sequence
from typing import NamedTuple


class At(NamedTuple):
    """A post's views at an age: between `low` and `high`, as far as these are known; `basis` says what they rest on."""

    value: int | None
    low: int | None
    high: int | None
    basis: str


class InMonth(NamedTuple):
    """What a post's counter showed at a month's beginning and at its end, and the views between: from `low` to `high`,
    as far as these are known. `basis` says what they rest on, and `flags` what one has to know of them.
    """

    begin: int | None
    end: int | None
    views: int | None
    low: int | None
    high: int | None
    basis: str
    flags: Sequence[str] = ()


class Row(NamedTuple):
    """A link. `own` are the cells of the user's own columns, in their order; there may be fewer cells than columns.

    `post` and `joint_post` are addresses, times are in seconds since 1970, and `cost` is what the cost column says.
    `owner` and `members` are of the wall that shows the post; `at` has one for each age that is asked for, or none.
    """

    position: int
    link: str
    own: Sequence[str]
    platform: str
    post: str | None
    joint_post: str | None
    duplicate_of: int | None
    status: str
    reason: str | None
    detail: str | None
    views: int | None
    likes: int | None
    comments: int | None
    reposts: int | None
    source: str | None
    measured_at: float | None
    cost: float | None
    published_at: float | None = None
    edited_at: float | None = None
    marked_as_ads: bool | None = None
    erids: Sequence[str] = ()
    owner: str | None = None
    members: int | None = None
    flags: Sequence[str] = ()
    at: Sequence[At] = ()
    month: InMonth | None = None

    @property
    def reactions(self) -> int | None:
        """The sum of likes, comments and reposts; None if one of them is unknown."""
        if self.likes is None or self.comments is None or self.reposts is None:
            return None
        return self.likes + self.comments + self.reposts


def ratio(part: float | None, whole: float | None) -> float | None:
    """Divide, to six decimals. None, and never 0, if one of them is unknown or the divisor is 0."""
    return round(part / whole, 6) if part is not None and whole else None
