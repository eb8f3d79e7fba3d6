"""A campaign's month as the forms that advertising registers take. Nothing is sent to one from here."""

from typing import Any, Literal

from flask import Response
from pydantic import ConfigDict, Field

from control.campaigns import month_forms
from control.campaigns.month_forms import MonthForm
from control.exports.choice import MEDIA_TYPES, Format
from control.reports.forms.columns import HEADINGS, FormColumn
from control.reports.forms.form import Asked
from control.reports.forms.issues import Issue, IssueCode
from control.reports.forms.known import FormName
from control.reports.forms.words import sentence
from control.routes.batch_links import ATTACHED, BINARY, TEXT
from control.routes.months import MonthPath, VersionQuery, find_report
from control.web import open_submissions
from control.web.auth import authenticate, caller
from control.web.engine import db
from control.web.month_files import body_answer, table_answer, workbook_answer
from control.web.openapi import CAMPAIGNS, Shape, resource
from crawler.platforms.advice import Lang
from crawler.spreadsheets.writing.profiles import ProfileName
from crawler.store.database import snapshot

api = resource("month_forms", CAMPAIGNS, authenticate)


class FormPath(MonthPath):
    form: FormName


class FormQuery(VersionQuery):
    format: Literal["json", "csv"] = Field("json", description="`csv`: the rows alone, as a table.")
    lang: Lang = Field("ru", description="The language of sentences and headings.")
    profile: ProfileName | None = Field(None, description="Of CSV: as of `GET /batches/<id>/links`.")


class WorkbookQuery(VersionQuery):
    lang: Lang = Field("ru", description="The language of headings and sentences.")


class IssueShown(Shape):
    position: int = Field(description="Of the placement.")
    link: str
    code: IssueCode
    column: FormColumn | None = Field(description="The column that it is about.")
    error: bool = Field(description="Whether it keeps the placement out of all rows.")
    says: str


class ColumnShown(Shape):
    column: FormColumn = Field(description="Give placements an own column of this name, or of the heading.")
    heading: str
    required: bool
    lacking: int = Field(description="So many placements that are reported have no value in it.")


class FormShown(Shape):
    model_config = ConfigDict(extra="forbid", openapi_extra={"content": {"text/csv": TEXT}, "headers": ATTACHED})  # type: ignore[typeddict-unknown-key]

    form: FormName
    title: str
    call: str = Field(description="The call that takes the body; you make it. Empty for the neutral table.")
    month: str
    version: int | None = Field(
        description="Of the closing that it is made from, which never changes. Null: as of now."
    )
    body: dict[str, Any] = Field(description="Ready to be sent: a row for each creative and pad.")
    columns: list[ColumnShown] = Field(description="What only you know, and the form asks for.")
    issues: list[IssueShown]


BODY = {
    "description": "What is to be sent.",
    "content": {"application/json": {"schema": {"type": "object"}}},
    "headers": ATTACHED,
}
WORKBOOK = {
    "description": "The workbook.",
    "content": {MEDIA_TYPES[Format.XLSX]: BINARY},
    "headers": ATTACHED,
}


@api.get("/campaigns/<id>/months/<month>/forms/<form>", responses={200: FormShown})
def get_month_form(path: FormPath, query: FormQuery) -> FormShown | Response:
    """Fill a form of an advertising register with a month. What is missing is told, and nothing is guessed."""
    open_submissions.begin(caller())  # it reads all rows
    with snapshot(db.engine) as connection:
        made = month_forms.fill(connection, find_report(connection, path, query.version), path.form)
    if query.format == "json":
        return _show(path, made, query.lang)
    return table_answer(made, query.lang, query.profile)


@api.get("/campaigns/<id>/months/<month>/forms/<form>/body", responses={200: BODY})
def get_month_body(path: FormPath, query: VersionQuery) -> Response:
    """Fill a form, and answer with nothing but what is to be sent to the register."""
    open_submissions.begin(caller())  # it reads all rows
    with snapshot(db.engine) as connection:
        return body_answer(month_forms.fill(connection, find_report(connection, path, query.version), path.form))


def _show(path: FormPath, made: MonthForm, lang: Lang) -> FormShown:
    return FormShown(
        form=path.form,
        title=made.form.title,
        call=made.form.call,
        month=path.month,
        version=made.report.closed.version if made.report.closed else None,
        body=made.body,
        columns=[_asked(asked, lang) for asked in made.filled.asked],
        issues=[_issue(issue, made.links[issue.position], lang) for issue in made.filled.issues],
    )


def _asked(asked: Asked, lang: Lang) -> ColumnShown:
    heading = HEADINGS[asked.column][lang]
    return ColumnShown(column=asked.column, heading=heading, required=asked.required, lacking=asked.lacking)


def _issue(issue: Issue, link: str, lang: Lang) -> IssueShown:
    return IssueShown(
        position=issue.position,
        link=link,
        code=issue.code,
        column=issue.column,
        error=issue.is_error,
        says=sentence(issue, lang),
    )


@api.get("/campaigns/<id>/months/<month>/file", responses={200: WORKBOOK})
def get_month_file(path: MonthPath, query: WorkbookQuery) -> Response:
    """A month as XLSX: its sums, placements with their own columns, readings, the form on paper, and what is missing.

    Up to 200 placements; `POST /exports` makes it of more.
    """
    return workbook_answer(caller(), path.id, path.month, query.lang, query.version)
