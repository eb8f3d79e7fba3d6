"""Files with links: send one, see what is understood of it, accept it."""

import json
from functools import partial
from tempfile import TemporaryFile
from typing import IO, Annotated, Any, Self

from flask import request, url_for
from pydantic import ConfigDict, Field, model_validator
from sqlalchemy import Row
from werkzeug.formparser import FormDataParser

from control.batches.submission import new_batch
from control.campaigns.own_columns import Unread
from control.errors import CompressedBody, InvalidBody, WrongMediaType
from control.exports.working_files import folder
from control.imports import accepting, storage, uploading
from control.imports.accepting import AsBatch, AsPlacements, Destination
from control.routes.batches import LOCATION, BatchMade
from control.routes.placements_made import PlacementsMade, placements_made
from control.routes.submission import DuplicateLink, RejectedLink, accepted
from control.times import Span, moment
from control.web import open_submissions, rate_limits
from control.web.auth import authenticate, caller
from control.web.engine import db
from control.web.openapi import BATCHES, Shape, resource
from control.web.settings import settings
from crawler.queue.acceptance import Receipt
from crawler.reasons import Reason
from crawler.spreadsheets.reading.table import Corrections
from crawler.store.database import snapshot

REASONS = {str(reason): reason for reason in Reason}
COPIED_AT_ONCE = 256 * 1024
FORM, TEXT = "multipart/form-data", "text/plain"
FILE_SCHEMA = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}, "required": ["file"]}
BODY = {  # without text/plain, for which a generator of clients would leave the whole route out
    "required": True,
    "description": "A file in a form, or a text itself as `text/plain`.",
    "content": {FORM: {"schema": FILE_SCHEMA}},
}
OPTIONAL: Any = ConfigDict(extra="forbid", openapi_extra={"required": False})  # type: ignore[typeddict-unknown-key]

uploads = resource("imports", BATCHES, authenticate, open_submissions.guard, body="none", takes_files=True)
acceptances = resource("acceptances", BATCHES, authenticate, open_submissions.guard, body="optional")


class Column(Shape):
    name: str = Field(description="Without a header the column's letter. Of equal ones the second is `…_2`.")
    role: str | None = Field(description="What it is taken for by its name: `link`, `blogger`, `cost`, `erid` …")
    links: int = Field(description="Cells that name a post, among the first 2,000 rows that have one.")
    filled: int
    kept: bool = Field(description="Whether it travels with the links.")


class FirstRow(Shape):
    row: int
    links: list[str]
    cells: list[str] = Field(description="One for each of `columns`.")


class FileProblem(Shape):
    row: int | None = Field(description="From 1, as spreadsheets count; null: the whole file.")
    column: str | None
    code: str
    message: str


class ProblemCount(Shape):
    code: str
    count: int


class ImportShown(Shape):
    """What was understood of a file. Its links are handed in only when it is accepted."""

    id: str
    url: str
    name: str
    kind: str = Field(description="`xlsx`, `xls`, `ods`, `csv`, `tsv` or `txt`.")
    sheet: str | None = Field(description="The one with most links.")
    sheets: list[str]
    encoding: str | None
    delimiter: str | None
    header_row: int | None = Field(description="From 1; null: there is none.")
    link_column: str | None = Field(description="The one where most cells name a post.")
    columns: list[Column]
    own: list[str] = Field(description="The columns that travel with the links, if nothing is corrected.")
    rows: int
    links: int
    rows_without_link: int = Field(description="They are kept with the batch.")
    first_rows: list[FirstRow]
    problems: list[FileProblem] = Field(description="The first 100.")
    problem_counts: list[ProblemCount]
    created_at: str
    expires_at: str


class ImportMade(ImportShown):
    model_config = ConfigDict(extra="forbid", openapi_extra={"headers": {"Location": LOCATION}})  # type: ignore[typeddict-unknown-key]


class Imports(Shape):
    imports: list[ImportShown] = Field(description="Those that wait to be accepted, newest first.")


class ImportPath(Shape):
    id: str


class Acceptance(Shape):
    """Corrections. Whatever is left out stays as it was understood."""

    model_config = OPTIONAL

    campaign: str | None = Field(
        None, description="The id of a campaign of yours: the links become placements of it, and no batch."
    )
    sheet: str | None = None
    header_row: Annotated[int, Field(ge=0, le=1_048_576)] | None = Field(None, description="0: there is none.")
    link_column: str | None = Field(None, description="By its name.")
    columns: Annotated[list[str], Field(max_length=60)] | None = Field(
        None, description="Those that are kept, by name."
    )
    deadline: Span | None = Field(None, description="As of `POST /batches`.", examples=["24h"])
    max_age: Span | None = Field(None, description="As of `POST /batches`.", examples=["1h"])

    @model_validator(mode="before")
    @classmethod
    def _absent(cls, body: object) -> object:
        return {} if body is None else body

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.campaign and (self.deadline or self.max_age):
            raise ValueError("Send either campaign, or deadline and max_age, which are of batches.")
        return self


