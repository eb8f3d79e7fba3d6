"""Links become a batch: every one gets its row, in one transaction of the caller's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Executable,
    Integer,
    MetaData,
    Table,
    Text,
    and_,
    case,
    insert,
    literal,
    or_,
    select,
)

from crawler.platforms.contract import Rejected, Target
from crawler.queue import line
from crawler.store import staging
from crawler.store.database import now, upsert
from crawler.store.models.base import random_id
from crawler.store.models.batches import Batch, Link, Status
from crawler.store.models.campaigns import Placement
from crawler.store.models.posts import Post

LONGEST = 2048  # characters of a link that are kept
MOST_REFUSED_BYTES = 2_000_000  # of all refused links of a batch together: more text of theirs is not kept
CUT = "…"  # marks the end of a refused link that was cut
BATCH_BYTES = 1_000  # an estimate of what a batch takes beside its links, with its runs and its Idempotency-Key
ROW_BYTES = 250  # an estimate of what a link takes beside its text, with its indexes

GIVEN = Table(
    "given",
    MetaData(),
    *(Column("position", Integer), Column("url", Text), Column("platform", Text), Column("key", Text)),
    *(Column("access_key", Text), Column("duplicate_of", Integer), Column("reason", Text), Column("detail", Text)),
    *(Column("row_number", Integer), Column("reading_id", BigInteger), Column("views", BigInteger)),
    prefixes=["TEMPORARY"],
)


class Entry(NamedTuple):
    """A link as it is stored, and its post. `duplicate_of` is the position of the first link to the same post."""

    position: int
    link: str
    found: Target | Rejected
    duplicate_of: int | None
    row: int | None = None  # of a file


class Served(NamedTuple):
    """A reading that is there already, and its views: a link ends with it at once."""

    reading_id: int
    views: int


def entries(
    links: Sequence[str], identify: Callable[[str], Target | Rejected], rows: Sequence[int | None] = ()
) -> list[Entry]:
    """Identify the links. Those with different access keys are different requests, so they are no duplicates.

    `rows` are the numbers of the rows that they stand in, where they come from a file.
    """
    first: dict[Target | Rejected, int] = {}
    result = []
    left = MOST_REFUSED_BYTES
    for position, link in enumerate(links):
        found, text = identify(link), storable(link)
        if isinstance(found, Rejected):
            text = _cut(text, left)
            left = max(0, left - _bytes(text))
        same = first.setdefault(found, position) if isinstance(found, Target) else position
        row = rows[position] if rows else None
        result.append(Entry(position, text, found, None if same == position else same, row))
    return result


def _cut(text: str, most: int) -> str:
    """Keep only so many bytes of refused links, because only their sender can use them."""
    return text if _bytes(text) <= most else text.encode()[:most].decode(errors="ignore") + CUT


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def stored_bytes(given: list[Entry]) -> int:
    """Estimate the bytes that a batch of these entries takes in the database."""
    return BATCH_BYTES + sum(_bytes(entry.link) + ROW_BYTES for entry in given)


NOTHING_SERVED: Mapping[int, Served] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender is told: the numbers add up to the links sent."""

    batch_id: str  # public
    accepted: int
    duplicates: int
    rejected: int


def receipt(batch_id: str, given: list[Entry]) -> Receipt:
    rejected = sum(isinstance(entry.found, Rejected) for entry in given)
    duplicates = sum(entry.duplicate_of is not None for entry in given)
    return Receipt(batch_id, len(given) - rejected - duplicates, duplicates, rejected)


@dataclass(frozen=True, slots=True)
class NewBatch:
    """`seconds` from now on, links that still wait give up. `platform` is the only one whose links it may hold, if any.

    `retry_of` is the public id of the batch whose failed links these are, `repeat_of` of one with all of these links.
    """

    user_id: str
    platform: str | None
    seconds: float
    retry_of: str | None = None
    name: str = ""
    own_bytes: int = 0  # that its user's own columns take
    repeat_of: str | None = None
    public_id: str = field(default_factory=random_id)


