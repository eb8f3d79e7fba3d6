"""HTML read as a stream of tags and texts, in time and memory that grow with its length and no faster.

The page's sender chooses its form, so no tree is built: libxml2 compares each attribute of an element with all those
before it, and an XPath that asks for ancestors climbs up anew from each element. Both take quadratic time.
"""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import NamedTuple

MOST_PIECES = 200_000  # tags and the attributes that are read; no page of a post has more
LONGEST = 2_000  # characters; the rest of a text or a value is dropped

NAME = r"[a-zA-Z][^\s/>]*+"
ATTRIBUTE = r"""[\s/]*+([^\s/>][^\s/>=]*+)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>]*+)))?+"""
ATTRIBUTES = ATTRIBUTE.replace("([", "(?:[")  # without groups, because `re` would remember thousands of them
MARKUP = re.compile(
    rf"<(?:(?P<comment>!--)|(?P<other>[!?]|/(?![a-zA-Z]))|/(?P<end>{NAME})[^>]*+"
    rf"|(?P<start>{NAME})(?P<attributes>(?:{ATTRIBUTES})*+)[\s/]*+)(?P<whole>>?)"
)
EACH = re.compile(ATTRIBUTE)
RAW = {  # the content of these elements is not markup: https://html.spec.whatwg.org/multipage/parsing.html
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    for name in ("script", "style", "textarea", "title", "iframe", "noembed", "noframes", "xmp")
}


class TooMuch(Exception):
    """Raised when a page has more than `MOST_PIECES`."""


class Tag(NamedTuple):
    """A start tag with its attributes, not decoded yet, or an end tag, which has none."""

    name: str
    attributes: dict[str, str]
    ends: bool = False

    def value(self, name: str) -> str:
        return unescape(self.attributes.get(name, ""))


NONE: dict[str, str] = {}  # shared by all tags without attributes, so nothing may be added to it


def pieces(html: str, useful: Iterable[str]) -> Iterator[Tag | str]:
    """Yield the tags and the texts between them, which are not decoded. Scripts and comments are left out. Attributes
    are read only for the few tags that contain a `useful` word.

    A page that is cut off ends with its last whole piece. Raises `TooMuch`.
    """
    place, left = 0, MOST_PIECES
    words = [word for word in useful if word in html]
    while found := MARKUP.search(html, place):
        if found.start() > place:
            yield html[place : min(found.start(), place + LONGEST)]
        comment, other, end, start, attributes, whole = found.groups()
        left -= 1
        place = found.end() if whole else -1
        if start:
            read, left = _attributes(attributes, words, left)
            if whole and start.lower() in RAW:
                place = _raw_end(html, start.lower(), place)
        elif comment or other:
            place = _behind(html, "-->" if comment else ">", found.end() - len(whole))
        if left < 0:
            raise TooMuch
        if place < 0:
            return
        if start:
            yield Tag(start.lower(), read)
        elif end:
            yield Tag(end.lower(), NONE, True)


def _attributes(text: str, words: list[str], left: int) -> tuple[dict[str, str], int]:
    """Return a tag's attributes, of each name the first, and how many pieces may still follow."""
    for word in words:
        if word in text:
            break
    else:
        return NONE, left
    attributes: dict[str, str] = {}
    for found in EACH.finditer(text):
        left -= 1
        if left < 0:
            break
        value = found[2] or found[3] or found[4] or ""
        attributes.setdefault(found[1].lower(), value[:LONGEST])
    return attributes, left


def _raw_end(html: str, name: str, place: int) -> int:
    """Return where an element without markup ends; -1 if it has no end."""
    found = RAW[name].search(html, place)
    return found.start() if found else -1


def _behind(html: str, sign: str, place: int) -> int:
    found = html.find(sign, place)
    return found + len(sign) if found >= 0 else -1
