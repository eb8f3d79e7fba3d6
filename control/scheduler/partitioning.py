"""Keeps the partitions of readings, where an operator has made some: every month has its own in time."""

from time import monotonic

from sqlalchemy import Engine

from control.logs import get_logger
from crawler.store.partitions.keeping import keep

EVERY_SECONDS = 60.0

log = get_logger()


class PartitionKeeper:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.next = 0.0

    def keep(self) -> None:
        """Make what is missing, unless that was looked at just now."""
        if monotonic() >= self.next:
            for name in keep(self.engine):
                log.info("partition made", partition=name)
            self.next = monotonic() + EVERY_SECONDS
