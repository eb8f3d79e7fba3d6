"""What a run has in hand: claimed links by their target, and the calls that will measure them. Memory only."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from types import ModuleType
from typing import Any

from crawler.answers import OK
from crawler.platforms.contract import Again, Call, Credential, Outcome, Target, Want
from crawler.queue import CHUNK, IN_HAND, Claimed
from crawler.results import Result


class Pool:
    """Every target is in one place only: open (to be planned), planned (in a call), or in flight."""

    def __init__(self, platform: ModuleType, access: Any) -> None:
        self.platform = platform
        self.access = access
        self.links: dict[Target, list[Claimed]] = {}
        self.open: list[Want] = []
        self.planned: deque[Call] = deque()
        self.flying = 0
        self.largest = 0  # targets in one call, so far

    def take(self, claimed: Iterable[Claimed]) -> None:
        for link in claimed:
            target = self.platform.target(link.key, link.access_key)
            if target not in self.links:
                self.links[target] = []
                self.open.append(Want(target))
            self.links[target].append(link)

    @property
    def hungry(self) -> bool:
        """Whether all that it has is on its way, and more would not be too much."""
        return not self.open and not self.planned and len(self.links) <= IN_HAND - CHUNK

    def next_call(self, usable: Sequence[Credential], may: Callable[[str], bool]) -> Call | None:
        """Take the next call whose budget may be asked. Calls of the others are planned anew: it may go elsewhere."""
        self._dissolve(may)
        if self.open:
            self._plan(usable)
        for call in self.planned:
            if may(call.budget):
                self.planned.remove(call)
                self.flying += 1
                return call
        return None

    def _dissolve(self, may: Callable[[str], bool]) -> None:
        for call in [call for call in self.planned if not may(call.budget)]:
            self.planned.remove(call)
            self.open.extend(call.wants)

    def _plan(self, usable: Sequence[Credential]) -> None:
        calls = self.platform.calls(self.open, self.access, usable)
        planned = {want for call in calls for want in call.wants}
        self.open = [want for want in self.open if want not in planned]
        self.planned.extend(calls)
        self.largest = max([self.largest, *(len(call.wants) for call in calls)])

    def landed(self) -> None:
        self.flying -= 1

    def back(self, call: Call) -> None:
        """The call was not made."""
        self.flying -= 1
        self.open.extend(call.wants)

    def settle(self, outcomes: dict[Target, Outcome], http_status: int, code: str = OK) -> list[Result]:
        """Keep what is to be asked again at once, and give away the rest."""
        results = []
        for target, outcome in outcomes.items():
            if isinstance(outcome, Again) and not outcome.charged:
                self.open.append(outcome.want)
            else:
                links = self.links.pop(target)
                ids = tuple(link.id for link in links)
                results.append(Result(ids, links[0].post_id, outcome, http_status, code))
        return results

    def link_ids(self, call: Call) -> list[int]:
        return [link.id for want in call.wants for link in self.links[want.target]]
