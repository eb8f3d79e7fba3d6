"""The scheduler: `python -m control.scheduler`. Two may run: whatever they do is guarded in the database."""

import math
import signal
import sys
from collections.abc import Callable
from time import monotonic

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from control import logs
from control.doorbell import Door
from control.scheduler.beat import Pulse
from control.scheduler.closing import close, expire
from control.scheduler.dispatch import deliver, enlist, look_again
from control.scheduler.leaving import erase
from control.scheduler.pruning import Pruner
from control.scheduler.rescue import rescue
from control.scrapyd import Scrapyd
from control.settings import Settings
from crawler import database

TICK_SECONDS = 0.05  # for the batches of an API on another machine, whose bell does not ring here
TIDY_SECONDS = 1.0  # nobody waits for the other duties
AFTER_ERROR_SECONDS = 2.0

log = structlog.get_logger()


class Scheduler:
    def __init__(self, engine: Engine, settings: Settings) -> None:
        user = (settings.scrapyd_username, settings.scrapyd_password)
        self.engine = engine
        self.nodes = {url: Scrapyd(url, *user) for url in settings.scrapyd_urls}
        self.most = settings.max_runs
        self.pulse = Pulse(engine)
        self.pruner = Pruner(engine)
        self.begun = False
        self.tidied = -math.inf

    def once(self) -> None:
        """Do every duty that is due, one round."""
        if not self.begun:
            look_again(self.engine)
            self.begun = True
        if monotonic() - self.tidied >= TIDY_SECONDS:
            self.tidy()
        fresh = enlist(self.engine, self.most, list(self.nodes))
        deliver(self.engine, self.nodes, fresh)
        self.pulse.beat()

    def tidy(self) -> None:
        rescue(self.engine)
        expire(self.engine)
        close(self.engine)
        erase(self.engine)
        self.pruner.prune()
        self.tidied = monotonic()


def loop(once: Callable[[], None], door: Door) -> None:
    """Go on whatever the database says: it comes back, and nothing is kept here that it does not have."""
    pause = TICK_SECONDS
    while door.wait(pause):
        try:
            once()
            pause = TICK_SECONDS
        except SQLAlchemyError as error:
            log.error("the database failed; tried again", error=str(error).partition("\n")[0])  # noqa: TRY400
            pause = AFTER_ERROR_SECONDS


def main() -> None:
    logs.configure()
    door = Door()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, door.end)
    try:
        settings, engine = Settings(), database.create()
    except ValueError as error:
        sys.exit(f"The scheduler cannot start: {error}")
    log.info("scheduler started")
    loop(Scheduler(engine, settings).once, door)
    engine.dispose()


if __name__ == "__main__":
    main()
