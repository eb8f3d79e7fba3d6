"""The whole schema. Times are seconds since 1970, always read from the database's own clock (`database.now`)."""

from enum import StrEnum
from uuid import uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from crawler.database import now


class Status(StrEnum):
    """The life of a link. The last two are final: a trigger refuses to change such a row."""

    CREATED = "created"  # accepted, no run works on it
    IN_PROGRESS = "in progress"  # claimed by `run_id`
    DONE = "done"  # `reading_id` is its number
    FAILED = "failed"  # `reason` says why


class RunState(StrEnum):
    """The life of a run."""

    QUEUED = "queued"  # committed by the scheduler; scrapyd may not know it yet
    POSTED = "posted"  # scrapyd said that it has it
    RUNNING = "running"  # its spider won the compare-and-set and keeps `lease_until` ahead
    FINISHED = "finished"  # its spider settled it, or it was cancelled; `outcome` says how
    LOST = "lost"  # it never started, or its lease ended without a word


class UserState(StrEnum):
    """Whether a user may come in."""

    ACTIVE = "active"
    DISABLED = "disabled"  # by an administrator: no token of theirs is good, what is theirs stays
    LEAVING = "leaving"  # deleted by themselves; the scheduler removes what is theirs, then them


class Scope(StrEnum):
    """What a script may do with its token."""

    READ = "read"
    WRITE = "write"  # read too, hand links in, cancel, delete; nothing with the account itself


ACTIVE = (RunState.QUEUED, RunState.POSTED, RunState.RUNNING)
FINAL = (Status.DONE, Status.FAILED)

Id = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER PRIMARY KEY counts up by itself on SQLite


def random_id() -> str:
    """122 random bits: what outsiders may see and cannot guess."""
    return uuid4().hex


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def partial_index(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "ix": "ix_%(table_name)s_%(column_0_name)s",
        }
    )
    type_annotation_map = {float: Double, str: Text}  # noqa: RUF012 - the name and form SQLAlchemy documents


class User(Base):
    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=random_id)
    username: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    created_at: Mapped[float] = mapped_column(default=now())
    served_at: Mapped[float] = mapped_column(server_default="0")  # when a batch of theirs last got a run
    admin: Mapped[bool] = mapped_column(server_default=text("false"))  # may read what operators read
    state: Mapped[str] = mapped_column(server_default=UserState.ACTIVE)

    __table_args__ = (
        one_of("state", UserState),
        partial_index("ix_users_leaving", "id", where="state = 'leaving'"),
    )


class Login(Base):
    """A login that is still good: its tokens are until this row goes."""

    __tablename__ = "logins"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=random_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    refresh_id: Mapped[str] = mapped_column(String(36))  # of the one refresh token that was not used yet
    expires_at: Mapped[float] = mapped_column(index=True)


class ApiToken(Base):
    """A token for scripts. Only its hash is kept: it is random, so a plain one is enough."""

    __tablename__ = "api_tokens"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=random_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    scope: Mapped[str]
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[float] = mapped_column(default=now())
    expires_at: Mapped[float | None]
    last_used_at: Mapped[float | None]  # to the minute

    __table_args__ = (one_of("scope", Scope), UniqueConstraint("user_id", "name"))


class Tries(Base):
    """How often something was tried since its window of time began, such as to log in as somebody."""

    __tablename__ = "tries"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)  # a hash of whose and what
    count: Mapped[int]
    until: Mapped[float] = mapped_column(index=True)


class Usage(Base):
    """The links that a user handed in on a day, also those deleted since."""

    __tablename__ = "usage"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True)  # days since 1970, UTC
    links: Mapped[int]


class Batch(Base):
    """The links of one request. Its state is derived from its links."""

    __tablename__ = "batches"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=random_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    platform: Mapped[str]
    created_at: Mapped[float] = mapped_column(default=now())
    deadline_at: Mapped[float]  # links still waiting then end failed
    closed_at: Mapped[float | None]  # set by the scheduler once every link is final
    served_at: Mapped[float] = mapped_column(server_default="0")  # when it last got a run
    waiting_for: Mapped[str | None]  # what keeps the whole batch from going on, such as a paused token
    waiting_until: Mapped[float] = mapped_column(server_default="0")
    retry_of: Mapped[str | None] = mapped_column(String(32))  # public id of the batch whose failed links these are

    __table_args__ = (
        Index("ix_batches_user_id", "user_id", "id"),  # in the order sent
        partial_index("ix_batches_open", "id", where="closed_at IS NULL"),
    )


class Submission(Base):
    """An `Idempotency-Key`, what it was first used for and what was answered; remembered for a day."""

    __tablename__ = "submissions"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))  # of the request
    batch_public_id: Mapped[str] = mapped_column(String(32))  # also when that batch is deleted
    accepted: Mapped[int]
    duplicates: Mapped[int]
    rejected: Mapped[int]
    created_at: Mapped[float] = mapped_column(default=now(), index=True)


