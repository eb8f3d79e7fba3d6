"""The user's own columns: what the uploaded file had beside the links, as unchanged text."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from crawler.store.models.base import Base, partial_index


class OwnColumns(Base):
    """The names of a batch's own columns, in their order. A batch that came without a file has none."""

    __tablename__ = "own_columns"

    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True)
    names: Mapped[str]  # JSON: a list of texts
    roles: Mapped[str]  # JSON: what each column holds, such as `cost`, or null; see `crawler.spreadsheets`


class OwnRow(Base):
    """A row of the file. Its links have its number. A row without links is stored too."""

    __tablename__ = "own_rows"

    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # in the file, from 1
    links: Mapped[int]  # how many links it has
    given: Mapped[str]  # the text in the link's place, if the row has no link
    cells: Mapped[str]  # JSON: a text for each column

    __table_args__ = (partial_index("ix_own_rows_without_link", "batch_id", "number", where="links = 0"),)
