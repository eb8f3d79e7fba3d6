"""Users, their logins and tokens, and what they have used."""

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from crawler.store.database import now
from crawler.store.models.base import Base, one_of, partial_index, random_id


class UserState(StrEnum):
    """Whether a user may log in."""

    ACTIVE = "active"
    DISABLED = "disabled"  # by an administrator: their tokens are refused, their data stays
    LEAVING = "leaving"  # deleted by themselves: the scheduler removes their data and then the user


class Scope(StrEnum):
    """What a script may do with its token."""

    READ = "read"
    WRITE = "write"  # read, hand in links, cancel and delete, but nothing that concerns the account itself


class User(Base):
    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=random_id)
    username: Mapped[str] = mapped_column(unique=True)  # as it is shown
    spelling: Mapped[str | None]  # the form by which it is found; none: nobody can log in as this user
    look: Mapped[str | None]  # the same for all names that look alike
    namesake: Mapped[int] = mapped_column(server_default="0")  # not 0: an older user has the same spelling or look
    password_hash: Mapped[str]
    created_at: Mapped[float] = mapped_column(default=now())
    served_at: Mapped[float] = mapped_column(server_default="0")  # when a batch of theirs last got a run
    first_in_line: Mapped[int | None] = mapped_column(BigInteger)  # of their batches, see `crawler.queue.line`
    admin: Mapped[bool] = mapped_column(server_default=text("false"))  # may read what operators read
    state: Mapped[str] = mapped_column(server_default=UserState.ACTIVE)
    stored_bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")  # of all their batches
    language: Mapped[str | None]  # of the pages; none: the browser decides
    time_zone: Mapped[str | None]  # of the pages, by its IANA name; none: the setting TIMEZONE
    theme: Mapped[str | None]

    __table_args__ = (
        one_of("state", UserState),
        UniqueConstraint("spelling", "namesake"),
        UniqueConstraint("look", "namesake"),
        partial_index("ix_users_leaving", "id", where="state = 'leaving'"),
        partial_index("ix_users_in_line", "served_at", "first_in_line", "id", where="first_in_line IS NOT NULL"),
    )


class LoginKind(StrEnum):
    """What a login is proved with."""

    TOKENS = "tokens"  # the pair of tokens at the API
    PAGE = "page"  # the cookie on the pages


class Login(Base):
    """A login. Its tokens or its cookie are accepted for as long as this row exists."""

    __tablename__ = "logins"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=random_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    refresh_id: Mapped[str] = mapped_column(String(36))  # the id of the only refresh token that was not used yet
    expires_at: Mapped[float] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(server_default=LoginKind.TOKENS)
    secret_hash: Mapped[str | None] = mapped_column(String(64), unique=True)  # of a page's cookie
    created_at: Mapped[float] = mapped_column(server_default="0")  # 0: older than this column
    seen_at: Mapped[float] = mapped_column(server_default="0")  # of a page: when it was last used, to the hour
    program: Mapped[str] = mapped_column(server_default="")  # of a page: what the browser calls itself
    message: Mapped[str | None]  # of a page: JSON with the key of a message that the next page shows once

    __table_args__ = (one_of("kind", LoginKind),)


class ApiToken(Base):
    """A token for scripts. Only its hash is stored, a plain one, which is enough for a random secret."""

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


class Attempts(Base):
    """How often something, such as a login, was tried since its window of time began; of requests, what several
    API processes have counted together.
    """

    __tablename__ = "tries"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)  # a hash of who tried and what
    count: Mapped[int]
    until: Mapped[float] = mapped_column(index=True)


class Usage(Base):
    """How many links a user handed in on a day. Links that were refused, or deleted since, count too."""

    __tablename__ = "usage"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True)  # days since 1970, UTC
    links: Mapped[int]
