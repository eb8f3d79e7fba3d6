"""Links become a batch: every one gets its row, in one transaction of the caller's."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select

from crawler.database import now, upsert
from crawler.models import Batch, Link, Post, Status, random_id
from crawler.platforms.contract import Rejected, Target

LONGEST = 2048  # characters kept of a link
KEYS_AT_ONCE = 10_000  # below the 32,766 variables of one SQLite statement


@dataclass(frozen=True, slots=True)
class Entry:
    """A link with what it points to; `duplicate_of` is the position of the first link that points there too."""

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
        result.append(Entry(position, link, found, None if same == position else same))
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
    """Write the batch and its links."""
    open_ = any(isinstance(entry.found, Target) for entry in given)
    names = {"public_id": batch.public_id, "user_id": batch.user_id, "platform": batch.platform}
    times = {"deadline_at": now() + batch.seconds, "closed_at": None if open_ else now()}
    new = insert(Batch).values(**names, **times, retry_of=batch.retry_of).returning(Batch.id)
    batch_id = connection.execute(new).scalar_one()
    posts = _posts(connection, {entry.found for entry in given if isinstance(entry.found, Target)})
    accepted = [_accepted(batch_id, entry, posts) for entry in given if isinstance(entry.found, Target)]
    rejected = [_rejected(batch_id, batch.platform, entry) for entry in given if isinstance(entry.found, Rejected)]
    if accepted:
        connection.execute(insert(Link).values(status=Status.CREATED), accepted)
    if rejected:
        connection.execute(insert(Link).values(status=Status.FAILED, finished_at=now()), rejected)


def storable(link: str) -> str:
    """Return the link as any database can hold it: NUL and lone surrogates escaped, cut at its longest."""
    return link[:LONGEST].encode("utf-8", "backslashreplace").decode().replace("\0", "\\u0000")[:LONGEST]


def _accepted(batch_id: int, entry: Entry, posts: dict[tuple[str, str], int]) -> dict[str, Any]:
    target = entry.found
    assert isinstance(target, Target)
    return {
        "batch_id": batch_id,
        "position": entry.position,
        "url": storable(entry.link),
        "platform": target.platform,
        "post_id": posts[target.platform, target.key],
        "access_key": target.access_key,
        "duplicate_of": entry.duplicate_of,
    }


def _rejected(batch_id: int, platform: str, entry: Entry) -> dict[str, Any]:
    refusal = entry.found
    assert isinstance(refusal, Rejected)
    return {
        "batch_id": batch_id,
        "position": entry.position,
        "url": storable(entry.link),
        "platform": platform,
        "reason": refusal.reason,
        "detail": refusal.detail,
    }


def _posts(connection: Connection, targets: Iterable[Target]) -> dict[tuple[str, str], int]:
    """Find or make the posts. Sorted, so that two transactions that make the same ones cannot lock each other out."""
    wanted = sorted({(target.platform, target.key) for target in targets})
    ids: dict[tuple[str, str], int] = {}
    for start in range(0, len(wanted), KEYS_AT_ONCE):
        chunk = wanted[start : start + KEYS_AT_ONCE]
        new = upsert(connection, Post).on_conflict_do_nothing()
        connection.execute(new, [{"platform": platform, "key": key} for platform, key in chunk])
        found = select(Post.platform, Post.key, Post.id).where(Post.key.in_([key for _, key in chunk]))
        ids.update(((platform, key), id_) for platform, key, id_ in connection.execute(found))
    return ids
