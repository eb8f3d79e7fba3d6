"""Links become a batch: every one gets its row, in one transaction of the caller's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import (
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
    select,
)

from crawler import rows
from crawler.database import now, upsert
from crawler.models import Batch, Link, Post, Status, random_id
from crawler.platforms.contract import Rejected, Target

LONGEST = 2048  # characters kept of a link

GIVEN = Table(
    "given",
    MetaData(),
    *(Column("position", Integer), Column("url", Text), Column("platform", Text), Column("key", Text)),
    *(Column("access_key", Text), Column("duplicate_of", Integer), Column("reason", Text), Column("detail", Text)),
    prefixes=["TEMPORARY"],
)


class Entry(NamedTuple):
    """A link, as it is stored, with what it points to; `duplicate_of` is the position of the first that does."""

    position: int
    link: str
    found: Target | Rejected
    duplicate_of: int | None


def entries(links: Sequence[str], identify: Callable[[str], Target | Rejected]) -> list[Entry]:
    """Identify the links. Those with different access keys are different requests, so they are no duplicates."""
    first: dict[Target | Rejected, int] = {}
    result = []
    for position, link in enumerate(links):
        found = identify(link)
        same = first.setdefault(found, position) if isinstance(found, Target) else position
        result.append(Entry(position, storable(link), found, None if same == position else same))
    return result


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
    """`seconds` from now on, links that still wait give up. `retry_of` is the public id of another batch."""

    user_id: str
    platform: str
    seconds: float
    retry_of: str | None = None
    public_id: str = field(default_factory=random_id)


def store(connection: Connection, batch: NewBatch, given: list[Entry]) -> None:
    """Write the batch, the posts and the links: a statement each, however many they are."""
    open_ = any(isinstance(entry.found, Target) for entry in given)
    names = {"public_id": batch.public_id, "user_id": batch.user_id, "platform": batch.platform}
    times = {"deadline_at": now() + batch.seconds, "closed_at": None if open_ else now()}
    new = insert(Batch).values(**names, **times, retry_of=batch.retry_of).returning(Batch.id)
    batch_id = connection.execute(new).scalar_one()
    with rows.staged(connection, GIVEN, [_row(batch.platform, entry) for entry in given]):
        connection.execute(_posts(connection))
        connection.execute(_links(batch_id))


def storable(link: str) -> str:
    """Return the link as any database can hold it: NUL and lone surrogates escaped, cut at its longest."""
    return link[:LONGEST].encode("utf-8", "backslashreplace").decode().replace("\0", "\\u0000")[:LONGEST]


def _row(platform: str, entry: Entry) -> tuple[int | str | None, ...]:
    """Return the entry in the order of `GIVEN`."""
    found = entry.found
    if isinstance(found, Rejected):
        return entry.position, entry.link, platform, None, "", None, found.reason, found.detail
    return entry.position, entry.link, found.platform, found.key, found.access_key, entry.duplicate_of, None, None


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
        "status": case((given.reason.is_(None), Status.CREATED), else_=Status.FAILED),
        "reason": given.reason,
        "detail": given.detail,
        "finished_at": case((given.reason.is_not(None), now())),
    }
    named = GIVEN.outerjoin(Post, and_(Post.key == given.key, Post.platform == given.platform))
    return insert(Link).from_select(list(values), select(*values.values()).select_from(named))
