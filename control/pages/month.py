"""`/followed/<id>/<month>`: the report of a campaign's month, which is closed and reopened here."""

import re
from typing import Any

from flask import redirect, request
from flask.wrappers import Response
from sqlalchemy import Connection, Row
from werkzeug.wrappers import Response as AnyResponse

from control.accounts.names import printable
from control.campaigns import campaigns, month_closing, month_list, month_report, month_totals, open_points
from control.campaigns.month_report import Report
from control.campaigns.month_totals import By
from control.campaigns.months import FORM
from control.errors import ApiError, NotFound
from control.pages import addresses, frame, month_words
from control.pages.blueprint import page as make_page
from control.pages.forms import Form, sent
from control.reports.forms.known import FormName
from control.web import open_submissions, page_sessions
from control.web.engine import db
from crawler.store.database import snapshot

PLACE = "/followed/<id>/<string(length=7):month>"
ON_A_PAGE = 20
SUMS = 20  # that are shown of each kind
QUICK = 500  # placements that are summed up without being asked for
LONGEST_REASON = 1_000

page = make_page("month", page_sessions.person)


@page.get(PLACE)
def show_month(id: str, month: str) -> Response:  # noqa: A002 - the route's word
    return _shown(id, month, Form())


@page.get(f"{PLACE}/close")
def ask_to_close(id: str, month: str) -> Response:  # noqa: A002
    """Show what is not measured, before the month is closed."""
    open_submissions.begin(page_sessions.user().user_id)
    return _asked(id, month, Form())


@page.post(f"{PLACE}/close")
def close_month(id: str, month: str) -> AnyResponse:  # noqa: A002
    _check(month)
    open_submissions.begin(page_sessions.user().user_id)
    try:
        month_closing.close(db.engine, page_sessions.user().user_id, id, month)
    except NotFound:
        raise
    except ApiError as error:
        return _asked(id, month, _refused(Form(), error))
    page_sessions.leave_message("month.said.closed")
    return redirect(f"/followed/{id}/{month}", 303)


@page.post(f"{PLACE}/reopen")
def reopen_month(id: str, month: str) -> AnyResponse:  # noqa: A002
    _check(month)
    form = sent("reason")
    reason = form["reason"].strip()
    try:
        if not 0 < len(printable(reason)) <= LONGEST_REASON:
            return _shown(id, month, form.wrong("reason", "month.refused.reason", most=LONGEST_REASON))
        month_closing.reopen(db.engine, page_sessions.user().user_id, id, month, reason)
    except ValueError:  # it is not printable
        return _shown(id, month, form.wrong("reason", "month.refused.reason", most=LONGEST_REASON))
    except NotFound:
        raise
    except ApiError as error:
        return _shown(id, month, _refused(form, error))
    page_sessions.leave_message("month.said.reopened")
    return redirect(f"/followed/{id}/{month}", 303)


def _refused(form: Form, error: ApiError) -> Form:
    return form.wrong("", f"month.refused.{error.code}", int(error.status))


def _check(month: str) -> None:
    if not re.fullmatch(FORM, month):
        raise NotFound("This is no month.")


def _shown(public_id: str, month: str, form: Form) -> Response:
    _check(month)
    only = "unmeasured" if request.args.get("only") == "unmeasured" else ""
    if only or "sum" in request.args:
        open_submissions.begin(page_sessions.user().user_id)
    with snapshot(db.engine) as connection:
        campaign = campaigns.find(connection, page_sessions.user().user_id, public_id)
        report = _report(connection, campaign, month)
        read = month_report.unmeasured if only else month_report.page
        rows = read(connection, report, addresses.number("cursor"), ON_A_PAGE)
        is_summed = campaign.placements <= QUICK or "sum" in request.args
        given = _summed(connection, report) if is_summed else {"total": None}
        listed = month_list.find(connection, campaign, month)
    return frame.show(
        "month.html",
        form.status,
        form=form,
        campaign=campaign,
        listed=listed,
        page=rows,
        only=only,
        version=addresses.number("version"),
        cursor=request.args.get("cursor", ""),
        asks_for_file=request.args.get("ask") == "file",
        forms=list(FormName),
        longest_reason=LONGEST_REASON,
        there=addresses.of_table(f"/followed/{public_id}/{month}", ("only", "version", "sum")),
        **given,
        **month_words.about(report),
    )


def _report(connection: Connection, campaign: Row[Any], month: str) -> Report:
    return month_report.find(connection, page_sessions.user().user_id, campaign, month, addresses.number("version"))


def _summed(connection: Connection, report: Report) -> dict[str, Any]:
    """Add up all rows: the whole, by erid, and by wall."""
    rows = list(month_report.rows(connection, report))
    sums = {by: month_totals.sums(rows, by) for by in By}
    return {
        "total": month_totals.total(rows),
        "sums": {by: found[:SUMS] for by, found in sums.items()},
        "more": {by: max(0, len(found) - SUMS) for by, found in sums.items()},
        "without_post": month_report.without_post(connection, report),
        "being_measured": open_points.count(connection, report),
    }


def _asked(public_id: str, month: str, form: Form) -> Response:
    _check(month)
    with snapshot(db.engine) as connection:
        campaign = campaigns.find(connection, page_sessions.user().user_id, public_id)
        report = month_report.find(connection, page_sessions.user().user_id, campaign, month)
        given = _summed(connection, report)
    about = month_words.about(report)
    return frame.show("month_sure.html", form.status, form=form, campaign=campaign, **given, **about)
