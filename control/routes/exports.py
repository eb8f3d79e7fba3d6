"""Exports: files of batches, and of months of campaigns, that take long to make."""

from typing import Annotated

from flask import Response, url_for
from pydantic import ConfigDict, Field
from sqlalchemy import Connection

from control.campaigns.months import FORM
from control.errors import FieldError, InvalidBody
from control.exports import month_source, orders
from control.exports import source as sources
from control.exports.choice import MEDIA_TYPES, Choice, Format
from control.exports.month_source import MonthSource
from control.exports.orders import Ordered
from control.exports.source import Source
from control.exports.tables import Table
from control.routes.batch_links import BINARY, Ages, in_order
from control.routes.months import MOST_VERSIONS
from control.times import moment
from control.web.auth import authenticate, caller
from control.web.batch_files import check_fields, export_answer, zone
from control.web.engine import db
from control.web.openapi import BATCHES, Shape, resource
from crawler.platforms.advice import Lang
from crawler.queue import wakeup
from crawler.reasons import Reason
from crawler.spreadsheets.writing.columns import FIELDS
from crawler.spreadsheets.writing.profiles import ProfileName
from crawler.store.database import snapshot, writing
from crawler.store.models.batches import Status
from crawler.store.models.exports import ExportState

NAMES = "|".join(FIELDS)
LOCATION = {"description": "The export.", "schema": {"type": "string"}}
FILE = {
    "description": "The file.",
    "content": {kind.partition(";")[0]: BINARY for kind in MEDIA_TYPES.values()},
    "headers": {"Content-Disposition": {"description": "Its name.", "schema": {"type": "string"}}},
}

api = resource("exports", BATCHES, authenticate)


class ExportBody(Shape):
    """Either `batch`, or `campaign` and `month`."""

    batch: str | None = Field(None, description="The id of a batch of yours.", examples=["0" * 32])
    campaign: str | None = Field(None, description="The id of a campaign of yours.")
    month: str | None = Field(None, pattern=f"^{FORM}$", description="Of the campaign, such as `2026-10`.")
    version: Annotated[int, Field(ge=1, le=MOST_VERSIONS)] | None = Field(
        None, description="Of a month that was closed: as it was closed for this time, also if it was reopened since."
    )
    format: Format = Field(Format.XLSX, description="Of a month: XLSX, with all its placements.")
    lang: Lang = Field("ru", description="The language of headings, states and reasons.")
    profile: ProfileName | None = Field(None, description="Of CSV: as of `GET /batches/<id>/links`.")
    fields: str | None = Field(
        None,
        max_length=1000,
        json_schema_extra={"pattern": f"^({NAMES})(,({NAMES}))*$"},
        description="Its columns in their order, separated by commas: as of `GET /batches/<id>/links`.",
    )
    status: Status | None = Field(None, description="Only links of this status.")
    reason: Reason | None = Field(None, description="Only links that failed for this reason.")
    q: str = Field("", max_length=200, description="Only links that contain this text.")
    ages: Ages = Field(None, description="As of `GET /batches/<id>/links`: two columns each, views and what they are.")


class ExportShown(Shape):
    id: str
    url: str
    batch: str | None
    campaign: str | None
    month: str | None
    version: int | None = Field(description="Of the month's closings.")
    format: Format
    lang: Lang
    state: ExportState = Field(description="`ready`: the file can be had; `failed`: `error` says why.")
    rows: int
    rows_done: int
    progress: float = Field(description="Part of the rows that are written, 0 to 1.")
    bytes: int | None = Field(description="Of the file, once it is ready.")
    file_url: str | None = Field(description="Where the file is, once it is ready.")
    error: str | None
    created_at: str
    expires_at: str = Field(description="Then it is removed.")


class ExportMade(ExportShown):
    model_config = ConfigDict(extra="forbid", openapi_extra={"headers": {"Location": LOCATION}})  # type: ignore[typeddict-unknown-key]


class Exports(Shape):
    exports: list[ExportShown]


class ExportPath(Shape):
    id: str


@api.post("/exports", responses={202: ExportMade, 404: None, 409: None})
def create_export(body: ExportBody) -> tuple[ExportMade, int, dict[str, str]]:
    """Order a file of a batch's links, or of a campaign's month. It is made in the background and kept for a day after
    that.
    """
    filters = (body.status, body.reason, body.q)
    ages = in_order(body.ages)
    choice = Choice(body.format, body.lang, body.profile, body.fields, *filters, ages=ages, version=body.version)
    with writing(db.engine) as connection:
        shown = _show(orders.order(connection, caller(), _source(connection, body, choice), choice))
    wakeup.send(db.engine)
    return ExportMade.model_validate(shown, from_attributes=True), 202, {"Location": shown.url}


@api.get("/exports", responses={200: Exports})
def list_exports() -> Exports:
    """Your exports, the oldest first."""
    with snapshot(db.engine) as connection:
        mine = orders.list_all(connection, caller())
    return Exports(exports=[_show(each) for each in mine])


@api.get("/exports/<id>", responses={200: ExportShown})
def get_export(path: ExportPath) -> ExportShown:
    """One export, and how far it is."""
    with snapshot(db.engine) as connection:
        return _show(orders.find(connection, caller(), path.id))


@api.get("/exports/<id>/file", responses={200: FILE, 409: None})
def get_export_file(path: ExportPath) -> Response:
    """Download the file once it is ready. If the connection is cut, chunked encoding shows that it is not complete."""
    return export_answer(caller(), path.id)


@api.delete("/exports/<id>", responses={204: None})
def delete_export(path: ExportPath) -> tuple[str, int]:
    """Delete an export. If it is being made, that stops."""
    orders.remove(db.engine, caller(), path.id)
    return "", 204


def _source(connection: Connection, body: ExportBody, choice: Choice) -> Source | MonthSource:
    """Find what is to be made into a file. Raises NotFound, InvalidBody."""
    if body.batch is not None and (body.campaign, body.month, body.version) == (None, None, None):
        source = sources.find(connection, caller(), body.batch)
        check_fields(Table(source, choice, zone()), InvalidBody)
        return source
    if body.batch is not None or body.campaign is None or body.month is None:
        raise _wrong("batch", "Send either batch, or campaign and month.")
    if choice != Choice(Format.XLSX, choice.lang, version=body.version):
        raise _wrong("format", "a month is made as XLSX with all its placements and columns: send format and lang only")
    return month_source.find(connection, caller(), body.campaign, body.month, body.version)


def _wrong(field: str, message: str) -> InvalidBody:
    return InvalidBody(f"{field}: {message}.", [FieldError(field=field, message=message)])


def _show(each: Ordered) -> ExportShown:
    ready = each.state == ExportState.READY
    return ExportShown(
        id=each.id,
        url=url_for("exports.get_export", id=each.id, _external=True),
        batch=each.batch,
        campaign=each.campaign,
        month=each.month,
        version=each.choice.version,
        format=each.choice.format,
        lang=each.choice.lang,
        state=ExportState(each.state),
        rows=each.rows,
        rows_done=each.rows_done,
        progress=1.0 if ready else min(1.0, each.rows_done / max(1, each.rows)),
        bytes=each.bytes if ready else None,
        file_url=url_for("exports.get_export_file", id=each.id, _external=True) if ready else None,
        error=each.error,
        created_at=str(moment(each.created_at)),
        expires_at=str(moment(each.expires_at)),
    )
