"""What the doctor finds."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """`part` and `what` name what was checked. `ok` is None if it could not be told. `mend` says what to do."""

    part: str
    what: str
    ok: bool | None
    says: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What one source says of a post: an exact number, or a reason and its detail."""

    source: str
    views: int | None
    reason: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class LinkFound:
    """`wins` is the source that a run would believe, and `why` says why."""

    link: str
    post: str
    said: list[Said]
    wins: str
    why: str


@dataclass(slots=True)
class Report:
    """`sources` are those that give numbers at present. Without any of them no number can be had."""

    findings: list[Finding] = field(default_factory=list)
    links: list[LinkFound] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)

    def add(self, part: str, what: str, ok: bool | None, says: str, mend: str = "") -> None:
        self.findings.append(Finding(part, what, ok, says, mend))

    @property
    def broken(self) -> list[Finding]:
        """Return what keeps the system from working at all, in the order in which to mend it."""
        return [found for found in self.findings if found.ok is False and found.mend]

    @property
    def ok(self) -> bool:
        """Whether numbers can be had: all our parts work, and at least one of VK's sources does."""
        return bool(self.sources) and not [found for found in self.broken if found.part != VK]

    @property
    def first(self) -> str:
        """Return the first thing to mend, in words; empty if numbers can be had."""
        if self.ok:
            return ""
        return next((found.mend for found in self.broken), "Set VK_TOKENS: no page of VK can be read from here.")

    def as_json(self) -> dict[str, Any]:
        return {"ok": self.ok, "mend": self.first, "sources": self.sources, **asdict(self)}


SETTINGS, DATABASE, NODES, VK, CLOCK = "settings", "database", "scrapyd", "VK", "clock"
