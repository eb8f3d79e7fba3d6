"""The state of the access tokens. A token is named by its place in the setting, because all else is secret."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Engine

from crawler.platforms import known
from crawler.platforms.contract import Platform
from crawler.queue import budgets
from crawler.queue.budgets import State

SHORT_SECONDS = 5.0  # a shorter pause is over before anybody could act


@dataclass(frozen=True, slots=True)
class Token:
    """`paused` is for how many more seconds the token is not used (0: it is used), `why` what the platform said last.

    `lacks` are methods that it may not call. It is still used for all others.
    """

    platform: str
    place: int
    usable: bool
    paused: float
    why: str
    lacks: tuple[str, ...]

    @property
    def problem(self) -> str:
        until = f"; asked again in {self.paused:.0f} s" if self.paused else ""
        return f"{self.platform}: token {self.place} is of no use: {self.why}{until}"


def tokens(engine: Engine) -> list[Token]:
    return [token for platform in known().values() for token in _of(engine, platform)]


def _of(engine: Engine, platform: Platform) -> Iterator[Token]:
    credentials = platform.access(os.environ).credentials
    states = budgets.states(engine, [credential.budget for credential in credentials])
    for place, credential in enumerate(credentials, 1):
        state = states.get(credential.budget, State("", 0.0, ""))
        usable = state.paused <= SHORT_SECONDS and platform.useful(state.kind)
        why = state.why if state.paused or not usable else _missing(state.lacks)
        yield Token(platform.NAME, place, usable, round(state.paused, 1), why, state.lacks)


def _missing(lacks: tuple[str, ...]) -> str:
    return f"it was issued without the right to {', '.join(lacks)}; other tokens or pages do that" if lacks else ""
