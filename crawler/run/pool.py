"""What a run has in hand: claimed links by their target, and the calls that will measure them. Memory only."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from crawler.platforms.contract import Access, Again, Call, Credential, Outcome, Platform, Target, Want
from crawler.queue.answer_counts import OK
from crawler.queue.claims import CHUNK, IN_HAND, Claimed
from crawler.queue.results import AT_ONCE, Result, Times
from crawler.run.bisection import ALONE, Bisection, Line


class Pool:
    """Every target is in one place only: open (to be planned), planned (in a call), or in flight."""

    def __init__(self, platform: Platform, access: Access) -> None:
        self.platform = platform
        self.access = access
        self.links: dict[Target, list[Claimed]] = {}
        self.open: list[Want] = []
        self.planned: deque[Call] = deque()
        self.bisection = Bisection()
        self.sampled: dict[Target, Want] = {}  # those asked alone for others that wait, as they were before
        self.careful = False  # its links may have killed a run: nothing else is asked beside them
        self.in_flight = 0
        self.largest = 0  # targets in one call, so far

    def take(self, claimed: Iterable[Claimed]) -> None:
        for link in claimed:
            target = self.platform.target(link.key, link.access_key)
            if target not in self.links:
                self.links[target] = []
                self.open.append(Want(target, company=link.company, failed=link.failures))
                self.careful = link.careful
            self.links[target].append(link)

    @property
    def needs_links(self) -> bool:
        """Whether all that it has is on its way, and more would not be too much."""
        if self.careful and self.links:
            return False
        return not self.open and not self.planned and len(self.links) <= IN_HAND - CHUNK

    def next_call(self, usable: Sequence[Credential], may: Callable[[str], bool]) -> Call | None:
        """Take the next call whose budget may be asked. Calls of the others are planned anew: it may go elsewhere."""
        self._dissolve(may)
        if self.open:
            self._plan(usable)
        call = self.bisection.choose(call for call in self.planned if may(call.budget))
        if call:
            self.planned.remove(call)
            call = self._tried_small(call, usable)
            self.bisection.note_sent(call)
            self.in_flight += 1
        return call

    def _tried_small(self, call: Call, usable: Sequence[Credential]) -> Call:
        """One post in the call's place, where so many would be too many to try with; the others wait."""
        sample = self.bisection.sample(call)
        if not sample:
            return call
        same = [credential for credential in usable if credential.budget == call.budget]
        calls: list[Call] = self.platform.calls([sample], self.access, same)
        if not calls:
            return call
        (alone,) = calls[0].wants
        self.sampled |= {want.target: want for want in call.wants if want.target == alone.target}
        self.open.extend(want for want in call.wants if want.target != alone.target)
        return calls[0]

    def _dissolve(self, may: Callable[[str], bool]) -> None:
        self._take_back([call for call in self.planned if not may(call.budget)])

    def replan(self, budget: str) -> None:
        """Plan its calls anew: its credential may do less than we thought."""
        self._take_back([call for call in self.planned if call.budget == budget])

    def _take_back(self, calls: Iterable[Call]) -> None:
        for call in calls:
            self.planned.remove(call)
            self.open.extend(call.wants)

    def _plan(self, usable: Sequence[Credential]) -> None:
        calls = self.platform.calls(self.open, self.access, usable)
        planned = {want for call in calls for want in call.wants}
        self.open = [want for want in self.open if want not in planned]
        self.planned.extend(calls)
        self.largest = max([self.largest, *(call.size for call in calls)])

    def not_sent(self, call: Call) -> None:
        """The call was not made."""
        self.in_flight -= 1
        self.bisection.note_returned(call)
        self.open.extend(self.sampled.pop(want.target, want) for want in call.wants)

    def returned(
        self, call: Call, outcomes: dict[Target, Outcome], usable: Sequence[Credential] = ()
    ) -> dict[Target, Outcome]:
        """Take a call back with its outcomes. What becomes of its targets, and of such as waited for what it tells."""
        self.in_flight -= 1
        moved = {target: _elsewhere(call, outcome, usable) for target, outcome in outcomes.items()}
        judged, in_vain = self.bisection.judge(call, moved)
        before = {want.target: self.sampled.pop(want.target, want) for want in call.wants if want.company != ALONE}
        for line, again in in_vain.items():
            waiting = self._held_up(line, again)
            if waiting and again.charged and again.want.target in before:  # it was one of those
                waiting |= {
                    again.want.target: again._replace(want=before[again.want.target], charged=False, later=True)
                }
            judged |= waiting
        return judged

    def _held_up(self, line: Line, because: Again) -> dict[Target, Again]:
        """Take out what waited for a call that failed: it may ask again as late as that one."""
        budget, kind = line
        self.replan(budget)
        waiting = {
            want.target: want
            for want in self.open
            if want.failed and want.company != ALONE and want.target.kind == kind
        }
        self.open = [want for want in self.open if want.target not in waiting]
        return {target: Again(want, because.reason, because.detail, later=True) for target, want in waiting.items()}

    def settle(
        self, outcomes: dict[Target, Outcome], http_status: int, code: str = OK, times: Times = AT_ONCE
    ) -> list[Result]:
        """Keep what is to be asked again at once, and return the rest."""
        results = []
        for target, outcome in outcomes.items():
            if isinstance(outcome, Again) and not outcome.charged and not outcome.later:
                self.open.append(outcome.want)
            else:
                links = self.links.pop(target)
                ids = tuple(link.id for link in links)
                results.append(Result(ids, links[0].post_id, outcome, http_status, code, times))
        return results

    def link_ids(self, call: Call) -> list[int]:
        return [link.id for want in call.wants for link in self.links[want.target]]


def _elsewhere(call: Call, outcome: Outcome, usable: Sequence[Credential]) -> Outcome:
    """Let another credential be asked, where nobody knows what this one answered."""
    if not isinstance(outcome, Again) or not outcome.elsewhere or call.budget in outcome.want.avoids:
        return outcome
    avoids = outcome.want.avoids | {call.budget}
    if all(credential.budget in avoids for credential in usable):
        return outcome
    return Again(outcome.want._replace(avoids=avoids), outcome.reason, outcome.detail)
