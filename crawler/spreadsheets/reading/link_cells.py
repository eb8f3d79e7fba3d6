"""The links of one cell."""

import re
from collections.abc import Callable
from functools import lru_cache

from crawler.platforms.contract import Rejected, Target
from crawler.spreadsheets.reading.formulas import hyperlink

SEPARATORS = re.compile(r"[\s,;|]+")
HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+/\S")  # it can match in one way only, so that it never backtracks for long
DIGIT = re.compile(r"\d")  # each post has a number
WHITE = re.compile(r"\s")
LONGEST_LINK = 4_096
AROUND = "()[]{}<>«»\"“”„'‘’.,!?…:*"  # signs that people put around a link
MOST_REMEMBERED = 20_000  # texts

Identify = Callable[[str], Target | Rejected]


class LinkReader:
    """Finds links. `identify` decides what names a post."""

    def __init__(self, identify: Identify) -> None:
        self.identify = identify
        self.names_post = lru_cache(MOST_REMEMBERED)(self._names_post)  # many cells have the same text

    def _names_post(self, text: str) -> bool:
        """Whether the text is a link to a post and nothing else. Most other texts are told apart by a fast check."""
        if len(text) > LONGEST_LINK or not DIGIT.search(text) or WHITE.search(text):
            return False
        return isinstance(self.identify(text), Target)

    def read(self, text: str, hidden: str | None = None) -> list[str]:
        """Return the links in the cell, wherever they lead. `hidden` is where a click on the cell leads; if that is a
        post, it is the only link.
        """
        text = text.strip()
        if hidden is None and text.startswith("="):
            address = hyperlink(text)
            hidden = address.read(0, ()) if address else None
        if hidden and self.names_post(hidden):
            return [hidden]
        if not text or self.names_post(text):
            return [text] if text else []
        parts = [self._bare(part) for part in SEPARATORS.split(text) if part]
        found = [part for part in parts if _is_address(part) or self.names_post(part)]
        return found or ([hidden] if hidden and _is_address(hidden) else [])

    def _bare(self, text: str) -> str:
        """Return the link without the signs around it, where only so it is one."""
        bare = text.strip(AROUND)
        return bare if self.names_post(bare) and not self.names_post(text) else text


def _is_address(text: str) -> bool:
    """Whether the text is meant as a link, even if it leads elsewhere."""
    return "://" in text or text[:4].lower() == "www." or bool(HOST.match(text))
