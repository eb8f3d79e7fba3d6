"""The scheduler: `python -m control.scheduler`. Of several one leads; whatever it does is guarded in the database."""

import math
import signal
import sys
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import TypeVar

from sqlalchemy import Connection, Engine, exists, or_, select
from sqlalchemy.exc import SQLAlchemyError

from control import logs
from control.logs import get_logger
from control.monitoring.heartbeat import Pulse
from control.nodes.client import Clients
from control.nodes.fleet import Member, members_of
from control.scheduler import points
from control.scheduler.account_erasure import erase
from control.scheduler.backoff import Backoff
from control.scheduler.closing import close, expire
from control.scheduler.counting import count
from control.scheduler.dispatch import Backoffs, deliver, enlist, look_again
from control.scheduler.exporting import Exporter
from control.scheduler.leadership import Leadership
from control.scheduler.lining_up import come_up, examine
from control.scheduler.months_ready import MonthTeller
from control.scheduler.partitioning import PartitionKeeper
from control.scheduler.pruning import Pruner
from control.scheduler.relocation import relocate
from control.scheduler.rescue import rescue
from control.scheduler.wakeup import Wakeup, source
from control.settings import Settings
from control.supervision.sign_of_life import SignOfLife
from crawler.process.host import host_id
from crawler.queue import demand
from crawler.store import database
from crawler.store.models.accounts import User, UserState
from crawler.store.models.batches import Batch
from crawler.store.models.exports import Export
from crawler.store.models.runs import Run

TICK_SECONDS = 1.0  # how long it sleeps at most: a wakeup can be lost, and duties without one are done so often

EXAMINED_SECONDS = 60.0  # so often all that is open is looked at, whether something was passed over
MARGIN_SECONDS = 5.0  # of what is called new: a duty may have failed, or come late
REFUSING_SECONDS = 5.0  # a node that has not taken runs for so long gets none for a while

ANYTHING_OPEN = select(
    or_(
        exists().where(Batch.counted_at.is_(None)),  # it is open, or has just been closed
        exists().where(Run.finished_at.is_(None)),
        exists().where(Export.finished_at.is_(None)),
        exists().where(User.state == UserState.LEAVING),
        points.ARE_DUE,
        points.ARE_OPEN,
    )
)

T = TypeVar("T")

log = get_logger()


class Scheduler:
    """Does its duties in rounds. When one fails, that is logged once, and the other duties are done all the same."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self.engine = engine
        self.all_nodes = members_of(settings.listed_nodes, host_id())
        self.clients = Clients(settings.scrapyd_username, settings.scrapyd_password, settings.scrapyd_ca)
        self.leadership = Leadership(engine, host_id())
        self.pulse = Pulse(engine)
        self.pruner = Pruner(engine)
        self.partitions = PartitionKeeper(engine)
        self.months = MonthTeller(engine)
        self.exporter = Exporter(engine)
        self.backoffs: defaultdict[str, Backoff] = defaultdict(Backoff)  # by duty
        self.deliveries: Backoffs = defaultdict(Backoff)
        self.sign_of_life = SignOfLife()
        self.begun = False
        self.tidied = self.examined = -math.inf

    def once(self) -> float:
        """Do every duty that is due, once. Return the seconds until the next one is due."""
        if not self.do("lead", self.leadership.held, instead=False):
            return TICK_SECONDS
        if not self.begun:
            self.do("look again", self.look_again, None)
        self.do("beat", self.pulse.beat, None)
        self.do("prune", self.pruner.prune, None)
        self.do("keep partitions", self.partitions.keep, None)
        self.do("tell of months", self.months.tell, None)
        if not self.do("look", lambda: anything_open(self.engine), instead=True) and not self.exporter.busy:
            return TICK_SECONDS
        self.do("export", self.exporter.progress, None)
        if monotonic() - self.tidied >= TICK_SECONDS:
            self.tidy()
        self.do("settle points", lambda: points.settle(self.engine), None)
        self.do("gather points", lambda: points.gather(self.engine), None)
        self.do("line up", lambda: come_up(self.engine), None)
        fresh: list[str] = self.do("enlist", lambda: enlist(self.engine, self.fleet), [])
        self.do("deliver", lambda: deliver(self.engine, self.clients, fresh, self.deliveries), None)
        erasing = self.do("erase", partial(erase, self.engine), instead=False)
        return 0.0 if fresh or erasing else self.do("pause", self.pause, TICK_SECONDS)

    def look_again(self) -> None:
        look_again(self.engine)
        self.begun = True

    def pause(self) -> float:
        """Wait until the next link is due. One that is due already waits for a slot, and whoever frees it wakes us."""
        due = demand.next_ready(self.engine) or 0.0
        return min(due, TICK_SECONDS) if due > 0 else TICK_SECONDS

    def fleet(self, connection: Connection) -> list[Member]:
        """Return the nodes, without those that refuse runs, unless all do."""
        found = self.all_nodes(connection)
        return [each for each in found if not self.deliveries[each.url].goes_on(REFUSING_SECONDS)] or found

    def tidy(self) -> None:
        """Look at what has changed since the last time; now and then at all that is open, so that nothing is missed."""
        began, everything = monotonic(), monotonic() - self.examined >= EXAMINED_SECONDS
        since = math.inf if everything else began - self.tidied + MARGIN_SECONDS
        for name, duty in (("rescue", rescue), ("expire", expire)):
            self.do(name, partial(duty, self.engine), None)
        self.do("close", lambda: close(self.engine, since), None)
        self.do("count", lambda: count(self.engine), None)
        self.do("relocate", lambda: relocate(self.engine, self.fleet), None)
        if everything:
            self.do("examine", lambda: examine(self.engine), None)
            self.examined = began
        self.tidied = began

    def do(self, name: str, duty: Callable[[], T], instead: T) -> T:
        """Do a duty unless it failed a short while ago; its result, or what is taken `instead`."""
        self.sign_of_life.give()
        backoff = self.backoffs[name]
        if not backoff.is_over():
            return instead
        try:
            result = duty()
        except Exception as error:
            if backoff.fail(type(error).__name__):
                trace = not isinstance(error, SQLAlchemyError)  # a trace tells nothing new of a trouble of the database
                why = f"{type(error).__name__}: {error}".partition("\n")[0]
                log.exception("a duty failed; it is tried again", duty=name, error=why, exc_info=trace)
            return instead
        if backoff.succeed():
            log.info("a duty is done again", duty=name)
        return result


def anything_open(engine: Engine) -> bool:
    """Whether there is anything that a duty has to look at, such as a batch: mostly there is none."""
    with database.reading(engine) as connection:
        return bool(connection.execute(ANYTHING_OPEN).scalar_one())


def loop(once: Callable[[], float], wakeup: Wakeup) -> None:
    """Go on whatever happens in a round. That is safe because all state is in the database."""
    pause = 0.0
    while wakeup.wait(pause):
        pause = once()


def main() -> None:
    logs.configure()
    wakeup = Wakeup()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, wakeup.end)
    try:
        settings, engine = Settings(), database.create()
        wakeup.source = source(engine.dialect.name)
    except ValueError as error:
        sys.exit(f"The scheduler cannot start: {error}")
    log.info("scheduler started")
    scheduler = Scheduler(engine, settings)
    loop(scheduler.once, wakeup)
    scheduler.exporter.close()
    scheduler.do("leave", scheduler.leadership.end, None)
    wakeup.close()
    engine.dispose()


if __name__ == "__main__":
    main()
