"""States of affairs that end what a caller is doing; none of them is an error, and none is a link's fault."""


class Fenced(Exception):
    """Raised by every write of a run that was cancelled or whose lease ended: the spider must end and write nothing."""


class Paused(Exception):
    """Raised when a slot is asked of a budget that is paused: ask another one, or later."""


class NotNow(Exception):
    """Raised in place of sending a request: its budget is paused, or the spider is about to end. It charges nobody."""
