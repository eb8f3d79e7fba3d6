"""What a user wants to have in a file, and how it is written."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Self

from crawler.platforms.advice import Lang, sentence
from crawler.spreadsheets.writing.columns import FOR_PROGRAMS, STATES, USUAL, choose
from crawler.spreadsheets.writing.profiles import PROFILES, Profile, ProfileName


class Format(StrEnum):
    """The format of a file."""

    CSV = "csv"
    NDJSON = "ndjson"
    XLSX = "xlsx"


MEDIA_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.NDJSON: "application/x-ndjson",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What goes into a file. Without `fields` it has the usual ones, without a `profile` that of the language.

    Links are chosen by `status`, `reason` and `text`, one of the closings of a month by `version`.
    """

    format: Format
    lang: Lang = "ru"
    profile: ProfileName | None = None
    fields: str | None = None
    status: str | None = None
    reason: str | None = None
    text: str = ""  # a text that the link contains
    ages: tuple[str, ...] = ()  # of the posts, at which their views are shown
    version: int | None = None

    @property
    def writing(self) -> Profile:
        return PROFILES[self.profile or ("excel" if self.lang == "ru" else "plain")]

    def columns(self, *, cost: bool) -> list[str]:
        """Return the names of the columns. `cost`: there is a column of costs. Raises ValueError for a wrong field."""
        return choose(self.fields, FOR_PROGRAMS if self.format is Format.NDJSON else USUAL, cost=cost)

    @property
    def is_all(self) -> bool:
        """Whether the file has all links."""
        return not (self.status or self.reason or self.text)

    @property
    def in_words(self) -> str:
        """Say which links the file has; empty if it has all."""
        parts = [
            STATES[self.lang][self.status] if self.status else "",
            sentence(self.reason, self.lang) if self.reason else "",
            f"«{self.text}»" if self.text else "",
        ]
        return ", ".join(part for part in parts if part)

    def as_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        stored = json.loads(text)
        return cls(**stored | {"format": Format(stored["format"]), "ages": tuple(stored.get("ages", ()))})
