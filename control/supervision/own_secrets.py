"""Secrets that a host has made for itself in var/: no other host knows them, so that they do for one host only."""

import os

from sqlalchemy import Engine, select, union

from control.supervision.start_checks import CannotStartError
from crawler.process.host import host_id
from crawler.queue.nodes import IS_SILENT, SILENT_SECONDS
from crawler.store.database import now, reading
from crawler.store.models.hosts import Node, SchedulerProcess

SHARED = ("SECRET_KEY", "SCRAPYD_PASSWORD")


def check(engine: Engine) -> None:
    """Raise CannotStartError where another host takes part and this one would make secrets of its own."""
    made = [name for name in SHARED if not os.environ.get(name)]
    if made and _others_take_part(engine):
        raise CannotStartError(
            f"{' and '.join(made)} must be set, the same on every host: another one uses this database, and what is "
            "made in var/ holds on one host only"
        )


def _others_take_part(engine: Engine) -> bool:
    heard = SchedulerProcess.seen_at > now() - SILENT_SECONDS
    nodes = select(Node.host).where(Node.host != host_id(), ~IS_SILENT)
    schedulers = select(SchedulerProcess.host).where(SchedulerProcess.host != host_id(), heard)
    with reading(engine) as connection:
        return connection.execute(union(nodes, schedulers)).first() is not None
