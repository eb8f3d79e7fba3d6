"""Batches and their links."""

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    desc,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from crawler.store.database import now
from crawler.store.models.base import Base, Id, one_of, partial_index, random_id


class Status(StrEnum):
    """The life of a link. The last two are final: a trigger refuses to change such a row."""

    CREATED = "created"  # accepted; no run works on it yet
    IN_PROGRESS = "in progress"  # claimed by the run `run_id`
    DONE = "done"  # `reading_id` has its number
    FAILED = "failed"  # `reason` says why


FINAL = (Status.DONE, Status.FAILED)


class Batch(Base):
    """The links of one request. The batch's state is derived from its links."""

    __tablename__ = "batches"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=random_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    platform: Mapped[str]  # of its links; empty: of several
    created_at: Mapped[float] = mapped_column(default=now())
    deadline_at: Mapped[float]  # links that are not final by then fail
    closed_at: Mapped[float | None]  # set by the scheduler once every link is final
    retry_of: Mapped[str | None] = mapped_column(String(32))  # public id of the batch that failed with these links
    repeat_of: Mapped[str | None] = mapped_column(String(32))  # public id of the batch whose links are measured again
    stored_bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")  # roughly what its links take
    name: Mapped[str] = mapped_column(server_default="")  # given by its user
    # Set only when the batch is closed: how many of its links are done and failed, and the sum of their views.
    done: Mapped[int | None]
    failed: Mapped[int | None]
    views: Mapped[int | None] = mapped_column(BigInteger)
    counted_at: Mapped[float | None]  # when its links were added to the totals: see `totals.py`; only when it is closed

    __table_args__ = (
        Index("ix_batches_user_id", "user_id", "id"),  # in the order sent
        partial_index("ix_batches_open", "id", where="closed_at IS NULL"),
        partial_index("ix_batches_to_count", "closed_at", where="counted_at IS NULL"),
        partial_index("ix_batches_counted", "closed_at", where="counted_at IS NOT NULL"),
        partial_index("ix_batches_deadline_at", "deadline_at", where="closed_at IS NULL"),
    )


class Part(Base):
    """The links of a batch on one platform, which is what a run works on."""

    __tablename__ = "parts"

    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True)
    platform: Mapped[str] = mapped_column(primary_key=True)
    served_at: Mapped[float] = mapped_column(server_default="0")  # when it last got a run
    waiting_for: Mapped[str | None]  # what holds the whole part up, such as a paused token
    waiting_until: Mapped[float] = mapped_column(server_default="0")
    user_id: Mapped[str | None] = mapped_column(String(32))  # of the batch; none: nobody has written it down yet
    # Whether there may be something for a run, and since when or from when on, see `crawler.queue.line`.
    ready_since: Mapped[float | None] = mapped_column(server_default="0")
    ready_from: Mapped[float | None]

    __table_args__ = (
        partial_index("ix_parts_turns", "user_id", "served_at", "batch_id", where="ready_since IS NOT NULL"),
        partial_index("ix_parts_served_at", "served_at", "batch_id", where="ready_since IS NOT NULL"),
        partial_index("ix_parts_ready_since", "ready_since", where="ready_since IS NOT NULL"),
        partial_index("ix_parts_ready_from", "ready_from", where="ready_from IS NOT NULL"),
        partial_index("ix_parts_later", "user_id", where="ready_from IS NOT NULL"),
    )


class Submission(Base):
    """An `Idempotency-Key` with its first request and the answer. It is remembered for a day."""

    __tablename__ = "submissions"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))  # of the request
    batch_public_id: Mapped[str] = mapped_column(String(32))  # no foreign key: the batch may be deleted
    accepted: Mapped[int]
    duplicates: Mapped[int]
    rejected: Mapped[int]
    created_at: Mapped[float] = mapped_column(default=now(), index=True)


class Link(Base):
    """A URL as the user gave it."""

    __tablename__ = "links"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"))
    position: Mapped[int]
    url: Mapped[str]
    platform: Mapped[str]
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))  # none: the URL is no link to a post
    access_key: Mapped[str] = mapped_column(server_default="")  # the link's keys: `Target.opened_by`
    duplicate_of: Mapped[int | None]  # the position of the batch's first link to the same post
    status: Mapped[str] = mapped_column(default=Status.CREATED)
    reason: Mapped[str | None]
    detail: Mapped[str | None]
    run_id: Mapped[str | None] = mapped_column(String(32))  # no foreign key: rows of old runs are removed
    sent: Mapped[bool] = mapped_column(server_default=text("false"))  # its request may be on the wire
    attempts: Mapped[int] = mapped_column(server_default="0")
    failures: Mapped[int] = mapped_column(server_default="0")  # calls that failed as a whole, which charges no link
    company: Mapped[int] = mapped_column(server_default="0")  # the most links its call may have; 0: any number
    not_before: Mapped[float] = mapped_column(server_default="0")
    reading_id: Mapped[int | None] = mapped_column(ForeignKey("readings.id"))
    views: Mapped[int | None] = mapped_column(BigInteger)  # a copy of its reading's, to sort links by
    finished_at: Mapped[float | None]
    row_number: Mapped[int | None]  # of its row in the user's file, see `own_rows`

    __table_args__ = (
        one_of("status", Status),
        CheckConstraint("(status = 'done') = (reading_id IS NOT NULL)", name="done_has_reading"),
        CheckConstraint("(status = 'failed') = (reason IS NOT NULL)", name="failed_has_reason"),
        UniqueConstraint("batch_id", "position"),
        Index("ix_links_batch_id_status", "batch_id", "status", "position"),
        # To list a batch sorted by views, and a batch's links that failed for one reason.
        partial_index("ix_links_views", "batch_id", desc("views"), "position", where="views IS NOT NULL"),
        partial_index("ix_links_reason", "batch_id", "reason", "position", where="reason IS NOT NULL"),
        partial_index("ix_links_post_id", "post_id", "access_key", where="post_id IS NOT NULL"),  # a post's links
        partial_index("ix_links_duplicates", "batch_id", "duplicate_of", where="duplicate_of IS NOT NULL"),
        partial_index("ix_links_reading_id", "reading_id", where="reading_id IS NOT NULL"),  # for deletes
        partial_index("ix_links_waiting", "batch_id", "platform", "not_before", where="status = 'created'"),
        partial_index("ix_links_claimed", "run_id", where="status = 'in progress'"),
        # For a batch's state: why its links failed, except those that were refused when the batch was accepted.
        partial_index("ix_links_failed", "batch_id", "reason", where="reason IS NOT NULL AND post_id IS NOT NULL"),
    )
