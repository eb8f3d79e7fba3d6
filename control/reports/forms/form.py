"""A form of a register, as a table, and how it is filled: typed lines of a month in, bodies and issues out. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from control.reports.forms import given as reading
from control.reports.forms import rules
from control.reports.forms.columns import OF_THE_POST, FormColumn
from control.reports.forms.given import Given
from control.reports.forms.issues import Issue, IssueCode
from control.reports.forms.line import Line
from control.reports.forms.money import WITHOUT_VAT
from control.reports.forms.rules import Rule
from control.reports.forms.statistic import Statistic, Wrong, add_up, contradictions
from crawler.platforms.advice import Lang

Getter = Callable[[Statistic], Any]
Fields = Mapping[str, "Getter | Fields"]


@dataclass(frozen=True, slots=True)
class Form:
    """`identity` and the month make a row what it is. Of `together`, all columns are wanted as soon as one is given.

    `headings` are those of its fields in a table for people. What it `tolerates` is no issue for it.

    `wrap` is the name under which a body holds its rows. `zeroes`: for self-promotion the register wants zeroes.
    """

    name: str
    title: str
    call: str
    wrap: str
    identity: tuple[FormColumn, FormColumn]
    fields: Fields
    required: tuple[FormColumn, ...] = ()
    optional: tuple[FormColumn, ...] = ()
    together: tuple[FormColumn, ...] = ()
    rules: tuple[Rule, ...] = ()
    zeroes: bool = False
    headings: Mapping[Lang, Mapping[str, str]] = field(default_factory=dict)
    tolerates: frozenset[IssueCode] = frozenset()

    @property
    def columns(self) -> tuple[FormColumn, ...]:
        return tuple(dict.fromkeys((*self.identity, *self.required, *self.together, *self.optional)))


class Asked(NamedTuple):
    """A column that the form takes from the user, and how many placements that are reported lack it."""

    column: FormColumn
    required: bool
    lacking: int


class Filled(NamedTuple):
    """`rows` are what goes into bodies, in the order of their first placements; `statistics` are what they say."""

    rows: list[dict[str, Any]]
    statistics: list[Statistic]
    issues: list[Issue]
    asked: list[Asked]


def fill(form: Form, lines: Sequence[Line], today: date) -> Filled:
    """Fill a form. `today` is the day in UTC on which it is sent."""
    taken = [reading.read(line, form.columns, form.tolerates) for line in lines]
    reported = [given for given in taken if _is_reported(form, given)]
    for given in reported:
        given.issues.extend(_lacking(form, given))
    _note_joint_posts(reported)
    statistics = list(_statistics(form, reported, today))
    rows = [render(form.fields, _zeroed(form, statistic)) for statistic in statistics]
    issues = [issue for given in taken for issue in dict.fromkeys(given.issues)]
    return Filled(rows, statistics, issues, _asked(form, reported))


def _is_reported(form: Form, given: Given) -> bool:
    return given.is_reported or (form.zeroes and given.values.get(FormColumn.SELF_PROMOTION) is True)


def _lacking(form: Form, given: Given) -> Iterator[Issue]:
    some = any(column in given.values for column in form.together)
    wanted = (*form.identity, *form.required, *(form.together if some else ()))
    named = {issue.column for issue in given.issues}
    for column in dict.fromkeys(wanted):
        if column not in given.values and column not in named:
            yield Issue(given.line.position, IssueCode.MISSING, column)


def _note_joint_posts(reported: Sequence[Given]) -> None:
    """Say of a post that stands on several walls that its counter is one for all of them."""
    walls: dict[str, set[str | None]] = {}
    for given in reported:
        walls.setdefault(given.line.post, set()).add(given.line.wall)
    for given in reported:
        if len(walls[given.line.post]) > 1:
            given.issues.append(Issue(given.line.position, IssueCode.JOINT_POST))


def _statistics(form: Form, reported: Sequence[Given], today: date) -> Iterator[Statistic]:
    for group in _groups(form, reported):
        if any(issue.is_error for given in group for issue in given.issues):
            _hold_back(group)
            continue
        statistic = add_up(group)
        found = contradictions(group) or _broken(form, statistic, today)
        for given in group:
            given.issues.extend(Issue(given.line.position, code, column) for code, column in found)
        if not found:
            yield statistic


def _broken(form: Form, statistic: Statistic, today: date) -> list[Wrong]:
    broken = [rule for rule in (*rules.ALL, *form.rules) if rule.broken(statistic, today)]
    return [(rule.code, rule.column) for rule in broken]


def _groups(form: Form, reported: Sequence[Given]) -> list[list[Given]]:
    groups: dict[Any, list[Given]] = {}
    for given in reported:
        identity = tuple(given.values.get(column) for column in form.identity)
        groups.setdefault(given.line.position if None in identity else identity, []).append(given)
    return list(groups.values())


def _hold_back(group: Sequence[Given]) -> None:
    for given in group:
        if not any(issue.is_error for issue in given.issues):
            given.issues.append(Issue(given.line.position, IssueCode.HELD_BACK))


def _zeroed(form: Form, statistic: Statistic) -> Statistic:
    """Put zeroes where the register wants them; an amount of nothing has no VAT whatever its rate."""
    if not (form.zeroes and statistic[FormColumn.SELF_PROMOTION]):
        return statistic
    zeroes = {FormColumn.PAID_SHOWS: 0, FormColumn.AMOUNT: Decimal(0), FormColumn.PRICE: Decimal(0)}
    return replace(statistic, shows=0, values={FormColumn.VAT_RATE: WITHOUT_VAT} | statistic.values | zeroes)


def render(fields: Fields, statistic: Statistic) -> dict[str, Any]:
    """Write a row. A field without a value is left out, and so is one whose parts have none."""
    row = {name: render(get, statistic) if isinstance(get, Mapping) else get(statistic) for name, get in fields.items()}
    return {name: value for name, value in row.items() if value is not None and value != {}}


def _asked(form: Form, reported: Sequence[Given]) -> list[Asked]:
    needed = {*form.identity, *form.required}
    return [
        Asked(column, column in needed, sum(column not in given.values for given in reported))
        for column in form.columns
        if column not in OF_THE_POST
    ]
