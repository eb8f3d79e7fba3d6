"""Months are closed and reopened by their user, in their order: a later one begins with what those before reported."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Row, func, insert, select

from control.campaigns import campaigns, closed_rows, ledger, month_report, open_points
from control.campaigns.month_report import Report
from control.campaigns.month_rows import MonthRow
from control.errors import LaterMonthClosed, MonthChanged, MonthMeasured, MonthNotClosed, MonthUnfinished
from control.logs import get_logger
from control.reports.value_at import Value
from crawler.store.database import snapshot, writing
from crawler.store.models.accounts import User
from crawler.store.models.months import ClosedMonth, ClosedPlacement, ClosedValue, Reopening

log = get_logger()


class _Draft(NamedTuple):
    """All that a closing stores. It is made before the campaign is locked, because reading takes longer than writing.

    `entries` are the campaign's closings and reopenings that it knows of.
    """

    entries: tuple[int, int]
    month: dict[str, Any]
    values: list[dict[str, Any]]
    placements: list[dict[str, Any]]


def close(engine: Engine, user_id: str, public_id: str, name: str) -> None:
    """Freeze a month with copies of the readings it rests on. It is committed when this returns. One that is closed
    stays as it is.

    Raises NotFound, MonthUnfinished, MonthMeasured, LaterMonthClosed, MonthChanged.
    """
    with snapshot(engine) as connection:
        campaign = campaigns.find(connection, user_id, public_id)
        report = month_report.find(connection, user_id, campaign, name)
        if report.closed is not None:
            return
        _check(connection, report)
        draft = _draft(connection, report, user_id)
    with writing(engine) as connection:
        locked = campaigns.find(connection, user_id, public_id, lock=True)
        if _entries(connection, campaign.id) != draft.entries or locked.time_zone != campaign.time_zone:
            raise MonthChanged("The campaign or one of its months was changed just now: look and try again.")
        _store(connection, draft)
    log.info("month closed", campaign=public_id, month=name, placements=len(draft.placements))


def reopen(engine: Engine, user_id: str, public_id: str, name: str, reason: str) -> None:
    """Note who reopened a closed month, when and why: from now on it is as of now, until it is closed again.

    Raises NotFound, MonthNotClosed, LaterMonthClosed.
    """
    with writing(engine) as connection:
        campaign = campaigns.find(connection, user_id, public_id, lock=True)
        closed = ledger.standing(connection, campaign.id)
        this = next((each for each in closed if each.month == name), None)
        if this is None:
            raise MonthNotClosed("This month is not closed.")
        _check_last(closed, this.begins_at)
        by = _username(connection, user_id)
        entry = {"campaign_id": campaign.id, "number": this.number, "reopened_by": by, "reason": reason}
        connection.execute(insert(Reopening).values(**entry))
    log.info("month reopened", campaign=public_id, month=name)


def _check(connection: Connection, report: Report) -> None:
    if not report.finished:
        raise MonthUnfinished("This month is not over in the campaign's time zone.")
    _check_last(report.asked.closed, report.month.begin)
    if measured := open_points.count(connection, report):
        raise MonthMeasured(f"The end of this month is still being measured for {measured:,} posts: try again later.")


def _check_last(closed: Sequence[Row[Any]], begin: float) -> None:
    later = [each.month for each in closed if each.begins_at > begin]
    if later:
        raise LaterMonthClosed(f"A later month rests on this one: reopen {later[-1]} first.")


def _draft(connection: Connection, report: Report, user_id: str) -> _Draft:
    entries = _entries(connection, report.asked.campaign_id)
    of = {"campaign_id": report.asked.campaign_id, "number": entries[0] + 1}
    rows = list(month_report.rows(connection, report))
    placements = [of | closed_rows.write(row, of["number"]) for row in rows]
    return _Draft(entries, of | _month(connection, report, user_id), _values(report, rows, of), placements)


def _month(connection: Connection, report: Report, user_id: str) -> dict[str, Any]:
    of_campaign = (ClosedMonth.campaign_id == report.asked.campaign_id, ClosedMonth.month == report.month.name)
    return {
        "month": report.month.name,
        "version": 1 + _number(connection, ClosedMonth, *of_campaign),
        "time_zone": report.time_zone,
        "currency": report.currency,
        "begins_at": report.month.begin,
        "ends_at": report.month.end,
        "without_post": month_report.without_post(connection, report),
        "closed_by": _username(connection, user_id),
    }


def _values(report: Report, rows: Sequence[MonthRow], of: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the values at both ends, of each post once, without those that the month before has stored."""
    found = dict[tuple[Any, ...], dict[str, Any]]()
    for row in rows:
        ends: list[tuple[float, Value, int | None]] = [(report.month.end, row.end, row.reported)]
        if row.begin_number is None:
            ends.append((report.month.begin, row.begin, row.baseline))
        for at, value, reported in ends:
            key = {"post_id": row.post_id, "access_key": row.access_key, "at": at}
            stored = found.setdefault(
                tuple(key.values()), of | key | ledger.write_value(value) | {"reported": reported}
            )
            stored["reported"] = max(
                (each for each in (stored["reported"], reported) if each is not None), default=None
            )
    return list(found.values())


def _store(connection: Connection, draft: _Draft) -> None:
    """The month is the last: from then on triggers refuse whatever would change it."""
    for table, rows in ((ClosedValue, draft.values), (ClosedPlacement, draft.placements)):
        if rows:
            connection.execute(insert(table), rows)
    connection.execute(insert(ClosedMonth).values(**draft.month))


def _entries(connection: Connection, campaign_id: int) -> tuple[int, int]:
    closings, reopenings = (
        _number(connection, table, table.campaign_id == campaign_id) for table in (ClosedMonth, Reopening)
    )
    return closings, reopenings


def _number(connection: Connection, table: Any, *which: Any) -> int:
    return int(connection.execute(select(func.count()).select_from(table).where(*which)).scalar_one())


def _username(connection: Connection, user_id: str) -> str:
    return str(connection.execute(select(User.username).where(User.id == user_id)).scalar_one())
