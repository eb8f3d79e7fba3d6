"""Months of readings, which are told by their ids: an id of December 2026 begins with 202612.

A unique key has to hold what the partitions are made by (https://www.postgresql.org/docs/current/ddl-partitioning.html,
Limitations). Links name readings by their ids alone, so the partitions are ranges of ids, and the scheduler lets ids go
on in a new range when a month begins. A reading's month is that in which it was stored, in UTC.
"""

from datetime import UTC, datetime
from typing import NamedTuple, Self

IDS = 10_000_000_000  # that a month has at least: 3,700 a second


class Month(NamedTuple):
    year: int
    number: int  # from 1

    @classmethod
    def of(cls, moment: float) -> Self:
        """Return the month of a moment in seconds since 1970."""
        then = datetime.fromtimestamp(moment, UTC)
        return cls(then.year, then.month)

    def later(self, months: int) -> Self:
        years, number = divmod(self.number - 1 + months, 12)
        return self._replace(year=self.year + years, number=number + 1)

    @property
    def first_id(self) -> int:
        return (100 * self.year + self.number) * IDS

    @property
    def partition(self) -> str:
        """Return the name of its table."""
        return f"readings_{self.year}_{self.number:02}"
