"""A month as it is shown: its placements, its sums, and who closed it."""

from typing import Any

from pydantic import Field

from control.campaigns.month_list import Closing, Listed, MonthState
from control.campaigns.month_report import Report
from control.campaigns.month_rows import MonthRow
from control.campaigns.month_totals import Sum
from control.campaigns.recognised import HUNDRED
from control.reports.month_views import MonthFlag
from control.reports.value_at import Basis
from control.routes.posts import ValueShown, show_value
from control.times import moment
from control.web.openapi import Shape
from crawler.platforms import address, wall
from crawler.spreadsheets.writing.rows import ratio

FLAGS = (
    "`fell`: the counter showed less at the end, so 0 is given. `made_up`: it fell in an earlier month, and counts "
    "again from what was reported then. `baseline`: nobody read the post before the month, and it counts from the "
    "placement's `baseline`. `no_beginning`: so it is, and there is none: no number can be defended. `no_end`: no "
    "reading after the month. `gap`: readings before and after the month, and none in it. `no_reading`: nobody had "
    "read it by the month's end. `unfinished`: as of now. `not_published`: published after the month."
)


class MonthRowShown(Shape):
    position: int
    link: str
    post: str | None
    joint_post: str | None = Field(description="The address that the platform gives the post, if it is another one.")
    wall: str | None = Field(description="The address of the wall that shows it.")
    wall_name: str | None
    blogger: str | None
    date: str | None = Field(description="Of publication, as you say.")
    cost: float | None
    erid: str | None
    erids: list[str] = Field(description="Tokens of advertising law that stand at the post.")
    own: dict[str, str] = Field(description="Your own columns, by name.")
    published_at: str | None
    gone_at: str | None = Field(description="When the platform first said that the post is not there.")
    views: int | None = Field(
        description="Gained in the month: the value at its end less `baseline`. Null: there is no number to defend."
    )
    low: int | None = Field(description="At least so many, by the readings around both ends.")
    high: int | None = Field(description="At most so many; null where no reading bounds them.")
    basis: Basis = Field(description="The weaker basis of both ends.")
    flags: list[MonthFlag] = Field(description=FLAGS)
    baseline: int | None = Field(
        description="The views that are counted no more: those at the month's beginning, and never fewer than the "
        "closed months before have reported."
    )
    reported: int | None = Field(description="`baseline` of the next month, if this one is closed so.")
    begin: ValueShown = Field(description="What the counter showed at the month's first midnight.")
    end: ValueShown = Field(description="What it showed at its last one, or now.")


class SumShown(Shape):
    placements: int
    posts: int = Field(description="Different ones: a joint post counts once, however many walls show it.")
    unmeasured: int = Field(description="Posts without a number.")
    views: int = Field(description="Of the other posts; each post counts once, however often it is placed.")
    low: int
    high: int | None
    basis: Basis = Field(description="The weakest one.")
    cost: float | None = Field(description="Of all placements; null where none is known.")
    cpv: float | None = Field(description="Cost of a view.")
    cpm: float | None = Field(description="Cost of a thousand views.")


class ClosingShown(Shape):
    """A closing of a month, and its reopening if there was one."""

    version: int = Field(description="Of this month, from 1. `GET /campaigns/<id>/months/<month>?version=1` has it.")
    closed_at: str
    closed_by: str
    reopened_at: str | None
    reopened_by: str | None
    reason: str | None = Field(description="Why it was reopened.")
    total: SumShown | None = Field(description="As of the closing; null for one of before sums were stored.")


class MonthListed(Shape):
    month: str
    state: MonthState = Field(
        description="`unfinished`: it goes on. `open`: it is over, and can be closed. `closed`: it never changes. "
        "`reopened`: it was closed, and is as of now again."
    )
    begins_at: str
    ends_at: str
    closings: list[ClosingShown]


def listed(found: Listed) -> MonthListed:
    return MonthListed(
        month=found.month.name,
        state=found.state,
        begins_at=moment(found.month.begin),
        ends_at=moment(found.month.end),
        closings=[_closing(each) for each in found.closings],
    )


def _closing(found: Closing) -> ClosingShown:
    times = {"closed_at": moment(found.closed_at), "reopened_at": moment(found.reopened_at)}
    total = SumShown(**sum_fields(found.total.sum)) if found.total else None
    return ClosingShown(**found._asdict() | times | {"total": total})


def sum_fields(found: Sum) -> dict[str, Any]:
    """Return the fields of `SumShown`."""
    cost = None if found.cost is None else found.cost / HUNDRED
    per = {"cpv": ratio(cost, found.views), "cpm": ratio(None if cost is None else 1000 * cost, found.views)}
    return {name: getattr(found, name) for name in SumShown.model_fields if name not in per} | {"cost": cost} | per


def show_row(row: MonthRow, report: Report) -> MonthRowShown:
    alike = ("position", "wall_name", "blogger", "date", "erid", "baseline", "reported")
    return MonthRowShown(
        **{name: getattr(row, name) for name in alike},
        **row.views._asdict(),
        link=row.url,
        post=address(row.platform, row.key),
        joint_post=address(row.platform, row.canonical_key),
        wall=wall(row.platform, row.key),
        cost=None if row.cost is None else row.cost / HUNDRED,
        erids=list(row.erids),
        own=dict(row.own),
        published_at=moment(row.published_at),
        gone_at=moment(row.gone_at),
        begin=show_value(report.month.begin, row.begin),
        end=show_value(report.month.end if report.closed else report.asked.end, row.end),
    )
