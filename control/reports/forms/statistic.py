"""One row of a form: all placements of a month with the same creative and pad, added up.

A register knows a row by these and the month, so a second one of the same kind would replace or repeat the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from control.reports.forms.columns import FormColumn
from control.reports.forms.given import Given
from control.reports.forms.issues import IssueCode
from control.reports.forms.line import Line
from control.reports.month_views import ORDER

SUMS = (FormColumn.PAID_SHOWS, FormColumn.AMOUNT)
WORDS = (FormColumn.CREATIVE_NAME,)  # the first is as good as the others
FIRST_AND_LAST = {FormColumn.PLANNED_FROM: min, FormColumn.PLANNED_TO: max}


Wrong = tuple[IssueCode, FormColumn | None]


@dataclass(frozen=True, slots=True)
class Statistic:
    """`values` are those of the placements' columns; what they do not give is None."""

    positions: tuple[int, ...]
    shows: int
    first: date
    last: date
    values: dict[FormColumn, Any]

    def __getitem__(self, column: FormColumn) -> Any:
        return self.values.get(column)

    @property
    def planned_first(self) -> date:
        return self[FormColumn.PLANNED_FROM] or self.first

    @property
    def planned_last(self) -> date:
        return self[FormColumn.PLANNED_TO] or self.last

    @property
    def month(self) -> date:
        return self.first.replace(day=1)


def add_up(group: Sequence[Given]) -> Statistic:
    """Add the placements up. The views of a post count once, however many of them name it, and of several numbers the
    best founded one; paid shows and money count for each.
    """
    lines = [given.line for given in group]
    shows: dict[str, Line] = {}
    for line in lines:
        shows[line.post] = min(shows.get(line.post, line), line, key=_weakness)
    columns = dict.fromkeys(column for given in group for column in given.values)
    return Statistic(
        tuple(line.position for line in lines),
        sum(line.shows or 0 for line in shows.values()),
        min(line.first for line in lines),
        max(line.last for line in lines),
        {column: _together(column, group) for column in columns},
    )


def _weakness(line: Line) -> int:
    return ORDER.index(line.basis)


def _together(column: FormColumn, group: Sequence[Given]) -> Any:
    values = [given.values[column] for given in group if column in given.values]
    if column in SUMS:
        return sum(values)
    return FIRST_AND_LAST[column](values) if column in FIRST_AND_LAST else values[0]


def contradictions(group: Sequence[Given]) -> list[Wrong]:
    """Name the columns that have one value for some of the placements, and another one for others."""
    columns = dict.fromkeys(column for given in group for column in given.values if column not in WORDS)
    return [(IssueCode.DIFFERS, column) for column in columns if _differs(column, group)]


def _differs(column: FormColumn, group: Sequence[Given]) -> bool:
    values = {given.values.get(column) for given in group}
    return len(values) > 1 and (None in values if column in SUMS else column not in FIRST_AND_LAST)
