"""A reading as a user sees it, beside what its post says of itself."""

from typing import NamedTuple


class Seen(NamedTuple):
    """Times are seconds since 1970. `asked_at` is when the request left, or, where nobody kept it, `measured_at`."""

    id: int
    asked_at: float
    measured_at: float
    source: str
    views: int
    likes: int | None
    comments: int | None
    reposts: int | None
    published_at: float | None
    edited_at: float | None
    erid_lost_at: float | None
