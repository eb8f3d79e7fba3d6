"""What was played, and what came of it: the rows of the table in docs/operating.md."""

from collections import Counter
from dataclasses import dataclass, field
from statistics import median

HEAD = (
    "scenario",
    "rounds",
    "links",
    "lost, double, wrong, innocent, left over",
    "longest silence of schedulers",
    "to the last final link, median, longest",
)
rows: list["Row"] = []


@dataclass
class Row:
    """`recoveries`: seconds from the end of a round's fault to its last final link. `longest`: seconds that a request
    has taken. `beside`: what else was seen.
    """

    name: str
    rounds: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    silence: float = 0.0
    recoveries: list[float] = field(default_factory=list)
    longest: float = 0.0
    beside: str = ""
    failed: str = ""

    def cells(self) -> tuple[str, ...]:
        recovery = f"{median(self.recoveries):.0f} s, {max(self.recoveries):.0f} s" if self.recoveries else ""
        violations = f"FAILED: {self.failed}" if self.failed else "0, 0, 0, 0, 0"  # the first that is not raises
        beside = f"; {self.beside}" if self.beside else ""
        links, silence = f"{self.ended.total():,}", f"{self.silence:.1f} s"
        return (self.name + beside, str(self.rounds), links, violations, silence, recovery)

    def line(self) -> str:
        return f"| {' | '.join(self.cells())} |"


def text() -> str:
    lines = [f"| {' | '.join(HEAD)} |", f"|{'---|' * len(HEAD)}", *(row.line() for row in rows)]
    return "\n".join(lines)
