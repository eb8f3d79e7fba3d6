"""Notices when a platform's pages have taken a form that we cannot read."""

from crawler.platforms.contract import Answer, Call, Measured
from crawler.reasons import Reason

FEW = 5  # pages say nothing yet


class PageWatch:
    """Counts the pages of one run."""

    def __init__(self) -> None:
        self.seen = 0
        self.unreadable = 0

    def see(self, call: Call, answer: Answer) -> None:
        if call.form is None:
            self.seen += 1
            self.unreadable += any(
                not isinstance(outcome, Measured) and outcome.reason == Reason.LAYOUT_CHANGED
                for outcome in answer.outcomes.values()
            )

    def alarm(self) -> str | None:
        """Say that the reader is out of date, once most pages of a run are unreadable."""
        if self.seen < FEW or self.unreadable * 2 <= self.seen:
            return None
        return f"layout_changed: {self.unreadable} of {self.seen} pages could not be read; our reader is out of date"
