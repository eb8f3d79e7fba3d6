"""The months of a campaign: the views that each placement gained in one, their sums, and who closed it."""

from typing import Annotated, Any, Literal

from pydantic import Field

from control.campaigns import campaigns, month_list, month_report, month_totals, open_points, report_totals
from control.campaigns.month_report import Report
from control.campaigns.month_totals import By, Sum
from control.campaigns.months import FORM
from control.reports.month_views import MonthFlag
from control.routes.campaigns import CampaignPath
from control.routes.month_fields import MonthListed, MonthRowShown, SumShown, listed, show_row, sum_fields
from control.routes.placements import PageQuery
from control.times import moment
from control.web import open_submissions
from control.web.auth import authenticate, caller
from control.web.engine import db
from control.web.openapi import CAMPAIGNS, Shape, resource
from crawler.store.database import snapshot

MOST_VERSIONS = 10**6
LONGEST_KEY = 400

api = resource("months", CAMPAIGNS, authenticate)


class MonthPath(CampaignPath):
    month: Annotated[str, Field(pattern=f"^{FORM}$", description="Such as `2026-10`.")]


class VersionQuery(Shape):
    version: Annotated[int, Field(ge=1, le=MOST_VERSIONS)] | None = Field(
        None, description="As it was closed for this time, also if it was reopened since."
    )


class MonthQuery(PageQuery, VersionQuery):
    only: Literal["unmeasured"] | None = Field(None, description="`unmeasured`: placements that have no number.")


class SumsQuery(VersionQuery):
    by: By = Field(description="`erid`: as you gave it, or the only one that stands at the post. `wall`.")
    cursor: str | None = Field(None, max_length=LONGEST_KEY, description="`next_cursor` of the page before.")
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class MonthHead(Shape):
    month: str
    time_zone: str
    currency: str = Field(description="Of costs.")
    begins_at: str
    ends_at: str
    finished: bool
    version: int | None = Field(description="Of the closing that is shown, which never changes. Null: as of now.")
    closed_at: str | None
    closed_by: str | None


class MonthShown(MonthHead):
    placements: list[MonthRowShown] = Field(description="Those that name a post.")
    next_cursor: int | None = Field(description="Null at the end.")


class TotalsShown(MonthHead):
    total: SumShown
    flags: dict[MonthFlag, int] = Field(description="Of how many placements each has to be known.")
    without_post: int = Field(description="Placements whose links name no post: they are in no sum.")
    being_measured: int = Field(
        description="Posts that are still to be measured for the month's end: it cannot be closed before."
    )


class SumOf(SumShown):
    key: str = Field(description="The erid, or the address of the wall; empty: there is none.")
    name: str | None = Field(description="Of the wall, as the platform names it.")


class SumsShown(MonthHead):
    sums: list[SumOf] = Field(description="In the order of their keys.")
    next_cursor: str | None = Field(description="Null at the end.")


class Months(Shape):
    months: list[MonthListed] = Field(description="In their order, from the one in which the campaign was made.")


@api.get("/campaigns/<id>/months", responses={200: Months})
def list_months(path: CampaignPath) -> Months:
    """The months of a campaign, and who closed and reopened them."""
    with snapshot(db.engine) as connection:
        found = month_list.read(connection, campaigns.find(connection, caller(), path.id))
    return Months(months=[listed(each) for each in found])


@api.get("/campaigns/<id>/months/<month>", responses={200: MonthShown})
def get_month(path: MonthPath, query: MonthQuery) -> MonthShown:
    """The views that a campaign's placements gained in a calendar month of its time zone, page by page."""
    if query.only:
        open_submissions.begin(caller())  # it may read all rows
    with snapshot(db.engine) as connection:
        report = find_report(connection, path, query.version)
        read = month_report.unmeasured if query.only else month_report.page
        page = read(connection, report, query.cursor, query.limit)
    rows = [show_row(row, report) for row in page.rows]
    return MonthShown(**_head(report), placements=rows, next_cursor=page.next_cursor)


@api.get("/campaigns/<id>/months/<month>/totals", responses={200: TotalsShown})
def get_month_totals(path: MonthPath, query: VersionQuery) -> TotalsShown:
    """The sum over a month's placements, and what has to be known before it is closed."""
    open_submissions.begin(caller())  # it reads all rows
    with snapshot(db.engine) as connection:
        report = find_report(connection, path, query.version)
        found = report_totals.of(connection, report)
        return TotalsShown(
            **_head(report),
            total=SumShown(**sum_fields(found.sum)),
            flags=dict(sorted(found.flags.items())),
            without_post=month_report.without_post(connection, report),
            being_measured=open_points.count(connection, report),
        )


@api.get("/campaigns/<id>/months/<month>/sums", responses={200: SumsShown})
def list_month_sums(path: MonthPath, query: SumsQuery) -> SumsShown:
    """The sums of a month by erid, or by the wall that shows the posts, page by page."""
    open_submissions.begin(caller())  # it reads all rows
    with snapshot(db.engine) as connection:
        report = find_report(connection, path, query.version)
        all_ = month_totals.sums(month_report.rows(connection, report), query.by)
    rest = [each for each in all_ if query.cursor is None or each[0] > query.cursor]
    page = [_sum(key, found) for key, found in rest[: query.limit]]
    return SumsShown(**_head(report), sums=page, next_cursor=page[-1].key if len(rest) > query.limit else None)


def _sum(key: str, found: Sum) -> SumOf:
    return SumOf(key=key, name=found.name or None, **sum_fields(found))


def find_report(connection: Any, path: MonthPath, version: int | None) -> Report:
    campaign = campaigns.find(connection, caller(), path.id)
    return month_report.find(connection, caller(), campaign, path.month, version)


def _head(report: Report) -> dict[str, Any]:
    closed = report.closed
    return {
        "month": report.month.name,
        "time_zone": report.time_zone,
        "currency": report.currency,
        "begins_at": moment(report.month.begin),
        "ends_at": moment(report.month.end),
        "finished": report.finished,
        "version": closed.version if closed else None,
        "closed_at": moment(closed.closed_at) if closed else None,
        "closed_by": closed.closed_by if closed else None,
    }
