"""Finds the posts that make a whole call fail: what failed twice is halved, until the guilty post is alone.

An outage fails every call as well, and halves would make a storm of it. So a credential is trusted with halves of one
kind of posts only after a success, and until several calls in a row have failed. While it is not, one call at a time
tries: the same again, then a half, then a single post. When that fails too, all that waits goes back into the queue.

Memory of one run only. The queue remembers of each link how often it failed with others, and in how large a company it
is to be asked next.
"""

from collections.abc import Iterable, Mapping

from crawler.platforms.contract import Again, Call, Gone, Measured, Outcome, Target, Want

IN_A_ROW = 3  # after so many failed calls the whole line may be down: other calls wait, and calls of one post try it
IN_VAIN = 6  # after so many failed calls all that waits goes back into the queue, as it does before the first success
ALONE = 1
SAMPLED = 3  # after so many failures together with others, one post alone tries whether its credential works

Line = tuple[str, str]  # a budget, and the kind of posts that are asked on it


class Bisection:
    def __init__(self) -> None:
        self.in_a_row: dict[Line, int] = {}  # failures since the last success; none: there was no success yet
        self.trials: dict[Line, Call] = {}  # the one call under way that tries whether the line works

    def choose(self, calls: Iterable[Call]) -> Call | None:
        """Choose the next call. Calls that try a line take turns, because the last one may hold the guilty post."""
        trying = []
        for call in calls:
            doubtful = self._doubtful(call)
            if not doubtful:
                return call
            if self.trials.keys().isdisjoint(doubtful):
                trying.append(call)
        return trying[_turn(trying[0]) % len(trying)] if trying else None

    def sample(self, call: Call) -> Want | None:
        """One post to be asked in place of the call, where more would be too many to try with."""
        failed = [want for want in call.wants if want.failed]
        if call.size < 2 or _turn(call) < SAMPLED or not self._doubtful(call):
            return None
        return failed[_turn(call) % len(failed)]._replace(company=2)

    def note_sent(self, call: Call) -> None:
        self.trials |= dict.fromkeys(self._doubtful(call), call)

    def note_returned(self, call: Call) -> set[Line]:
        """Note that the call is no longer under way, and return the lines that it tried."""
        tried = {line for line, trial in self.trials.items() if trial is call}
        for line in tried:
            del self.trials[line]
        return tried

    def judge(self, call: Call, outcomes: Mapping[Target, Outcome]) -> tuple[dict[Target, Outcome], dict[Line, Again]]:
        """Decide how to go on with what failed in company; and the lines that the call tried in vain, with why."""
        tried = self.note_returned(call)
        in_vain = {line for line in self._note(call, outcomes) & tried if self._failures(line) >= IN_VAIN}
        judged, why = dict(outcomes), {}
        for target, outcome in outcomes.items():
            if isinstance(outcome, Again) and outcome.shared:
                line = (call.budget, target.kind)
                judged[target] = again = after_failure(call, outcome, tried=line in in_vain)
                if line in in_vain:
                    why[line] = again
        return judged, why

    def _note(self, call: Call, outcomes: Mapping[Target, Outcome]) -> set[Line]:
        """Count successes and failures; the lines that failed."""
        good = {target.kind for target, outcome in outcomes.items() if isinstance(outcome, Measured | Gone)}
        shared = {target.kind for target, outcome in outcomes.items() if isinstance(outcome, Again) and outcome.shared}
        failed = {(call.budget, kind) for kind in shared - good}
        self.in_a_row |= {(call.budget, kind): 0 for kind in good}
        self.in_a_row |= {line: self._failures(line) + 1 for line in failed}
        return failed

    def _doubtful(self, call: Call) -> set[Line]:
        """The lines of its posts that failed with others, where these failures may come from something else."""
        lines = {(call.budget, want.target.kind) for want in call.wants if want.failed and want.company != ALONE}
        return {line for line in lines if self._failures(line) >= IN_A_ROW}

    def _failures(self, line: Line) -> int:
        return self.in_a_row.get(line, IN_VAIN)


def _turn(call: Call) -> int:
    return max(want.failed for want in call.wants)


def after_failure(call: Call, again: Again, *, tried: bool) -> Again:
    """How to go on with a post that failed together with others. `tried`: the call was one that tries.

    Alone it is charged. In company the same is asked again later, once; then the half, at once unless it is doubtful
    that the posts are to blame.
    """
    want, size = again.want, again.shared
    if size == 1:
        return again._replace(want=want._replace(company=ALONE), charged=True)
    failed, whole = want.failed + 1, size == call.size
    company = want.company
    if failed == 1:
        company = size if whole else 0  # the groups of one call fail each for itself
    elif not tried:
        company = (size + 1) // 2
    elif whole and failed == 2:
        company = max(2, (size + 1) // 2)  # it takes more to single somebody out
    return again._replace(want=want._replace(company=company, failed=failed), charged=False, later=failed == 1 or tried)