@uploads.post("/imports", responses={201: ImportMade, 409: None}, openapi_extensions={"requestBody": BODY})
def create_import() -> tuple[ImportMade, int, dict[str, str]]:
    """Send a file with links, up to 64 MiB: XLSX, XLS, ODS, CSV, TSV or TXT. The answer says what was understood."""
    with TemporaryFile(dir=folder()) as file:
        name = _receive(file)
        public_id = uploading.take(db.engine, caller(), name, file)
    made = ImportMade(**_get(public_id))
    return made, 201, {"Location": made.url}


@uploads.get("/imports", responses={200: Imports})
def list_imports() -> Imports:
    """List your files that wait to be accepted."""
    with snapshot(db.engine) as connection:
        rows = storage.list_open(connection, caller())
    return Imports(imports=[ImportShown(**_show(row)) for row in rows])


@uploads.get("/imports/<id>", responses={200: ImportShown})
def get_import(path: ImportPath) -> ImportShown:
    """Get what was understood of a file."""
    return ImportShown(**_get(path.id))


@uploads.delete("/imports/<id>", responses={204: None})
def delete_import(path: ImportPath) -> tuple[str, int]:
    """Delete a file. A batch that was made of it stays."""
    _get(path.id)
    storage.drop(db.engine, path.id)
    return "", 204


@acceptances.post("/imports/<id>/accept", responses={201: PlacementsMade, 202: BatchMade, 409: None})
def accept_import(path: ImportPath, body: Acceptance) -> tuple[BatchMade | PlacementsMade, int, dict[str, str]]:
    """Make a batch of a file, or placements of a campaign. If you accept it again, you get the first answer."""
    given = Corrections(body.sheet, body.header_row, body.link_column, body.columns)
    count = partial(rate_limits.take_links, caller())
    kept = accepting.Acceptance(db.engine, _destination(body), path.id).accept(given, count)
    rejected = [RejectedLink(**each | {"reason": REASONS[each["reason"]]}) for each in kept["rejected"]]
    duplicates = [DuplicateLink(*each) for each in kept["duplicates"]]
    receipt = Receipt(**kept["receipt"])
    if "campaign" not in kept:
        made = BatchMade(**dict(accepted(receipt)), rejected_links=rejected, duplicate_links=duplicates)
        return made, 202, {"Location": made.url}
    placed = placements_made(receipt, [Unread(*each) for each in kept["unread"]], rejected, duplicates)
    return placed, 201, {"Location": url_for("placements.list_placements", id=receipt.batch_id, _external=True)}


def _destination(body: Acceptance) -> Destination:
    if body.campaign is not None:
        return AsPlacements(settings(), caller(), body.campaign)
    return AsBatch(settings(), new_batch(caller(), settings(), None, deadline=body.deadline), body.max_age)


def _receive(file: IO[bytes]) -> str:
    """Copy the upload into the file and return its name. Raises WrongMediaType, InvalidBody."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise CompressedBody("Send the file as it is, without Content-Encoding.")
    if request.mimetype == TEXT:
        while piece := request.stream.read(COPIED_AT_ONCE):
            file.write(piece)
        return ""
    if request.mimetype != FORM:
        raise WrongMediaType("Send the file as multipart/form-data in the field `file`, or text as text/plain.")
    parser = FormDataParser(stream_factory=_working_file, max_form_parts=10)
    _, _, files = parser.parse(request.stream, request.mimetype, request.content_length, request.mimetype_params)
    sent = files.get("file")
    if sent is None:
        raise InvalidBody("file: This field is missing: send the file in it.")
    sent.save(file, COPIED_AT_ONCE)
    for each in files.values():
        each.close()
    return sent.filename or ""


def _working_file(*_: Any, **__: Any) -> IO[bytes]:
    return TemporaryFile(dir=folder())


def _get(public_id: str) -> dict[str, Any]:
    with snapshot(db.engine) as connection:
        return _show(storage.find(connection, caller(), public_id))


def _show(found: Row[Any]) -> dict[str, Any]:
    understood = json.loads(found.understood)
    counts = understood.pop("problem_counts")
    return {
        "id": found.public_id,
        "url": url_for("imports.get_import", id=found.public_id, _external=True),
        "name": found.name,
        "created_at": moment(found.created_at),
        "expires_at": moment(found.expires_at),
        "problem_counts": [{"code": code, "count": count} for code, count in counts.items()],
        **understood,
    }
