"""Files of a campaign's month: its XLSX, at once or ordered, and the forms that registers take."""

import re
from typing import Any

from flask import redirect, request
from werkzeug.wrappers import Response as AnyResponse

from control.campaigns import campaigns, month_forms, month_report
from control.campaigns.months import FORM
from control.errors import NotFound, TooManyExports, TooManyRows
from control.exports import month_source, orders
from control.exports.choice import Choice, Format
from control.pages import addresses, files, frame
from control.pages.blueprint import page as make_page
from control.pages.forms import Form
from control.reports.forms.known import FormName
from control.web import month_files, open_submissions, page_sessions
from control.web.engine import db
from crawler.platforms.advice import Lang
from crawler.queue import wakeup
from crawler.store.database import snapshot, writing

page = make_page("month_files", page_sessions.person)


@page.url_value_preprocessor
def _check_month(_endpoint: str | None, given: dict[str, Any] | None) -> None:
    if given and not re.fullmatch(FORM, given["month"]):
        raise NotFound("There is no such month.")


@page.get("/followed/<id>/<month>/file")
def download(id: str, month: str) -> AnyResponse:  # noqa: A002 - the route's word
    """Send the workbook at once. If that takes too long, show the month's page with a button to order it."""
    try:
        return month_files.workbook_answer(page_sessions.user().user_id, id, month, _language(), _version())
    except TooManyRows:
        return redirect(f"/followed/{id}/{month}?ask=file{f'&version={_version()}' if _version() else ''}#files", 303)


@page.post("/followed/<id>/<month>/exports")
def order(id: str, month: str) -> AnyResponse:  # noqa: A002
    """Order the workbook. If the form is sent twice, the second one finds the same order while it is being made."""
    user_id, language = page_sessions.user().user_id, _language()
    choice = Choice(Format.XLSX, language, version=_version())
    try:
        with writing(db.engine) as connection:
            source = month_source.find(connection, user_id, id, month, choice.version)
            ordered = orders.order(connection, user_id, source, choice)
    except TooManyExports:
        return files.shown(Form().wrong("", "files.refused.too_many_exports", 409, most=orders.MOST))
    wakeup.send(db.engine)
    return redirect(f"/checks/exports/{ordered.id}", 303)


@page.get("/followed/<id>/<month>/forms/<form>")
def download_form(id: str, month: str, form: str) -> AnyResponse:  # noqa: A002
    """Send what a register takes; `?format=csv`: as a table."""
    if form not in {*FormName}:
        raise NotFound("There is no such form.")
    user_id = page_sessions.user().user_id
    open_submissions.begin(user_id)  # it reads all rows
    with snapshot(db.engine) as connection:
        report = month_report.find(connection, user_id, campaigns.find(connection, user_id, id), month, _version())
        made = month_forms.fill(connection, report, FormName(form))
    if request.args.get("format") == "csv":
        return month_files.table_answer(made, _language())
    return month_files.body_answer(made)


def _version() -> int | None:
    """Return which of the month's closings is asked for, if one is."""
    return addresses.number("version")


def _language() -> Lang:
    language: Any = frame.language()
    spoken: Lang = language
    return spoken
