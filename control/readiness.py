"""What keeps the system from doing its work well: for `/readyz`, and for who starts it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Engine, select

from control import nodes, waiting
from control.credentials import Token, tokens
from control.nodes import Node
from control.scheduler import beat
from control.scrapyd import Scrapyd
from crawler.database import now
from crawler.models import Run

ALARM_SECONDS = 86_400.0
LATE_SECONDS = 30.0  # of the scheduler: six of its beats
LONG_WAIT_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Readiness:
    """How every part does."""

    nodes: list[Node]
    leaked: int
    beat: float | None  # seconds since the scheduler's last one
    tokens: list[Token]
    oldest: float | None  # seconds that a link has waited that could be worked on
    alarms: list[str]

    @property
    def problems(self) -> list[str]:
        return [*self._of_the_work(), *_useless(self.tokens), *self.alarms]

    def _of_the_work(self) -> Iterator[str]:
        for node in self.nodes:
            if not node.reachable:
                yield f"scrapyd does not answer: {node.error}"
        if self.beat is None or self.beat > LATE_SECONDS:
            last = "never" if self.beat is None else f"{self.beat:.0f} s ago"
            yield f"the scheduler does not work: its last sign of life was {last}"
        if (self.oldest or 0) > LONG_WAIT_SECONDS:
            yield f"links have waited for {self.oldest:.0f} s though they could be worked on"
        if self.leaked:
            yield f"scrapyd keeps {self.leaked} slots for nothing: restart it"


def look(engine: Engine, scrapyds: Iterable[Scrapyd]) -> Readiness:
    """Look at everything. scrapyd comes first: what it says must be no newer than what the database says."""
    found = nodes.ask(scrapyds)
    return Readiness(
        nodes=found,
        leaked=sum(nodes.leaked(engine, node) for node in found),
        beat=beat.age(engine),
        tokens=tokens(engine),
        oldest=waiting.oldest(engine),
        alarms=_alarms(engine),
    )


def problems(engine: Engine) -> list[str]:
    """What an earlier start has found out: useless tokens, and the alarms of the last day's runs."""
    return [*_useless(tokens(engine)), *_alarms(engine)]


def _useless(given: Iterable[Token]) -> list[str]:
    return [token.problem for token in given if not token.usable]


def _alarms(engine: Engine) -> list[str]:
    recent = select(Run.platform, Run.alarm).where(Run.alarm.is_not(None), Run.finished_at > now() - ALARM_SECONDS)
    with engine.connect() as connection:
        rows = connection.execute(recent.order_by(Run.finished_at.desc()).limit(1)).all()
    return [f"{platform}: {alarm}" for platform, alarm in rows]
