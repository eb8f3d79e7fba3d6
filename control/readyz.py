"""`/readyz`: whether the system can do its work."""

from typing import Any

from flask import Flask, current_app
from pydantic import Field
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from control import readiness
from control.auth import is_administrator
from control.db import db
from control.errors import FieldError, NotReady
from control.limits import by_address
from control.lookout import Lookout
from control.openapi import EITHER, Shape, resource
from control.readiness import Readiness
from control.scrapyd import Scrapyd
from control.settings import Settings

REMEMBERED_SECONDS = 1.0
PATIENCE_SECONDS = 5.0
SCRAPYD_SECONDS = (1, 2)  # to connect, to answer: less than we ourselves may take

LOOKOUT = "readiness"  # its key among the app's extensions

api = resource("readyz", "For operators", by_address, public=True)


class Database(Shape):
    answers: bool
    dialect: str


class ScrapydNode(Shape):
    url: str
    reachable: bool
    pending: int
    running: int


class Scheduler(Shape):
    last_beat: float | None = Field(description="Seconds ago; null: there never was one.")


class TokenState(Shape):
    platform: str
    place: int = Field(description="In the setting, from 1.")
    usable: bool
    paused: float = Field(description="For so many seconds nothing is asked with it.")
    why: str


class Details(Shape):
    database: Database
    scrapyd: list[ScrapydNode]
    scheduler: Scheduler
    tokens: list[TokenState]
    oldest_waiting: float | None = Field(description="Seconds that a link has waited that could be worked on.")
    leaked_slots: int = Field(description="That scrapyd keeps though no run of ours needs them.")
    alarms: list[str] = Field(description="Of the last day's runs.")


class Ready(Shape):
    ready: bool
    details: Details | None = Field(None, description="For administrators.")


def install(app: Flask, settings: Settings) -> None:
    user = (settings.scrapyd_username, settings.scrapyd_password)
    scrapyds = [Scrapyd(url, *user, timeout=SCRAPYD_SECONDS) for url in settings.scrapyd_urls]
    with app.app_context():
        engine = db.engine
    lookout = Lookout(lambda: readiness.look(engine, scrapyds), REMEMBERED_SECONDS, PATIENCE_SECONDS)
    app.extensions[LOOKOUT] = lookout


@api.get("/readyz", responses={200: Ready}, security=EITHER)
def readyz() -> dict[str, Any]:
    """200 where all is well, 503 where an operator is needed. To administrators it says how every part does."""
    found = _look()
    details = _details(found).model_dump() if is_administrator() else {}
    if found.problems:
        errors = [FieldError(field="", message=problem) for problem in found.problems] if details else []
        raise NotReady("An operator is needed.", errors, details)
    return {"ready": True} | ({"details": details} if details else {})


def _look() -> Readiness:
    """Without a database nobody can be told more: it knows who is an administrator."""
    try:
        found: Readiness = current_app.extensions[LOOKOUT].report()
    except (OperationalError, PoolTimeout, TimeoutError):
        raise NotReady("The database does not answer.") from None
    return found


def _details(found: Readiness) -> Details:
    return Details(
        database=Database(answers=True, dialect=db.engine.dialect.name),
        scrapyd=[
            ScrapydNode(
                url=node.url,
                reachable=node.reachable,
                pending=len(node.jobs.pending),
                running=len(node.jobs.running),
            )
            for node in found.nodes
        ],
        scheduler=Scheduler(last_beat=found.beat),
        tokens=[TokenState.model_validate(token, from_attributes=True) for token in found.tokens],
        oldest_waiting=found.oldest,
        leaked_slots=found.leaked,
        alarms=found.alarms,
    )
