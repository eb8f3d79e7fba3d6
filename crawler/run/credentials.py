"""What this process knows of its budgets: kinds of credentials, pauses, probes under way.

The database has the truth for all processes; it is read at the start and whenever a slot is refused.
"""

from collections.abc import Iterable
from dataclasses import replace
from time import monotonic

from crawler.platforms.contract import Credential
from crawler.queue.budgets import State


class Credentials:
    def __init__(self, credentials: Iterable[Credential]) -> None:
        self.credentials = {credential.budget: credential for credential in credentials}
        self.paused: dict[str, tuple[float, str]] = {}
        self.probed: set[str] = set()

    def update(self, states: dict[str, State]) -> None:
        for key, state in states.items():
            if state.kind:
                self.learn(key, state.kind)
            for method in state.lacks:
                self.note_missing_right(key, method)
            if state.paused:
                self.pause(key, state.paused, state.why)

    def learn(self, key: str, kind: str) -> None:
        if key in self.credentials:
            self.credentials[key] = replace(self.credentials[key], kind=kind)

    def note_missing_right(self, key: str, method: str) -> None:
        """Ask this method no more with this credential."""
        known = self.credentials.get(key)
        if known and method not in known.lacks:
            self.credentials[key] = replace(known, lacks=(*known.lacks, method))

    def limit(self, key: str, most: int) -> None:
        """Put no more than so many targets into a call with this credential."""
        if key in self.credentials:
            self.credentials[key] = replace(self.credentials[key], most=most)

    def pause(self, key: str, seconds: float, why: str) -> None:
        self.paused[key] = (monotonic() + seconds, why)

    def may(self, key: str) -> bool:
        """Whether a further request may be planned on this budget."""
        return key not in self.probed and self.may_send(key)

    def may_send(self, key: str) -> bool:
        return self._seconds_left(key) <= 0

    def usable(self) -> list[Credential]:
        return [credential for key, credential in self.credentials.items() if self.may(key)]

    def working(self) -> list[Credential]:
        """Return the credentials that are not paused; one whose first answer is awaited counts too."""
        return [credential for key, credential in self.credentials.items() if self.may_send(key)]

    def shortest_pause(self) -> tuple[float, str] | None:
        """Seconds until the first pause ends, and what it is for."""
        pauses = [(self._seconds_left(key), why) for key, (_, why) in self.paused.items()]
        return min((pause for pause in pauses if pause[0] > 0), default=None)

    def _seconds_left(self, key: str) -> float:
        until, _ = self.paused.get(key, (0.0, ""))
        return until - monotonic()
