"""Who takes part in the system: scrapyd nodes and schedulers, on one host or on several."""

from sqlalchemy.orm import Mapped, mapped_column

from crawler.store.models.base import Base


class Node(Base):
    """A scrapyd of ours, as it describes itself every few seconds."""

    __tablename__ = "nodes"

    url: Mapped[str] = mapped_column(primary_key=True)  # where schedulers reach it
    host: Mapped[str]  # the random id of its checkout: two hosts may claim one address by mistake
    slots: Mapped[int]
    version: Mapped[str]  # of the code
    traits: Mapped[str]  # JSON: what all nodes must have alike
    draining: Mapped[int] = mapped_column(server_default="0")  # 1: it gets no further runs
    seen_at: Mapped[float]


class SchedulerProcess(Base):
    """A scheduler that works or stands by."""

    __tablename__ = "schedulers"

    host: Mapped[str] = mapped_column(primary_key=True)  # the random id of its checkout
    name: Mapped[str]  # of its machine, for people
    seen_at: Mapped[float]


class Leader(Base):
    """Who does what only one does at a time, and until when unless it says so again."""

    __tablename__ = "leaders"

    duty: Mapped[str] = mapped_column(primary_key=True)
    host: Mapped[str]
    until: Mapped[float]
