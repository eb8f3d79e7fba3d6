"""What keeps the system from doing its work well: for `/readyz`, and for the operator who starts it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Engine, select

from control.accounts import namesakes
from control.monitoring import backlog, clock, heartbeat, month_ends
from control.monitoring.database_trouble import DatabaseTrouble
from control.monitoring.heartbeat import Standing
from control.monitoring.platform_tokens import Token, tokens
from control.nodes import slots
from control.nodes.client import Clients
from control.nodes.fleet import Fleet
from control.nodes.slots import Node
from control.times import DAY_SECONDS
from crawler.store.database import now, reading
from crawler.store.models.runs import Run

ALARM_SECONDS = DAY_SECONDS
LATE_SECONDS = 6 * heartbeat.EVERY_SECONDS  # without a beat of the scheduler
LONG_WAIT_SECONDS = 600.0
MONTH_END_SECONDS = 60.0  # so late a reading of a month's end may be, no more


@dataclass(frozen=True, slots=True)
class Readiness:
    """The state of every part."""

    nodes: list[Node]
    leaked: int
    beat: float | None  # seconds since the scheduler's last beat
    tokens: list[Token]
    oldest: float | None  # for how many seconds a link has waited that could be worked on
    alarms: list[str]
    trouble: list[str]  # what is wrong with the database
    set_back: float | None  # seconds by which its clock is behind its latest time
    month_end: float | None = None  # for how many seconds the end of a month has been due with nobody at it
    schedulers: list[Standing] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        return [*self.trouble, *self._of_the_work(), *_useless(self.tokens), *self.alarms]

    def _of_the_work(self) -> Iterator[str]:
        for node in self.nodes:
            if not node.reachable:
                yield f"scrapyd does not answer: {node.error}"
            elif node.fault:
                yield f"scrapyd at {node.url} gets no runs: {node.fault}"
        if self.beat is None or self.beat > LATE_SECONDS:
            last = "never" if self.beat is None else f"{self.beat:.0f} s ago"
            yield f"the scheduler does not work: its last sign of life was {last}"
        if (self.oldest or 0) > LONG_WAIT_SECONDS:
            yield f"links have waited for {self.oldest:.0f} s though they could be worked on"
        if (self.month_end or 0) > MONTH_END_SECONDS:
            yield f"the end of a month has been due for {self.month_end:.0f} s and nothing measures it"
        if self.set_back:
            yield f"the clock went back by {self.set_back:.0f} s: until that time has passed, some logins are not taken"
        if self.leaked:
            yield f"scrapyd keeps {self.leaked} slots for nothing: restart it"


def look(engine: Engine, clients: Clients, fleet: Fleet, trouble: DatabaseTrouble) -> Readiness:
    """Check everything. scrapyd is asked first, because its answer must not be newer than the database's."""
    with reading(engine) as connection:
        members = fleet(connection)
    found = slots.ask(clients, members)
    return Readiness(
        nodes=found,
        leaked=sum(slots.leaked(engine, node) for node in found),
        beat=heartbeat.age(engine),
        tokens=tokens(engine),
        oldest=backlog.oldest(engine),
        alarms=_alarms(engine),
        trouble=list(trouble.in_words()),
        set_back=clock.set_back(engine),
        schedulers=heartbeat.standings(engine),
        month_end=month_ends.unattended(engine),
    )


def problems(engine: Engine) -> list[str]:
    """Return what is known already when the system starts: useless tokens, alarms of the last day, names that clash."""
    return [*_useless(tokens(engine)), *_alarms(engine), *namesakes.clashes(engine)]


def _useless(given: Iterable[Token]) -> list[str]:
    return [token.problem for token in given if not token.usable]


def _alarms(engine: Engine) -> list[str]:
    recent = select(Run.platform, Run.alarm).where(Run.alarm.is_not(None), Run.finished_at > now() - ALARM_SECONDS)
    with reading(engine) as connection:
        rows = connection.execute(recent.order_by(Run.finished_at.desc()).limit(1)).all()
    return [f"{platform}: {alarm}" for platform, alarm in rows]
