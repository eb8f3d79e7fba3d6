"""What users are told of their campaigns."""

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crawler.store.database import now
from crawler.store.models.base import Base, Id, one_of


class EventKind(StrEnum):
    MONTH_READY = "month_ready"  # it is over, and what could be measured of it is
    POST_GONE = "post_gone"  # before the end of its placement
    VIEWS_FELL = "views_fell"
    ERID_LOST = "erid_lost"  # it stood at the post, and does so no more


class Event(Base):
    """Something that happened to a campaign or to one of its placements. Its ids grow in the order of commits for each
    user, so that one who asks for what is new misses nothing.
    """

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    position: Mapped[int]  # of the placement; -1: it is of the whole campaign
    kind: Mapped[str]
    fact: Mapped[str]  # tells it from others of its kind: each is told once
    at: Mapped[float]  # when it happened, or was seen
    details: Mapped[str]  # JSON
    created_at: Mapped[float] = mapped_column(default=now(), index=True)

    __table_args__ = (
        one_of("kind", EventKind),
        UniqueConstraint("campaign_id", "position", "kind", "fact"),
        Index("ix_events_user_id", "user_id", "id"),
    )
