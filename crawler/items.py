"""What a spider yields."""

from dataclasses import dataclass

from crawler.results import Result

COUNTS = ("views", "likes", "comments", "reposts")


@dataclass(frozen=True, slots=True)
class Results:
    """Everything one answer said: stored in one transaction."""

    results: list[Result]


@dataclass(frozen=True, slots=True)
class Row:
    """A link of an ad-hoc run as its user sees it: counts, or why there are none."""

    link: str
    views: int | None
    likes: int | None
    comments: int | None
    reposts: int | None
    reason: str | None
