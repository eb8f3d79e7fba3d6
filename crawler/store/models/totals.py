"""How many links and runs there are, so that nobody has to count them all. Triggers write the totals."""

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from crawler.store.models.base import Base, Id


class CountedLinks(Base):
    """How many links of a closed batch ended so. The scheduler writes it once, and it goes with its batch."""

    __tablename__ = "counted_links"

    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True)
    platform: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)  # empty: none
    links: Mapped[int]


class LinkTotal(Base):
    """A part of a total: what came or went with one batch. The sum over all rows counts. So nobody waits for a row."""

    __tablename__ = "link_totals"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str]
    links: Mapped[int] = mapped_column(BigInteger)


class RunTotal(Base):
    """The same of runs that are over."""

    __tablename__ = "run_totals"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform: Mapped[str]
    state: Mapped[str]
    outcome: Mapped[str]
    runs: Mapped[int] = mapped_column(BigInteger)
