"""A stepped clock on its way through a month: never while something is under way, never past what is due next."""

import time
from collections.abc import Callable

from sqlalchemy import Engine, update

from crawler.queue.nodes import SILENT_SECONDS
from crawler.store.models.hosts import Node
from tests.clock import due
from tests.clock.stepped import SteppedClock

PATIENCE_SECONDS = 600.0
FOR_WHAT_IS_DUE = 1.2  # real seconds in which the scheduler looks at what has become due


def walk(clock: SteppedClock, engine: Engine, moment: float, at_stop: Callable[[], None] = lambda: None) -> None:
    """Go to a moment, with a stop at everything that is due before it."""
    while clock.now() < moment:
        wait_until_idle(clock, engine)
        first = due.next_due(engine, clock.now())
        _step(clock, engine, min(moment, first + 1) if first else moment)
        if first and first < moment:
            at_stop()
            if not due.is_under_way(engine, clock.now()):
                time.sleep(FOR_WHAT_IS_DUE)
    wait_until_idle(clock, engine)


def _step(clock: SteppedClock, engine: Engine, moment: float) -> None:
    """Step to a moment. A node that was heard before is heard in between, or it would count as gone for a while."""
    heard = Node.seen_at > clock.now() - SILENT_SECONDS
    clock.step_to(moment)
    with engine.begin() as connection:
        connection.execute(update(Node).where(heard).values(seen_at=clock.now()))


def wait_until_idle(clock: SteppedClock, engine: Engine) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while due.is_under_way(engine, clock.now()):
        assert time.monotonic() < end, f"something is under way for {PATIENCE_SECONDS} s"
        time.sleep(0.1)
