"""Files that are made from batches and from months of campaigns, and the pieces in which they are stored."""

from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from crawler.store.database import now
from crawler.store.models.base import Base, one_of, partial_index, random_id


class ExportState(StrEnum):
    """The life of an export."""

    WAITING = "waiting"
    MAKING = "making"  # `worker` makes it and keeps moving `lease_until` into the future
    READY = "ready"
    FAILED = "failed"  # `error` says why


class Export(Base):
    """A file that a user ordered, of a batch or of a month of a campaign. It is deleted with its user, with its batch
    or campaign, and when it expires.
    """

    __tablename__ = "exports"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=random_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"), index=True)
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), index=True)
    month: Mapped[str | None]  # such as 2026-10, of the campaign
    choice: Mapped[str]  # JSON: what the user wants in the file
    state: Mapped[str] = mapped_column(server_default=ExportState.WAITING)
    rows: Mapped[int]
    rows_done: Mapped[int] = mapped_column(server_default="0")
    bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")
    error: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    worker: Mapped[str | None] = mapped_column(String(32))  # the process that took it last
    lease_until: Mapped[float] = mapped_column(server_default="0")
    created_at: Mapped[float] = mapped_column(default=now())
    finished_at: Mapped[float | None]
    expires_at: Mapped[float] = mapped_column(index=True)

    __table_args__ = (
        one_of("state", ExportState),
        CheckConstraint("(batch_id IS NULL) = (campaign_id IS NOT NULL AND month IS NOT NULL)", name="source"),
        partial_index("ix_exports_open", "created_at", where="finished_at IS NULL"),
    )


class ExportPiece(Base):
    """A piece of the file; `number` gives its place."""

    __tablename__ = "export_pieces"

    export_id: Mapped[str] = mapped_column(ForeignKey("exports.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)
