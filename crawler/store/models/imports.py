"""Uploaded files whose links are not handed in yet."""

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from crawler.store.database import now
from crawler.store.models.base import Base, Id, random_id


class Import(Base):
    """An uploaded file, until it expires. When it is accepted, the file is removed and the answer kept in its place."""

    __tablename__ = "imports"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=random_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]  # the file's name as it was sent
    size: Mapped[int]  # bytes
    created_at: Mapped[float] = mapped_column(default=now())
    expires_at: Mapped[float] = mapped_column(index=True)
    understood: Mapped[str | None]  # JSON; none: the upload is still going on
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)  # JSON, packed by zlib; none: not accepted yet


class ImportChunk(Base):
    """A piece of an uploaded file."""

    __tablename__ = "import_chunks"

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    data: Mapped[bytes] = mapped_column(LargeBinary)
