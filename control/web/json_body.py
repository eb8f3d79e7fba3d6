"""A body as JSON, read strictly: where RFC 8259 leaves something open, parsers differ, so that is refused.

A body that would cost too much is refused before it is parsed. For that its brackets are counted in the bytes, by calls
that are about as fast as copying.
"""

from typing import Any, NoReturn

from flask.json.provider import DefaultJSONProvider

from control.errors import InvalidBody, NotJson

MOST_DEPTH = 32
MOST_PARTS = 300_000  # lists and objects in a body: even an empty one takes far more memory than its 2 bytes
MOST_FIELDS = 100  # of one object, because the error about each unknown field costs memory
LONGEST_NAME = 100  # characters shown of a field's name

AS_LISTS = bytes.maketrans(b"{}", b"[]")
OTHERS = bytes(set(range(256)) - set(b'"[]{}'))


class StrictJson(DefaultJSONProvider):
    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Parse a body. Raises NotJson for what is refused, and ValueError for what is not JSON at all."""
        raw = s.encode() if isinstance(s, str) else s
        text = raw.decode("utf-8-sig")
        _bounded(raw)
        try:
            return super().loads(text, object_pairs_hook=_object, parse_constant=_no_constant, **kwargs)
        except RecursionError:
            raise ValueError from None


def _bounded(raw: bytes) -> None:
    if raw.count(b"[") + raw.count(b"{") <= MOST_DEPTH:
        return
    brackets = _brackets(raw)
    if brackets.count(b"[") > MOST_PARTS:
        raise NotJson(f"The body holds more than {MOST_PARTS:,} lists and objects.")
    for _ in range(MOST_DEPTH):
        brackets = brackets.replace(b"[]", b"")
    if brackets:
        raise NotJson(f"The body is nested deeper than {MOST_DEPTH}, or brackets are left open.")


def _brackets(raw: bytes) -> bytes:
    """Return the brackets outside strings, with square brackets in place of braces.

    Two quotes side by side are removed first: what follows them stays inside or outside of a string as it was.
    """
    marks = raw.replace(b"\\\\", b"").replace(b'\\"', b"").translate(AS_LISTS, OTHERS).replace(b'""', b"")
    if marks.count(b'"') > 2 * MOST_PARTS:
        raise NotJson(f"The body holds more than {MOST_PARTS:,} texts with brackets.")
    return b"".join(marks.split(b'"')[::2])


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MOST_FIELDS:
        raise InvalidBody(f"The body has {len(pairs):,} fields, of which hardly any can be known.")
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NotJson(f"{_first_twice(pairs)[:LONGEST_NAME]!a} is there twice in one object: leave one out.")
    return found


def _first_twice(pairs: list[tuple[str, Any]]) -> str:
    """Find the first name that occurs twice, in one pass, because anybody may send the longest list."""
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            break
        seen.add(name)
    return name


def _no_constant(name: str) -> NoReturn:
    """Refuse NaN and the infinities, which Python accepts although they are not JSON."""
    raise ValueError(name)
