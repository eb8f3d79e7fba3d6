"""Months that were closed: copies that never change, of what was reported and of the readings that it rests on.

Triggers refuse every UPDATE, every INSERT into a month that is closed, and every DELETE unless the campaign goes. What
belongs to a month is stored some rows at a time, and the month itself last: what has no month is the rest of a closing
that came to nothing, and may be removed.
"""

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crawler.store.database import now
from crawler.store.models.base import Base, Id


class ClosedMonth(Base):
    """A calendar month of a campaign as a user closed it. It stands unless a `Reopening` names it."""

    __tablename__ = "closed_months"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # of the campaign's closings, from 1
    month: Mapped[str]  # such as 2026-10
    version: Mapped[int]  # of this month's closings, from 1
    time_zone: Mapped[str]
    currency: Mapped[str]
    begins_at: Mapped[float]
    ends_at: Mapped[float]
    without_post: Mapped[int]  # placements whose links name no post
    closed_at: Mapped[float] = mapped_column(default=now())
    closed_by: Mapped[str]  # the user's name, as it was
    total: Mapped[str | None]  # JSON, of `control.campaigns.report_totals`; none: it was closed before these were


class ClosedValue(Base):
    """What a post's counter showed at the end of a month: stored once, by whichever month was closed first, and used by
    both months that meet there.
    """

    __tablename__ = "closed_values"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    post_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)  # no foreign key: it is a copy
    access_key: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[float] = mapped_column(primary_key=True)
    value: Mapped[int | None] = mapped_column(BigInteger)
    low: Mapped[int | None] = mapped_column(BigInteger)
    high: Mapped[int | None] = mapped_column(BigInteger)
    basis: Mapped[str]
    flags: Mapped[str]  # separated by spaces
    before: Mapped[str | None]  # JSON: a copy of the last reading by then
    after: Mapped[str | None]  # JSON: a copy of the first one after it
    reported: Mapped[int | None] = mapped_column(BigInteger)  # by the months up to here altogether


class ClosedPlacement(Base):
    """A placement in a closed month, as it was then."""

    __tablename__ = "closed_placements"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    url: Mapped[str]
    platform: Mapped[str]
    post_id: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str]
    canonical_key: Mapped[str | None]
    access_key: Mapped[str]
    owner: Mapped[int | None] = mapped_column(BigInteger)
    wall_name: Mapped[str | None]
    blogger: Mapped[str | None]
    date: Mapped[str | None]
    cost: Mapped[int | None] = mapped_column(BigInteger)
    erid: Mapped[str | None]
    erids: Mapped[str]  # separated by spaces
    own: Mapped[str]  # JSON: the user's own columns, texts by name
    published_at: Mapped[float | None]
    gone_at: Mapped[float | None]  # when the platform first said that the post is not there
    baseline: Mapped[int | None] = mapped_column(BigInteger)  # what its views are counted from
    views: Mapped[int | None] = mapped_column(BigInteger)
    low: Mapped[int | None] = mapped_column(BigInteger)
    high: Mapped[int | None] = mapped_column(BigInteger)
    basis: Mapped[str]
    flags: Mapped[str]  # separated by spaces
    begin_number: Mapped[int]  # the closing that stored the value at the month's beginning


class Reopening(Base):
    """Somebody reopened a closed month, which stays as it was; it can be closed again, as another version."""

    __tablename__ = "reopenings"

    campaign_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reopened_at: Mapped[float] = mapped_column(default=now())
    reopened_by: Mapped[str]
    reason: Mapped[str]

    __table_args__ = (
        ForeignKeyConstraint(
            ["campaign_id", "number"], ["closed_months.campaign_id", "closed_months.number"], ondelete="CASCADE"
        ),
    )
