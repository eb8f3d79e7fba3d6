"""Situations in which a caller has to stop what it is doing. None of them is an error or a link's fault."""


class Fenced(Exception):
    """Raised by every write of a run that was cancelled or lost its lease. The spider must end and write nothing."""


class Paused(Exception):
    """Raised when the budget that should give a slot is paused. Ask another budget, or ask later."""


class NotNow(Exception):
    """Raised when a request is not sent: its budget is paused, or the spider is about to end. No link is charged."""
