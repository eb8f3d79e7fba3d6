"""What keeps the system from doing its work well: for `/readyz`, and for who starts it."""

import os
from collections.abc import Iterator

from sqlalchemy import Engine, select

from crawler import budget
from crawler.database import now
from crawler.models import Run
from crawler.platforms import known

ALARM_SECONDS = 86_400.0
SHORT_SECONDS = 5.0  # such a pause ends by itself before anybody looks


def problems(engine: Engine) -> list[str]:
    """List the tokens that are of no use at present, and the alarms of the last day's runs."""
    return [*_tokens(engine), *_alarms(engine)]


def _tokens(engine: Engine) -> Iterator[str]:
    """Tokens are named by their place in the setting: nothing else of them is told."""
    for name, platform in known().items():
        credentials = platform.access(os.environ).credentials
        states = budget.states(engine, [credential.budget for credential in credentials])
        for place, credential in enumerate(credentials, 1):
            state = states.get(credential.budget)
            if state and (state.paused > SHORT_SECONDS or not platform.useful(state.kind)):
                until = f"; asked again in {state.paused:.0f} s" if state.paused else ""
                yield f"{name}: token {place} is of no use: {state.why}{until}"


def _alarms(engine: Engine) -> list[str]:
    recent = select(Run.platform, Run.alarm).where(Run.alarm.is_not(None), Run.finished_at > now() - ALARM_SECONDS)
    with engine.connect() as connection:
        rows = connection.execute(recent.order_by(Run.finished_at.desc()).limit(1)).all()
    return [f"{platform}: {alarm}" for platform, alarm in rows]
