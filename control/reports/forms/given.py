"""What a placement gives to a form: its line, the values of its columns, and what is wrong with them."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from control.reports.forms import cells
from control.reports.forms.columns import FormColumn, recognise
from control.reports.forms.issues import Issue, IssueCode
from control.reports.forms.line import Line
from control.reports.month_views import MonthFlag

OF_FLAGS = {
    MonthFlag.NO_BEGINNING: IssueCode.NO_BEGINNING,
    MonthFlag.NO_READING: IssueCode.NO_READING,
    MonthFlag.UNFINISHED: IssueCode.UNFINISHED,
    MonthFlag.NOT_PUBLISHED: IssueCode.NOT_PUBLISHED,
    MonthFlag.NO_END: IssueCode.AT_LEAST,
    MonthFlag.FELL: IssueCode.FELL,
    MonthFlag.BASELINE: IssueCode.BASELINE,
    MonthFlag.MADE_UP: IssueCode.MADE_UP,
    MonthFlag.GAP: IssueCode.GAP,
}
NOTHING_TO_REPORT = {IssueCode.NOT_PUBLISHED, IssueCode.NO_SHOWS}


class Given(NamedTuple):
    line: Line
    values: dict[FormColumn, Any]
    issues: list[Issue]

    @property
    def is_reported(self) -> bool:
        return not NOTHING_TO_REPORT & {issue.code for issue in self.issues}


def read(line: Line, wanted: Collection[FormColumn], tolerated: Collection[IssueCode] = ()) -> Given:
    """Read the columns that a form wants, and no others: what it does not ask for cannot be wrong."""
    given = Given(line, {}, [issue for issue in _of_shows(line) if issue.code not in tolerated])
    found = recognise(line.own)
    for column in wanted:
        _take(given, column, found.get(column, []))
    _take_post(given, wanted)
    return given


def _of_shows(line: Line) -> list[Issue]:
    codes = [OF_FLAGS[flag] for flag in line.flags]
    if line.shows is None and not codes:
        codes.append(IssueCode.NO_READING)
    if line.shows == 0 and IssueCode.NOT_PUBLISHED not in codes:
        codes.append(IssueCode.NO_SHOWS)
    return [Issue(line.position, code) for code in codes]


def _take(given: Given, column: FormColumn, texts: Sequence[str]) -> None:
    if not texts:
        return
    code = IssueCode.TWO_VALUES if len(texts) > 1 else None
    if len(texts[0]) > cells.LONGEST_TEXT:
        code = IssueCode.TOO_LONG
    try:
        given.values[column] = cells.read(column, texts[0])
    except (ValueError, KeyError):
        code = code or IssueCode.MALFORMED
    if code:
        given.issues.append(Issue(given.line.position, code, column))


def _take_post(given: Given, wanted: Collection[FormColumn]) -> None:
    line = given.line
    if FormColumn.WALL in wanted and line.wall:
        given.values[FormColumn.WALL] = line.wall
    erids = [line.erid] if line.erid else line.erids
    if FormColumn.ERID in wanted and len(erids) == 1:
        given.values[FormColumn.ERID] = erids[0]
    if FormColumn.ERID in wanted and len(erids) > 1:
        given.issues.append(Issue(line.position, IssueCode.SEVERAL_ERIDS, FormColumn.ERID))
