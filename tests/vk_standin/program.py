"""The one program that the stand-in's `execute` understands: `return [API.method({JSON}),...];`."""

import json
import re
from typing import Any

CALL = re.compile(r"\s*API\.(\w+\.\w+)\(")
BEFORE, AFTER = "return [", "];"


class NotCompiledError(ValueError):
    """VK's error 12."""


def inner_calls(code: str) -> list[tuple[str, dict[str, Any]]]:
    """Parse a program into its calls: methods with their parameters."""
    text = code.strip()
    if not text.startswith(BEFORE) or not text.endswith(AFTER):
        raise NotCompiledError
    text = text[len(BEFORE) : -len(AFTER)]
    calls, place = [], 0
    while place < len(text):
        method, parameters, place = _call(text, place)
        calls.append((method, parameters))
        if place < len(text):
            place = _behind(",", text, place)
    return calls


def _call(text: str, place: int) -> tuple[str, dict[str, Any], int]:
    found = CALL.match(text, place)
    if not found:
        raise NotCompiledError
    try:
        parameters, place = json.JSONDecoder().raw_decode(text, found.end())
    except ValueError:
        raise NotCompiledError from None
    if not isinstance(parameters, dict):
        raise NotCompiledError
    return found[1], parameters, _behind(")", text, place)


def _behind(sign: str, text: str, place: int) -> int:
    if not text.startswith(sign, place):
        raise NotCompiledError
    return place + len(sign)
