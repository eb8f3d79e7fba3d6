"""The links of a batch, page by page or as a file."""

from typing import Annotated, Any, Literal

from flask import Response
from pydantic import ConfigDict, Field
from sqlalchemy import Connection, Row

from control.batches import link_rows
from control.batches.link_rows import CURSOR, Sort, Wanted
from control.batches.progress import own
from control.errors import FieldError, InvalidQuery
from control.exports.choice import MEDIA_TYPES, Choice, Format
from control.reports import aliases, link_flags, values
from control.reports.aliases import Aliases
from control.reports.flags import ReadingFlag
from control.reports.value_at import NO_AGE
from control.reports.values import Question
from control.routes.batches import BatchPath
from control.routes.posts import ODDITIES, ValueShown, show_value
from control.times import moment, seconds
from control.web import batch_files
from control.web.auth import authenticate, caller
from control.web.engine import db
from control.web.openapi import BATCHES, Shape, resource
from crawler.platforms import address
from crawler.platforms.advice import Lang, advice
from crawler.platforms.contract import COUNTS
from crawler.queue import own_rows
from crawler.reasons import Reason
from crawler.spreadsheets.writing.columns import FIELDS
from crawler.spreadsheets.writing.profiles import ProfileName
from crawler.store.database import snapshot
from crawler.store.models.batches import Link, Status

RETRYABLE = {str(reason): reason.retryable for reason in Reason}

TEXT: dict[str, Any] = {"schema": {"type": "string"}}
BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
FILES = {kind.partition(";")[0]: BINARY if name is Format.XLSX else TEXT for name, kind in MEDIA_TYPES.items()}
ATTACHED = {"Content-Disposition": {"description": "Of a file: its name.", "schema": {"type": "string"}}}
AGE = "([1-9][0-9]{0,2}[smh]|([1-9][0-9]?|[12][0-9]{2}|3[0-5][0-9]|36[0-6])d)"  # a span, up to a year
Ages = Annotated[str | None, Field(max_length=100, pattern=f"^{AGE}(,{AGE}){{0,7}}$")]
OF_PAGES = ("sort", "cursor", "limit")
LONGEST_TEXT = 200

api = resource("links", BATCHES, authenticate)


class LinkShown(Shape):
    position: int
    link: str = Field(description="As it was sent.")
    post: str | None = Field(description="The address of the post it names.")
    platform: str = Field(description="Whose link it is; of a refused one, whose rules it broke.")
    joint_post: str | None = Field(
        description="The address by which the platform itself shows it, where that is another: of a joint post of two "
        "walls the first author's. Links with the same one, or whose `post` it is, name one post."
    )
    duplicate_of: int | None = Field(description="Position of the first link that names the same post.")
    status: Status
    views: int | None = Field(description="Null where the link is not done; 0 is a number that was read.")
    likes: int | None
    comments: int | None
    reposts: int | None
    source: str | None = Field(description="What the numbers were read from.")
    reason: Reason | None = Field(description="Why it failed: a stable code.")
    retryable: bool | None = Field(description="Whether asking again later can help.")
    detail: str | None
    advice: str | None = Field(description="The same as a sentence.")
    created_at: str
    measured_at: str | None
    finished_at: str | None
    published_at: str | None = Field(description="When the post was, as the platform says.")
    edited_at: str | None
    marked_as_ads: bool | None
    owner: str | None = Field(description="What the wall that shows the post is called.")
    members: int | None = Field(description="Of the community that the wall is: the last known number.")
    erids: list[str] = Field(description="Tokens of advertising law that stand at the post.")
    views_at: dict[str, ValueShown] | None = Field(None, description="By age, where `ages` were asked for.")
    flags: list[ReadingFlag] = Field(
        description=f"{ODDITIES} `gone`: a link of yours found the post gone after its last reading."
    )
    row: int | None = Field(description="Of the file that it came in, from 1.")
    own: dict[str, str] | None = Field(description="The file's own columns in that row, by name, in their order.")


class LinksPage(Shape):
    model_config = ConfigDict(extra="forbid", openapi_extra={"content": FILES, "headers": ATTACHED})  # type: ignore[typeddict-unknown-key]

    links: list[LinkShown]
    next_cursor: str | None = Field(description="Null at the end.")
    previous_cursor: str | None = Field(description="Null at the beginning.")


