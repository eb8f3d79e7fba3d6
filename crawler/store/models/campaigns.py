"""Campaigns: the posts that users follow, and when each of these is measured."""

from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crawler.store.database import now
from crawler.store.models.base import Base, Id, one_of, partial_index, random_id


class PointKind(StrEnum):
    """Why a post is measured at a moment."""

    FIRST = "first"  # somebody has just begun to follow it
    AGE = "age"  # it is as old as a plan says
    MONTH_END = "month_end"  # the last reading of a calendar month
    MONTH_BEGIN = "month_begin"  # the first one of the next
    BETWEEN = "between"  # a plan wants further readings between the others
    AGAIN = "again"  # the last try brought no number


class SharedUser(StrEnum):
    """The system itself, as users: the batches of points are theirs, so that these take their turn like anybody's."""

    POINTS = "points"
    MONTH_ENDS = "month_ends"  # apart: what is due at midnight does not wait for the rest


class Campaign(Base):
    """What a user follows together, with one plan. Its days and months are those of its time zone."""

    __tablename__ = "campaigns"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=random_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    time_zone: Mapped[str]  # a name of the IANA's
    currency: Mapped[str]  # of costs, by ISO 4217
    plan: Mapped[str]  # JSON, see `control.campaigns.plan`
    ends_at: Mapped[float | None]  # nothing is measured for it from then on
    positions: Mapped[int] = mapped_column(server_default="0")  # so many were given to placements
    own_columns: Mapped[str] = mapped_column(server_default="[]")  # JSON: their names, in the order in which they came
    month_ends_at: Mapped[float | None] = mapped_column(index=True)  # of the first month that its user is not told of
    created_at: Mapped[float] = mapped_column(default=now())

    __table_args__ = (Index("ix_campaigns_user_id", "user_id", "id"),)


class Placement(Base):
    """A link of a campaign. One that names no post is kept with its reason."""

    __tablename__ = "placements"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    position: Mapped[int]  # in the order added, never used twice
    url: Mapped[str]
    platform: Mapped[str]
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    access_key: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str | None]
    detail: Mapped[str | None]
    blogger: Mapped[str | None]
    date: Mapped[str | None]  # of publication, as the user says: 2026-10-31
    cost: Mapped[int | None] = mapped_column(BigInteger)  # in hundredths of the campaign's currency
    erid: Mapped[str | None]
    baseline: Mapped[int | None] = mapped_column(BigInteger)  # views that were reported before its first month here
    added_at: Mapped[float] = mapped_column(default=now())
    ends_at: Mapped[float | None]
    paused_at: Mapped[float | None]

    __table_args__ = (
        UniqueConstraint("campaign_id", "position"),
        partial_index("ix_placements_post_id", "post_id", "access_key", where="post_id IS NOT NULL"),
    )


class PlacementRow(Base):
    """What a placement has in its user's own columns."""

    __tablename__ = "placement_rows"

    placement_id: Mapped[int] = mapped_column(ForeignKey("placements.id", ondelete="CASCADE"), primary_key=True)
    row_number: Mapped[int | None]  # in the file that it came in, from 1
    cells: Mapped[str]  # JSON: a text for each of the campaign's own columns, or null; missing ones are null
    stored_bytes: Mapped[int]  # what this takes of its user's share


class Following(Base):
    """A span of time in which a placement followed its post: readings taken then are its user's to see."""

    __tablename__ = "followings"

    placement_id: Mapped[int] = mapped_column(ForeignKey("placements.id", ondelete="CASCADE"), primary_key=True)
    since: Mapped[float] = mapped_column(primary_key=True)
    until: Mapped[float | None]  # none: it still does


class FollowedPost(Base):
    """A post that placements of anybody follow with one access key, and the next point of it."""

    __tablename__ = "followed_posts"

    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), primary_key=True, autoincrement=False)
    access_key: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str | None]  # of the next point; none: nothing is due, or it is being measured
    due_at: Mapped[float | None]  # the moment that the next point is for
    from_at: Mapped[float | None]  # it may be taken from then on, so that calls are full
    late_at: Mapped[float | None]  # it has to be taken by then
    handled_until: Mapped[float] = mapped_column(server_default="0")  # no point up to this moment is due any more
    again_at: Mapped[float | None]  # when it is asked again, because the last try brought no number
    missing_at: Mapped[float | None]  # when the platform first said that it is not there; none: it was, last
    missing_times: Mapped[int] = mapped_column(server_default="0")  # how often it said so, one time after the other

    __table_args__ = (
        one_of("kind", PointKind),
        partial_index("ix_followed_posts_late_at", "late_at", where="due_at IS NOT NULL"),
    )


class Point(Base):
    """A measurement that was due: one for a post, an access key and a moment, whoever follows it."""

    __tablename__ = "points"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    access_key: Mapped[str]
    kind: Mapped[str]
    due_at: Mapped[float]
    made_at: Mapped[float]  # when it was handed to a run, or given up
    batch_id: Mapped[int | None] = mapped_column(BigInteger)  # no foreign key: batches of points go after a day
    settled_at: Mapped[float | None]  # when it was known what had become of it
    reading_id: Mapped[int | None] = mapped_column(BigInteger)  # no foreign key: readings are many
    reason: Mapped[str | None]  # why there is no reading

    __table_args__ = (
        one_of("kind", PointKind),
        UniqueConstraint("post_id", "access_key", "due_at", "kind"),
        partial_index("ix_points_open", "batch_id", where="settled_at IS NULL"),
    )
