"""Sums over the placements of a month. Pure: no database.

The views of a post count once in a sum, however often it is placed, and so do those of a joint post that stands on
several walls. What placements cost counts as often as they were paid for.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple, Self

from control.campaigns.month_rows import MonthRow
from control.reports.month_views import ORDER, MonthFlag, Views
from control.reports.value_at import Basis
from crawler.platforms import wall

Post = tuple[str, str]


class By(StrEnum):
    """What the placements of a month are summed by."""

    ERID = "erid"
    WALL = "wall"


class Sum(NamedTuple):
    """`views` are those of the posts that have a number, and lie between `low` and `high`; `unmeasured` posts have
    none. `cost` is in hundredths, None where no cost is known. `basis` is the weakest one.
    """

    name: str  # of the wall, where it is one and known
    placements: int
    posts: int
    unmeasured: int
    views: int
    low: int
    high: int | None
    basis: Basis
    cost: int | None


class Total(NamedTuple):
    """A whole month, and of how many placements something has to be known."""

    sum: Sum
    flags: Counter[MonthFlag]


class Gathered:
    """The placements that are summed up so far."""

    def __init__(self) -> None:
        self.placements = 0
        self.cost: int | None = None
        self.name = ""
        self.posts = dict[Post, Views]()

    def add(self, row: MonthRow) -> Self:
        self.placements += 1
        self.name = self.name or row.wall_name or ""
        if row.cost is not None:
            self.cost = (self.cost or 0) + row.cost
        post = (row.platform, row.canonical_key or row.key)
        self.posts[post] = min(self.posts.get(post, row.views), row.views, key=_weakness)
        return self

    def sum(self) -> Sum:
        known = [each for each in self.posts.values() if each.views is not None]
        highs = [each.high for each in known]
        return Sum(
            name=self.name,
            placements=self.placements,
            posts=len(self.posts),
            unmeasured=len(self.posts) - len(known),
            views=sum(each.views or 0 for each in known),
            low=sum(each.low or 0 for each in known),
            high=None if None in highs else sum(high or 0 for high in highs),
            basis=max((each.basis for each in known), key=ORDER.index, default=Basis.NONE),
            cost=self.cost,
        )


def _weakness(views: Views) -> tuple[bool, int]:
    """Of several placements of a post the best founded number is taken, among equals that of the first."""
    return views.views is None, ORDER.index(views.basis)


class Totalled:
    """The rows of a month that are added up so far."""

    def __init__(self) -> None:
        self.gathered, self.flags = Gathered(), Counter[MonthFlag]()

    def add(self, rows: Iterable[MonthRow]) -> Self:
        for row in rows:
            self.gathered.add(row)
            self.flags.update(row.views.flags)
        return self

    def total(self) -> Total:
        return Total(self.gathered.sum(), self.flags)


def total(rows: Iterable[MonthRow]) -> Total:
    return Totalled().add(rows).total()


def sums(rows: Iterable[MonthRow], by: By) -> list[tuple[str, Sum]]:
    """Sum up by erid or by the address of the wall, in the order of these; without one: an empty text."""
    named: Callable[[MonthRow], str] = _erid if by == By.ERID else _wall
    gathered = defaultdict[str, Gathered](Gathered)
    for row in rows:
        gathered[named(row)].add(row)
    return [(key, gathered[key].sum()) for key in sorted(gathered)]


def _erid(row: MonthRow) -> str:
    return row.marked_by or ""


def _wall(row: MonthRow) -> str:
    return wall(row.platform, row.key) or ""
