"""Numbers as VK's pages print them for people."""

import re

from crawler.platforms.vk.links import LARGEST

LONGEST = 60  # characters: nineteen digits, the spaces between them, a word
EXACT = re.compile(r"(\d{1,3}(?:[ \u00a0\u202f\u2009,]\d{3})++|\d++)(?:\s++(?:просмотр\w*+|views?+))?+", re.IGNORECASE)
SHORT = re.compile(r"\d\s*+(?:[KMКМ]|тыс|млн)", re.IGNORECASE)


def exact(text: str) -> int | None:
    """Read `1 234 просмотра`, never `1.2K`."""
    text = text.strip()
    found = EXACT.fullmatch(text) if len(text) <= LONGEST else None
    digits = re.sub(r"\D", "", found[1]) if found else ""
    return int(digits) if digits.isascii() and 0 < len(digits) <= 19 and int(digits) <= LARGEST else None


def is_short(text: str) -> bool:
    """Whether the text holds a shortened number: `1.2K`, `3 тыс.`"""
    return bool(SHORT.search(text))
