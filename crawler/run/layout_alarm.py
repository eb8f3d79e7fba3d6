"""Notices when a platform's pages have taken a form that we cannot read."""

from crawler.platforms.contract import Answer, Call, Measured, Target
from crawler.reasons import Reason

FEW = 5  # pages: with fewer, nothing can be said of the layout


class LayoutAlarm:
    """Remembers of every page of one run whether it could be read in the end."""

    def __init__(self) -> None:
        self.unreadable: dict[Target, bool] = {}

    def see(self, call: Call, answer: Answer) -> None:
        if call.form is None:
            for target, outcome in answer.outcomes.items():
                self.unreadable[target] = not isinstance(outcome, Measured) and outcome.reason == Reason.LAYOUT_CHANGED

    def alarm(self) -> str | None:
        """Say that the reader is out of date, once most pages of a run are unreadable."""
        seen, unreadable = len(self.unreadable), sum(self.unreadable.values())
        if seen < FEW or unreadable * 2 <= seen:
            return None
        return f"layout_changed: {unreadable} of {seen} pages could not be read; our reader is out of date"