class LinksQuery(Shape):
    status: Status | None = None
    reason: Reason | None = None
    q: str = Field("", max_length=LONGEST_TEXT, description="A text that the link contains, in small or in capitals.")
    sort: Sort = Field(
        Sort.POSITION,
        description="By position or by views, with `-` from the last or the most on. Links without views come last.",
    )
    cursor: str | None = Field(
        None, pattern=f"^{CURSOR}$", description="`next_cursor` or `previous_cursor` of another page of the same query."
    )
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    ages: Ages = Field(
        None, description="Ages of the posts, such as `24h,7d`, at which `views_at` shows their views: at most eight."
    )
    format: Literal["json", "csv", "ndjson", "xlsx"] = Field(
        "json", description="`json` is a page of links; the others are a file of all of them, in the order sent."
    )
    lang: Lang = Field("ru", description="Of a file: the language of headings, states and reasons.")
    profile: ProfileName | None = Field(
        None,
        description="Of CSV: `excel` has a BOM, `;`, decimal commas and dates as 31.12.2026; `plain` has `,`, decimal "
        "points and RFC 3339. Without it: `excel` in Russian, `plain` in English.",
    )
    fields: str | None = Field(
        None,
        max_length=1000,
        json_schema_extra={"pattern": f"^({'|'.join(FIELDS)})(,({'|'.join(FIELDS)}))*$"},
        description=f"Of a file: its columns in their order, separated by commas, among {', '.join(FIELDS)}; `own` are "
        "all of your own columns.",
    )


@api.get("/batches/<id>/links", responses={200: LinksPage})
def list_batch_links(path: BatchPath, query: LinksQuery) -> LinksPage | Response:
    """List the links of a batch, in the order sent or by views, with their numbers or the reason why they have none."""
    if query.format != "json":
        return batch_files.answer(caller(), path.id, _choice(query))
    wanted = Wanted(query.status, query.reason, query.q, query.sort, query.cursor, query.limit)
    with snapshot(db.engine) as connection:
        batch_id = own(connection, caller(), path.id)
        page = link_rows.read(connection, batch_id, wanted)
        cells = own_rows.cells(connection, batch_id, [row.row_number for row in page.rows])
        same = aliases.of(connection, Link, [row.link_id for row in page.rows])
        odd = link_flags.of_aliases(connection, caller(), same)
        views_at = _views_at(connection, page.rows, same, {age: seconds(age) for age in in_order(query.ages)})
    shown = [_show(row, cells, odd.get(row.link_id, []), views_at.get(row.link_id)) for row in page.rows]
    return LinksPage(links=shown, next_cursor=page.next_cursor, previous_cursor=page.previous_cursor)


def _views_at(
    connection: Connection, rows: list[Row[Any]], same: Aliases, ages: dict[str, float]
) -> dict[int, dict[str, ValueShown]]:
    """Return views by link and age, for links that name a post. One whose publication nobody knows has none."""
    named = [row for row in rows if ages and row.key]
    shown = {row.link_id: dict.fromkeys(ages, show_value(None, NO_AGE)) for row in named if row.published_at is None}
    dated = [(row, age) for row in named if row.published_at is not None for age in ages]
    questions = [Question(row.link_id, row.published_at, row.published_at + ages[age]) for row, age in dated]
    found = values.ask(connection, caller(), questions, same=same)
    for (row, age), question, value in zip(dated, questions, found, strict=True):
        shown.setdefault(row.link_id, {})[age] = show_value(question.moment, value)
    return shown


def _choice(query: LinksQuery) -> Choice:
    """Read what the file should contain. A file has all rows, so parameters of pages raise InvalidQuery."""
    for name in OF_PAGES:
        if name in query.model_fields_set:
            message = f"A file has all rows: leave {name} out."
            raise InvalidQuery(f"{name}: {message}", [FieldError(field=name, message=message)])
    filters = (query.status, query.reason, query.q)
    return Choice(Format(query.format), query.lang, query.profile, query.fields, *filters, ages=in_order(query.ages))


def in_order(ages: str | None) -> tuple[str, ...]:
    """Split ages that are separated by commas; each stands once."""
    return tuple(dict.fromkeys(ages.split(","))) if ages else ()


def _show(
    row: Row[Any],
    cells: dict[int, dict[str, str]],
    odd: list[ReadingFlag],
    views_at: dict[str, ValueShown] | None,
) -> LinkShown:
    return LinkShown(
        position=row.position,
        link=row.url,
        platform=row.platform,
        post=address(row.platform, row.key),
        joint_post=address(row.platform, row.canonical_key),
        duplicate_of=row.duplicate_of,
        status=row.status,
        **{name: getattr(row, name) for name in COUNTS},
        source=row.source,
        reason=row.reason,
        retryable=RETRYABLE[row.reason] if row.reason else None,
        detail=row.detail or None,
        advice=advice(row.platform, row.reason, row.detail) if row.reason else None,
        created_at=moment(row.created_at),
        measured_at=moment(row.measured_at),
        finished_at=moment(row.finished_at),
        published_at=moment(row.published_at),
        edited_at=moment(row.edited_at),
        marked_as_ads=None if row.marked_as_ads is None else bool(row.marked_as_ads),
        owner=row.owner_name,
        members=row.members,
        erids=(row.erids or "").split(),
        flags=odd,
        row=row.row_number,
        own=cells.get(row.row_number),
        views_at=views_at,
    )
