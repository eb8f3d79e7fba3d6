"""Which of several schedulers does the duties: one leads, and the others stand by.

The lease is a row, because it has to end by itself when its holder is cut off: a lock that belongs to a connection
stays for as long as the server believes in that connection. Two may believe for some seconds that they lead, after one
was stopped and goes on; each duty is guarded in the database besides.
"""

import math
import socket
from collections.abc import Callable
from time import monotonic

from sqlalchemy import Connection, Engine, delete, or_, update

from control.logs import get_logger
from crawler.store.database import now, upsert, writing
from crawler.store.models.hosts import Leader, SchedulerProcess

DUTY = "scheduler"
TERM_SECONDS = 10.0
RENEW_SECONDS = 2.0

log = get_logger()


class Leadership:
    """Of this host's scheduler. With SQLite there is one host, whose supervisor starts one scheduler."""

    def __init__(self, engine: Engine, host: str, clock: Callable[[], float] = monotonic) -> None:
        self.engine = engine
        self.host = host
        self.clock = clock
        self.alone = engine.dialect.name == "sqlite"
        self.leads: bool | None = None  # None: nobody has asked yet
        self.asked_at = -math.inf

    def held(self) -> bool:
        """Whether this scheduler leads; the lease is extended where it is time."""
        if self.alone:
            return True
        if self.clock() - self.asked_at >= RENEW_SECONDS:
            self._renew()
        return bool(self.leads)

    def _renew(self) -> None:
        before, self.leads = self.leads, False  # unless the database says otherwise
        with writing(self.engine) as connection:
            _note(connection, self.host)
            leads = _take(connection, self.host)
        self.leads, self.asked_at = leads, self.clock()
        if leads != before:
            log.info("this scheduler leads" if leads else "this scheduler stands by")

    def end(self) -> None:
        """Leave the lease to whoever stands by, at once."""
        if not self.alone:
            with writing(self.engine) as connection:
                connection.execute(delete(SchedulerProcess).where(SchedulerProcess.host == self.host))
                mine = (Leader.duty == DUTY, Leader.host == self.host)
                connection.execute(update(Leader).where(*mine).values(until=0))


def _note(connection: Connection, host: str) -> None:
    seen = {"name": socket.gethostname(), "seen_at": now()}
    new = upsert(connection, SchedulerProcess).values(host=host, **seen)
    connection.execute(new.on_conflict_do_update(index_elements=[SchedulerProcess.host], set_=seen))


def _take(connection: Connection, host: str) -> bool:
    """Take the lease, or extend it. False: another host holds it."""
    held = {"host": host, "until": now() + TERM_SECONDS}
    new = upsert(connection, Leader).values(duty=DUTY, **held)
    free = or_(Leader.host == host, Leader.until < now())
    taken = new.on_conflict_do_update(index_elements=[Leader.duty], set_=held, where=free).returning(Leader.duty)
    return connection.execute(taken).first() is not None
