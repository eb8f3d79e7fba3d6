"""Months are closed and reopened by their user, in their order: a later one begins with what those before reported."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, select

from control.campaigns import campaigns, ledger, month_copies, month_report, open_points, report_totals
from control.campaigns.month_copies import Closing
from control.campaigns.month_report import Report
from control.campaigns.month_totals import Totalled
from control.errors import LaterMonthClosed, MonthChanged, MonthMeasured, MonthNotClosed, MonthUnfinished
from control.logs import get_logger
from crawler.store.database import snapshot, writing
from crawler.store.models.accounts import User
from crawler.store.models.months import ClosedMonth, Reopening

STORED_AT_ONCE = 250  # rows: all others wait for that long before they write

log = get_logger()


def close(engine: Engine, user_id: str, public_id: str, name: str) -> None:
    """Freeze a month with copies of the readings it rests on. It is committed when this returns. One that is closed
    stays as it is.

    The rows are read in one snapshot and stored in many transactions, for a large month would keep all others from
    writing. Only the last one, which stores the month itself, closes it.

    Raises NotFound, MonthUnfinished, MonthMeasured, LaterMonthClosed, MonthChanged.
    """
    closing, stored, totalled = None, 0, Totalled()
    with snapshot(engine) as reading:
        campaign = campaigns.find(reading, user_id, public_id)
        report = month_report.find(reading, user_id, campaign, name)
        if report.closed is not None:
            return
        _check(reading, report)
        known = _entries(reading, campaign)
        for rows in month_report.slices(reading, report, at_once=STORED_AT_ONCE):
            with writing(engine) as connection:
                campaigns.find(connection, user_id, public_id, lock=True)
                closing = closing or month_copies.begin(connection, campaign.id)
                month_copies.add(connection, closing, report.month, rows)
            stored += len(rows)
            totalled.add(rows)
    with writing(engine) as connection:
        locked = campaigns.find(connection, user_id, public_id, lock=True)
        closing = closing or month_copies.begin(connection, campaign.id)
        if _entries(connection, locked) != known or month_copies.count(connection, closing) != stored:
            raise MonthChanged("The campaign or one of its months was changed just now: look and try again.")
        total = report_totals.write(totalled.total())
        connection.execute(insert(ClosedMonth).values(**_month(connection, closing, report, user_id), total=total))
    log.info("month closed", campaign=public_id, month=name, placements=stored)


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


def _month(connection: Connection, closing: Closing, report: Report, user_id: str) -> dict[str, Any]:
    theirs = (ClosedMonth.campaign_id == closing.campaign_id, ClosedMonth.month == report.month.name)
    return closing._asdict() | {
        "month": report.month.name,
        "version": 1 + _number(connection, ClosedMonth, *theirs),
        "time_zone": report.time_zone,
        "currency": report.currency,
        "begins_at": report.month.begin,
        "ends_at": report.month.end,
        "without_post": month_report.without_post(connection, report),
        "closed_by": _username(connection, user_id),
    }


def _entries(connection: Connection, campaign: Row[Any]) -> tuple[Any, ...]:
    """Return what a month depends on beside its placements: whatever changes it makes another of this."""
    counts = (_number(connection, table, table.campaign_id == campaign.id) for table in (ClosedMonth, Reopening))
    return campaign.time_zone, *counts


def _number(connection: Connection, table: Any, *which: Any) -> int:
    return int(connection.execute(select(func.count()).select_from(table).where(*which)).scalar_one())


def _username(connection: Connection, user_id: str) -> str:
    return str(connection.execute(select(User.username).where(User.id == user_id)).scalar_one())
