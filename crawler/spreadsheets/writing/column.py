"""What a column of a table is."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from crawler.platforms.advice import Lang
from crawler.spreadsheets.writing.rows import Row

Value = str | int | float | None


class Kind(Enum):
    """How a value is written. A moment is in seconds since 1970, a share is a part of 1, a price has four decimals."""

    TEXT = "text"
    SENTENCE = "sentence"  # a text of ours that may take several lines
    COUNT = "count"
    SHARE = "share"
    MONEY = "money"
    PRICE = "price"
    MOMENT = "moment"
    DAY = "day"  # a moment of which the day counts


@dataclass(frozen=True, slots=True)
class Column:
    """`words` are its heading, `meaning` explains it, `width` is in characters."""

    words: dict[Lang, str]
    meaning: dict[Lang, str]
    value: Callable[[Row, Lang], Value]
    kind: Kind = Kind.TEXT
    width: int = 12


def words(ru: str, en: str) -> dict[Lang, str]:
    return {"ru": ru, "en": en}
