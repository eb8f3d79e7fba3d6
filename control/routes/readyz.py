"""`/readyz`: whether the system can do its work. While that cannot be checked, the public gets the last result."""

from pydantic import Field

from control.errors import FieldError, NotReady
from control.monitoring.readiness import Readiness
from control.web import cached_readiness
from control.web.auth import is_administrator
from control.web.engine import db
from control.web.openapi import EITHER, OPERATIONS, Shape, resource
from control.web.rate_limits import by_address

api = resource("readyz", OPERATIONS, by_address, public=True)


class Database(Shape):
    answers: bool
    dialect: str


class ScrapydNode(Shape):
    url: str
    reachable: bool
    pending: int
    running: int
    slots: int = Field(description="How many runs it can work on at once.")
    draining: bool = Field(description="It gets no further runs.")
    fault: str = Field(description="Why it gets none though it does not drain; empty: it gets some.")


class SchedulerHost(Shape):
    name: str = Field(description="Of its machine.")
    leads: bool = Field(description="The others stand by.")
    seen: float = Field(description="Seconds ago.")


class Scheduler(Shape):
    last_beat: float | None = Field(description="Seconds ago; null: there never was one.")
    hosts: list[SchedulerHost] = Field(description="With PostgreSQL, where there may be several.")


class TokenState(Shape):
    platform: str
    place: int = Field(description="In the setting, from 1.")
    usable: bool
    paused: float = Field(description="For so many seconds nothing is asked with it.")
    why: str
    lacks: tuple[str, ...] = Field(description="Methods of the platform that it was issued without the right to.")


class Details(Shape):
    database: Database
    scrapyd: list[ScrapydNode]
    scheduler: Scheduler
    tokens: list[TokenState]
    oldest_waiting: float | None = Field(description="Seconds that a link has waited that could be worked on.")
    month_end_waiting: float | None = Field(
        description="Seconds that a post has waited to be read for a month's end while no run reads any."
    )
    leaked_slots: int = Field(description="That scrapyd keeps though no run of ours needs them.")
    alarms: list[str] = Field(description="Of the last day's runs.")


class Ready(Shape):
    ready: bool
    details: Details | None = Field(None, description="For administrators.", exclude_if=lambda details: details is None)


@api.get("/readyz", responses={200: Ready}, security=EITHER)
def get_readiness() -> Ready:
    """200 if all is well, 503 if an operator is needed. Administrators also get the state of every part."""
    found = cached_readiness.look()
    details = None
    if is_administrator():
        found = cached_readiness.look(cached_readiness.OF_ADMINISTRATORS_SECONDS)
        details = _details(found)
    if found.problems:
        errors = [FieldError(field="", message=problem) for problem in found.problems] if details else []
        raise NotReady("An operator is needed.", errors, details)
    return Ready(ready=True, details=details)


def _details(found: Readiness) -> Details:
    return Details(
        database=Database(answers=True, dialect=db.engine.dialect.name),
        scrapyd=[
            ScrapydNode(
                url=node.url,
                reachable=node.reachable,
                pending=len(node.jobs.pending),
                running=len(node.jobs.running),
                slots=node.slots,
                draining=node.draining,
                fault=node.fault,
            )
            for node in found.nodes
        ],
        scheduler=Scheduler(
            last_beat=found.beat,
            hosts=[SchedulerHost.model_validate(each, from_attributes=True) for each in found.schedulers],
        ),
        tokens=[TokenState.model_validate(token, from_attributes=True) for token in found.tokens],
        oldest_waiting=found.oldest,
        month_end_waiting=found.month_end,
        leaked_slots=found.leaked,
        alarms=found.alarms,
    )
