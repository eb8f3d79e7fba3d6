"""How the access tokens do. They are named by their place in the setting: nothing else of them is told."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

from sqlalchemy import Engine

from crawler import budget
from crawler.budget import State
from crawler.platforms import known

SHORT_SECONDS = 5.0  # such a pause ends by itself before anybody looks


@dataclass(frozen=True, slots=True)
class Token:
    """`paused` is for how many seconds nothing is asked with it (0: it is not), `why` what the platform said last."""

    platform: str
    place: int
    usable: bool
    paused: float
    why: str

    @property
    def problem(self) -> str:
        until = f"; asked again in {self.paused:.0f} s" if self.paused else ""
        return f"{self.platform}: token {self.place} is of no use: {self.why}{until}"


def tokens(engine: Engine) -> list[Token]:
    return [token for platform in known().values() for token in _of(engine, platform)]


def _of(engine: Engine, platform: ModuleType) -> Iterator[Token]:
    credentials = platform.access(os.environ).credentials
    states = budget.states(engine, [credential.budget for credential in credentials])
    for place, credential in enumerate(credentials, 1):
        state = states.get(credential.budget, State("", 0.0, ""))
        usable = state.paused <= SHORT_SECONDS and platform.useful(state.kind)
        yield Token(
            platform.NAME, place, usable, round(state.paused, 1), state.why if state.paused or not usable else ""
        )
