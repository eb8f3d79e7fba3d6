"""The views that a post had at ages of its own, as far as it has come to them."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from control.reports import values
from control.reports.history import Subject
from control.reports.value_at import Value
from control.reports.values import Question
from crawler.store.database import now


class AtAge(NamedTuple):
    """`age` and `moment` are in seconds; `value` is None while the post is younger."""

    age: float
    moment: float
    value: Value | None


def ask(connection: Connection, subject: Subject, ages: Sequence[float]) -> list[AtAge]:
    """Return one for each age; none where nobody has read when the post was published."""
    if subject.published_at is None:
        return []
    present = connection.execute(select(now())).scalar_one()
    moments = [subject.published_at + age for age in ages]
    over = [moment for moment in moments if moment <= present]
    questions = [Question(subject.named_by, subject.published_at, moment) for moment in over]
    found = dict(zip(over, values.ask(connection, subject.user_id, questions, subject.by), strict=True))
    return [AtAge(age, moment, found.get(moment)) for age, moment in zip(ages, moments, strict=True)]