class Post(Base):
    """What links point to: one row however many links of however many users name it."""

    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform: Mapped[str]
    key: Mapped[str]

    __table_args__ = (UniqueConstraint("key", "platform"),)


class Run(Base):
    """One scrapyd job for one batch; the id is ours and is scrapyd's job id."""

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=random_id)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"), index=True)
    platform: Mapped[str]
    node: Mapped[str]  # the scrapyd it was posted to
    state: Mapped[str] = mapped_column(default=RunState.QUEUED)
    created_at: Mapped[float] = mapped_column(default=now())
    posted_at: Mapped[float | None]
    started_at: Mapped[float | None]
    lease_until: Mapped[float | None]
    pid: Mapped[int | None]  # of the process that won it, on the machine of its node
    finished_at: Mapped[float | None] = mapped_column(index=True)
    outcome: Mapped[str | None]  # why the spider closed, or why the run was given up
    alarm: Mapped[str | None]  # what an operator has to see, such as pages that we cannot read any more

    __table_args__ = (
        one_of("state", RunState),
        partial_index("ix_runs_active", "state", where="finished_at IS NULL"),
    )


class Reading(Base):
    """What one request saw of one post, and where it saw it."""

    __tablename__ = "readings"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), index=True)
    run_id: Mapped[str | None] = mapped_column(String(32), index=True)  # no foreign key, as of links
    views: Mapped[int] = mapped_column(BigInteger)
    likes: Mapped[int | None] = mapped_column(BigInteger)
    comments: Mapped[int | None] = mapped_column(BigInteger)
    reposts: Mapped[int | None] = mapped_column(BigInteger)
    source: Mapped[str]  # method and version, or the page's carrier
    http_status: Mapped[int]
    measured_at: Mapped[float] = mapped_column(default=now())


class Link(Base):
    """A URL as the user gave it."""

    __tablename__ = "links"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"))
    position: Mapped[int]
    url: Mapped[str]
    platform: Mapped[str]
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))  # none: it is no link to a post
    access_key: Mapped[str] = mapped_column(server_default="")
    duplicate_of: Mapped[int | None]  # position of the first link of the batch that names the same post
    status: Mapped[str] = mapped_column(default=Status.CREATED)
    reason: Mapped[str | None]
    detail: Mapped[str | None]
    run_id: Mapped[str | None] = mapped_column(String(32))  # no foreign key: rows of old runs are removed
    sent: Mapped[bool] = mapped_column(server_default=text("false"))  # its request may be on the wire
    attempts: Mapped[int] = mapped_column(server_default="0")
    not_before: Mapped[float] = mapped_column(server_default="0")
    reading_id: Mapped[int | None] = mapped_column(ForeignKey("readings.id"))
    finished_at: Mapped[float | None]

    __table_args__ = (
        one_of("status", Status),
        CheckConstraint("(status = 'done') = (reading_id IS NOT NULL)", name="done_has_reading"),
        CheckConstraint("(status = 'failed') = (reason IS NOT NULL)", name="failed_has_reason"),
        UniqueConstraint("batch_id", "position"),
        Index("ix_links_batch_id_status", "batch_id", "status", "position"),
        partial_index("ix_links_duplicates", "batch_id", "duplicate_of", where="duplicate_of IS NOT NULL"),
        partial_index("ix_links_reading_id", "reading_id", where="reading_id IS NOT NULL"),  # to delete readings
        partial_index("ix_links_waiting", "batch_id", "not_before", where="status = 'created'"),
        partial_index("ix_links_claimed", "run_id", where="status = 'in progress'"),
        # For a batch's state: how its links failed, without those refused at its acceptance.
        partial_index("ix_links_failed", "batch_id", "reason", where="reason IS NOT NULL AND post_id IS NOT NULL"),
    )


class Budget(Base):
    """Requests per second of one credential (by its fingerprint) or host, shared by all processes."""

    __tablename__ = "budgets"

    key: Mapped[str] = mapped_column(primary_key=True)
    next_at: Mapped[float] = mapped_column(server_default="0")  # when the next slot is free
    kind: Mapped[str] = mapped_column(server_default="")  # of the credential, once an answer told
    paused_until: Mapped[float] = mapped_column(server_default="0")
    why: Mapped[str] = mapped_column(server_default="")


class AnswerCount(Base):
    """How often a platform answered so: `ok`, `vk 6`, `http 502`, `timeout`."""

    __tablename__ = "answers"

    platform: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)


class Beat(Base):
    """When a process that runs for ever last did its round."""

    __tablename__ = "beats"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[float]
