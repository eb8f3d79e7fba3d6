"""What a spider yields, and the rows in the files of an ad-hoc run."""

from dataclasses import dataclass, field

from crawler.platforms.contract import Counts
from crawler.queue.results import Result


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that one answer said. It is stored in one transaction."""

    results: list[Result]


@dataclass(frozen=True, slots=True)
class Row(Counts):
    """A link of an ad-hoc run as its user sees it: its counts, or why there are none."""

    link: str
    reason: str | None
    own: dict[str, str] = field(default_factory=dict)  # the own columns of its row in a file, by name
