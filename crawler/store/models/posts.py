"""Posts and their readings."""

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from crawler.store.database import now
from crawler.store.models.base import Base, Id, partial_index


class Post(Base):
    """What links point to. A post has one row, however many links of however many users name it."""

    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform: Mapped[str]
    key: Mapped[str]
    # The platform's own key for the post, if it differs: a joint post has its first author's. Rows with the same
    # coalesce(canonical_key, key) are the same post.
    canonical_key: Mapped[str | None]
    # What the platform last said of the post. Its times are the platform's.
    published_at: Mapped[int | None] = mapped_column(BigInteger)
    edited_at: Mapped[int | None] = mapped_column(BigInteger)
    marked_as_ads: Mapped[int | None]  # 0 or 1
    owner: Mapped[int | None] = mapped_column(BigInteger)  # the platform's number of the owner of the wall
    erids: Mapped[str] = mapped_column(server_default="")  # separated by spaces
    erid_lost_at: Mapped[float | None]  # when an erid was first seen to be gone
    said_at: Mapped[float | None]  # when we last saw one of these change

    __table_args__ = (
        UniqueConstraint("key", "platform"),
        partial_index("ix_posts_canonical_key", "canonical_key", "platform", where="canonical_key IS NOT NULL"),
    )


class Wall(Base):
    """Whose wall shows posts, as the platform named it last."""

    __tablename__ = "walls"

    platform: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)  # as of posts
    name: Mapped[str]
    members: Mapped[int | None] = mapped_column(BigInteger)  # of a community, where the platform tells
    seen_at: Mapped[float]  # when this was last seen to have changed


class Reading(Base):
    """The counts that one request saw of one post, and where it saw them."""

    __tablename__ = "readings"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    access_key: Mapped[str] = mapped_column(server_default="")  # the key it was made with; links with it may show it
    run_id: Mapped[str | None] = mapped_column(String(32))  # no foreign key: rows of old runs are removed
    views: Mapped[int] = mapped_column(BigInteger)
    likes: Mapped[int | None] = mapped_column(BigInteger)
    comments: Mapped[int | None] = mapped_column(BigInteger)
    reposts: Mapped[int | None] = mapped_column(BigInteger)
    source: Mapped[str]  # the API's method and version, or the element of the page
    http_status: Mapped[int]
    asked_at: Mapped[float | None]  # when the request left; none: unknown, shortly before the answer
    measured_at: Mapped[float] = mapped_column(default=now())  # when the answer came

    # The key stands before the time: a post may have been asked for with a thousand keys, and readings are always
    # looked for with one.
    __table_args__ = (Index("ix_readings_of_post", "post_id", "access_key", "measured_at"),)


class KeptReading(Base):
    """A reading that a user may still see although its link is deleted, because another link of theirs names the same
    post with the same key.
    """

    __tablename__ = "kept_readings"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    reading_id: Mapped[int] = mapped_column(Id, primary_key=True, index=True)  # no foreign key, to keep deletes fast
