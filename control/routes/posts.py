"""The history of a post: its readings, and its views at a moment or an age."""

from typing import Annotated, Self
from zoneinfo import ZoneInfo

from flask import current_app
from pydantic import Field, model_validator

from control.batches.progress import own
from control.reports import flags, history, history_page, values
from control.reports.buckets import Bucket, Pair
from control.reports.flags import ReadingFlag
from control.reports.history import Part, Place, Subject
from control.reports.history_page import Wanted
from control.reports.seen import Seen
from control.reports.value_at import NO_AGE, Basis, Reading, Value, ValueFlag
from control.reports.values import Question
from control.settings import SETTINGS, Settings
from control.times import Moment, Span, moment
from control.web.auth import authenticate, caller
from control.web.engine import db
from control.web.openapi import POSTS, Shape, resource
from crawler.store.database import snapshot

api = resource("posts", POSTS, authenticate)

ODDITIES = (
    "What is odd beside the reading before; no number is changed for it. `fell`: fewer views. `likes_zero`: no likes "
    "for a moment while the views stand, as VK answers at times. `jump`: views came eight times as fast as on average "
    "since the publication. `edited`: the post was, in between. `erid_lost`: an erid of the post is gone."
)


class ReadingShown(Shape):
    measured_at: str | None = Field(description="When the platform answered.")
    views: int
    likes: int | None
    comments: int | None
    reposts: int | None
    source: str
    flags: list[ReadingFlag] = Field(description=ODDITIES)


class Readings(Shape):
    readings: list[ReadingShown]
    next_cursor: str | None = Field(description="Null at the end.")


class Bound(Shape):
    asked_at: str | None = Field(description="When the request left.")
    measured_at: str | None
    views: int
    source: str = Field(description="The API's method, or the element of the page.")
    http_status: int


class ValueShown(Shape):
    at: str | None = Field(description="The moment asked for; null where the post has no age.")
    value: int | None = Field(description="Null where nothing is known.")
    low: int | None = Field(description="By the last reading answered by then.")
    high: int | None = Field(description="By the first reading asked after it.")
    basis: Basis = Field(
        description="`exact`: a reading of this moment, or one number on both sides. `measured`: readings within 15 "
        "minutes on both sides that differ by 1 % at most. `estimated`: between two readings, linear in the logarithm "
        "of the age. `at_least`, `at_most`: no reading after, or before. `none`: no reading."
    )
    before: Bound | None
    after: Bound | None
    flags: list[ValueFlag] = Field(
        description="`fell`: the later reading is lower, so the true value may lie outside the bounds. "
        "`no_publication_time`: nobody has read when the post was published."
    )


class PostPath(Shape):
    platform: str = Field(max_length=20)
    key: str = Field(max_length=80, description="Such as `wall-1_2`.")


class LinkPath(Shape):
    id: str
    position: Annotated[int, Field(ge=0, le=10**6)]


class ReadingsQuery(Shape):
    since: Moment | None = None
    until: Moment | None = Field(None, description="Before this moment.")
    bucket: Bucket = Field(Bucket.RAW, description="Only the last reading of each hour, day or month.")
    cursor: str | None = Field(
        None, pattern="^[0-9]{1,12}[.][0-9]{1,9}_[0-9]{1,18}$", description="`next_cursor` of the page before."
    )
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class ValueQuery(Shape):
    at: Moment | None = None
    age: Span | None = Field(None, description="Of the post, such as `24h`; instead of `at`.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.at is None) == (self.age is None):
            raise ValueError("Send either at, such as 2026-10-31T21:00:00Z, or age, such as 24h.")
        return self


@api.get("/posts/<platform>/<key>/readings", responses={200: Readings})
def list_post_readings(path: PostPath, query: ReadingsQuery) -> Readings:
    """List the readings of a post that your links got, oldest first."""
    with snapshot(db.engine) as connection:
        subject = history.of_post(connection, caller(), path.platform, path.key)
        return _page(*history_page.read(connection, subject, _wanted(query)))


@api.get("/batches/<id>/links/<position>/readings", responses={200: Readings})
def list_link_readings(path: LinkPath, query: ReadingsQuery) -> Readings:
    """List the readings of a link's post that your links with the same access key got, oldest first."""
    with snapshot(db.engine) as connection:
        batch_id = own(connection, caller(), path.id)
        subject = history.of_link(connection, caller(), batch_id, path.position)
        return _page(*history_page.read(connection, subject, _wanted(query)))


@api.get("/posts/<platform>/<key>/views", responses={200: ValueShown})
def get_post_views(path: PostPath, query: ValueQuery) -> ValueShown:
    """The views of a post at a moment or an age, with bounds: an estimate says that it is one."""
    with snapshot(db.engine) as connection:
        subject = history.of_post(connection, caller(), path.platform, path.key)
        at = query.at if query.age is None else _at_age(subject, query.age)
        if at is None:
            return show_value(None, NO_AGE)
        (value,) = values.ask(connection, caller(), [Question(subject.named_by, subject.published_at, at)], subject.by)
    return show_value(at, value)


def _at_age(subject: Subject, age: float) -> float | None:
    return None if subject.published_at is None else subject.published_at + age


def _wanted(query: ReadingsQuery) -> Wanted:
    settings: Settings = current_app.config[SETTINGS]
    zone = ZoneInfo(settings.timezone)
    return Wanted(Part(query.since, query.until, _place(query.cursor)), query.bucket, query.limit, zone)


def _page(pairs: list[Pair], place: Place | None) -> Readings:
    cursor = f"{place.measured_at:.6f}_{place.id}" if place else None
    return Readings(readings=[_show(reading, before) for reading, before in pairs], next_cursor=cursor)


def _place(cursor: str | None) -> Place | None:
    """Read where a page begins: at a reading's time, in microseconds as it is stored, and its id."""
    if cursor is None:
        return None
    time, _, id_ = cursor.partition("_")
    return Place(float(time), int(id_))


def _show(reading: Seen, before: Seen | None) -> ReadingShown:
    return ReadingShown(
        measured_at=moment(reading.measured_at),
        views=reading.views,
        likes=reading.likes,
        comments=reading.comments,
        reposts=reading.reposts,
        source=reading.source,
        flags=flags.of_reading(reading, before),
    )


def show_value(at: float | None, value: Value) -> ValueShown:
    return ValueShown(
        at=moment(at),
        value=value.value,
        low=value.low,
        high=value.high,
        basis=value.basis,
        before=_bound(value.before),
        after=_bound(value.after),
        flags=list(value.flags),
    )


def _bound(reading: Reading | None) -> Bound | None:
    if reading is None:
        return None
    return Bound(
        asked_at=moment(reading.asked_at),
        measured_at=moment(reading.answered_at),
        views=reading.views,
        source=reading.source,
        http_status=reading.http_status,
    )
