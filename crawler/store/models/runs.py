"""Runs, and the state that all runs share."""

from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from crawler.store.database import now
from crawler.store.models.base import Base, one_of, partial_index, random_id


class RunState(StrEnum):
    """The life of a run."""

    QUEUED = "queued"  # committed by the scheduler; scrapyd may not know it yet
    POSTED = "posted"  # scrapyd has confirmed it
    RUNNING = "running"  # its spider won the compare-and-set and keeps moving `lease_until` into the future
    FINISHED = "finished"  # its spider settled it, or it was cancelled; `outcome` says how
    LOST = "lost"  # it never started, or its spider died and the lease ended


NOT_STARTED = (RunState.QUEUED, RunState.POSTED)
ACTIVE = (*NOT_STARTED, RunState.RUNNING)


def _own_id(context: Any) -> str:
    id_: str = context.get_current_parameters()["id"]
    return id_


class Run(Base):
    """A process's work on a batch's links of one platform. We make its id, not scrapyd.

    A scrapyd job has the id of its first run. Its process may go on with further runs, one after the other.
    """

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=random_id)
    job: Mapped[str] = mapped_column(String(32), index=True, default=_own_id, server_default="")  # of scrapyd
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"), index=True)
    platform: Mapped[str]
    node: Mapped[str]  # the scrapyd it was posted to
    state: Mapped[str] = mapped_column(default=RunState.QUEUED)
    created_at: Mapped[float] = mapped_column(default=now())
    posted_at: Mapped[float | None]
    started_at: Mapped[float | None]
    lease_until: Mapped[float | None]
    owner: Mapped[str | None] = mapped_column(String(32))  # the random id of the process that won it
    finished_at: Mapped[float | None] = mapped_column(index=True)
    outcome: Mapped[str | None]  # why the spider closed, or why the run was given up
    alarm: Mapped[str | None]  # a message for the operator, such as that pages cannot be read any more

    __table_args__ = (
        one_of("state", RunState),
        partial_index("ix_runs_active", "state", where="finished_at IS NULL"),
    )


class Budget(Base):
    """The requests per second of one credential, named by its fingerprint, or of one host. All processes share it."""

    __tablename__ = "budgets"

    key: Mapped[str] = mapped_column(primary_key=True)
    next_at: Mapped[float] = mapped_column(server_default="0")  # when the next slot is free
    kind: Mapped[str] = mapped_column(server_default="")  # of the credential, once an answer revealed it
    paused_until: Mapped[float] = mapped_column(server_default="0")
    why: Mapped[str] = mapped_column(server_default="")
    lacks: Mapped[str] = mapped_column(server_default="")  # methods the credential may not call, separated by spaces


class AnswerCount(Base):
    """How often a platform gave an answer of this kind: `ok`, `vk 6`, `http 502`, `timeout`."""

    __tablename__ = "answers"

    platform: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)


class Beat(Base):
    """When a process that runs all the time was last known to work."""

    __tablename__ = "beats"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[float]