def store(
    connection: Connection, batch: NewBatch, given: list[Entry], served: Mapping[int, Served] = NOTHING_SERVED
) -> int:
    """Write the batch, the posts and the links: a statement each, however many they are. Returns the batch's key.

    Links that are `served`, by their positions, end at once; a batch in which all links have ended is closed.
    """
    waiting = (entry.found for entry in given if entry.position not in served)
    platforms = sorted({found.platform for found in waiting if isinstance(found, Target)})
    names = {"public_id": batch.public_id, "user_id": batch.user_id, "platform": _platform(batch, given)}
    kept = stored_bytes(given) + batch.own_bytes
    end = {} if platforms else _ended(len(given), served)
    more = {"retry_of": batch.retry_of, "repeat_of": batch.repeat_of, "name": batch.name, "stored_bytes": kept}
    new = insert(Batch).values(**names, deadline_at=now() + batch.seconds, **end, **more).returning(Batch.id)
    batch_id = connection.execute(new).scalar_one()
    if platforms:
        line.enter(connection, batch.user_id, batch_id, platforms)
    rows = [_row(batch.platform, entry, served.get(entry.position)) for entry in given]
    with staging.staged(connection, GIVEN, rows):
        connection.execute(_posts(connection))
        connection.execute(_links(batch_id))
    return int(batch_id)


def place(connection: Connection, campaign_id: int, first: int, given: list[Entry]) -> None:
    """Write the posts and the placements of a campaign, from this position on; their places are those of the links."""
    with staging.staged(connection, GIVEN, [_row(None, entry, None) for entry in given]):
        connection.execute(_posts(connection))
        connection.execute(_placements(campaign_id, first))


def _ended(links: int, served: Mapping[int, Served]) -> dict[str, Any]:
    views = sum(each.views for each in served.values()) if served else None
    return {"closed_at": now(), "done": len(served), "failed": links - len(served), "views": views}


def _platform(batch: NewBatch, given: list[Entry]) -> str:
    """Return the one platform of the batch, or nothing."""
    if batch.platform:
        return batch.platform
    taken = {entry.found.platform for entry in given if isinstance(entry.found, Target)}
    taken = taken or {entry.found.platform for entry in given}
    return next(iter(taken)) if len(taken) == 1 else ""


def storable(link: str) -> str:
    """Return the link as any database can hold it: NUL and lone surrogates escaped, cut at its longest."""
    return link[:LONGEST].encode("utf-8", "backslashreplace").decode().replace("\0", "\\u0000")[:LONGEST]


def _row(platform: str | None, entry: Entry, served: Served | None) -> tuple[int | str | None, ...]:
    """Return the entry in the order of `GIVEN`."""
    found = entry.found
    if isinstance(found, Rejected):
        refused = (platform or found.platform, None, "", None, found.reason, found.detail)
        return entry.position, entry.link, *refused, entry.row, None, None
    taken = (found.platform, found.key, found.opened_by, entry.duplicate_of, None, None)
    return entry.position, entry.link, *taken, entry.row, *(served or (None, None))


def _posts(connection: Connection) -> Executable:
    """Make the posts that are not there. Sorted, so that two transactions that make the same ones cannot lock each
    other out.
    """
    given = GIVEN.c
    firsts = select(given.platform, given.key).where(given.key.is_not(None), given.duplicate_of.is_(None))
    new = upsert(connection, Post).from_select(["platform", "key"], firsts.order_by(given.key, given.platform))
    return new.on_conflict_do_nothing()


def _links(batch_id: int) -> Executable:
    given = GIVEN.c
    values = {
        "batch_id": literal(batch_id),
        "position": given.position,
        "url": given.url,
        "platform": given.platform,
        "post_id": Post.id,
        "access_key": given.access_key,
        "duplicate_of": given.duplicate_of,
        "status": case(
            (given.reason.is_not(None), Status.FAILED),
            (given.reading_id.is_not(None), Status.DONE),
            else_=Status.CREATED,
        ),
        "reason": given.reason,
        "detail": given.detail,
        "finished_at": case((or_(given.reason.is_not(None), given.reading_id.is_not(None)), now())),
        "row_number": given.row_number,
        "reading_id": given.reading_id,
        "views": given.views,
    }
    named = GIVEN.outerjoin(Post, and_(Post.key == given.key, Post.platform == given.platform))
    return insert(Link).from_select(list(values), select(*values.values()).select_from(named))


def _placements(campaign_id: int, first: int) -> Executable:
    given = GIVEN.c
    values = {
        "campaign_id": literal(campaign_id),
        "position": given.position + first,
        "url": given.url,
        "platform": given.platform,
        "post_id": Post.id,
        "access_key": given.access_key,
        "reason": given.reason,
        "detail": given.detail,
        "added_at": now(),
    }
    named = GIVEN.outerjoin(Post, and_(Post.key == given.key, Post.platform == given.platform))
    return insert(Placement).from_select(list(values), select(*values.values()).select_from(named))
