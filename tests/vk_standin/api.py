"""VK's API as it answers: strict about tokens, versions, rates and sizes, always with HTTP 200."""

import json
import random
import re
from collections import Counter, defaultdict, deque
from time import monotonic
from typing import Any

from tests.vk_standin import truth
from tests.vk_standin.posts import item_of
from tests.vk_standin.truth import Fate

MESSAGES = {
    3: "Unknown method passed",
    5: "User authorization failed: invalid access_token (4).",
    6: "Too many requests per second",
    8: "Invalid request: v (version) is required",
    12: "Unable to compile code",
    13: "Runtime error occurred during code invocation",
    15: "Access denied",
    18: "User was deleted or banned",
    27: "Group authorization failed: method is unavailable with group auth.",
    28: "Application authorization failed: method is unavailable with service token.",
    30: "This profile is private",
    100: "One of the parameters specified was missing or invalid",
}
LARGEST = {"wall.getById": ("posts", 100), "video.get": ("videos", 200)}
KIND = {"wall.getById": "wall", "video.get": "video"}
NAME = re.compile(r"(-?\d+)_(\d+)(?:_([\w-]+))?")
INNER_CALL = re.compile(r"\s*,?\s*API\.(\w+\.\w+)\(")


class VkError(Exception):
    def __init__(self, code: int, message: str = "", **fields: Any) -> None:
        super().__init__(code)
        self.code = code
        self.fields = {"error_code": code, "error_msg": message or MESSAGES.get(code, "Error"), **fields}


class Api:
    """Answers calls. `tokens` are kinds by token; a rate of 0 means no limit."""

    def __init__(self, tokens: dict[str, str], seed: int = 0) -> None:
        self.tokens = tokens
        self.random = random.Random(seed)
        self.rate = 0.0
        self.most_bytes = 5 * 1024 * 1024
        self.arrivals: dict[str, deque[float]] = defaultdict(deque)
        self.left_out: Counter[tuple[str, int, int]] = Counter()

    def answer(self, method: str, parameters: dict[str, str], fault: dict[str, Any] | None) -> dict[str, Any]:
        """Answer a call, or fail it with the `code` of a planted fault."""
        try:
            _fail(fault)
            return self._answer(method, parameters)
        except VkError as error:
            # VK repeats the call in its errors, the token too
            given = [{"key": key, "value": value} for key, value in {"method": method, **parameters}.items()]
            return {"error": {**error.fields, "request_params": given}}

    def _answer(self, method: str, parameters: dict[str, str]) -> dict[str, Any]:
        if method not in {"execute", *LARGEST}:
            raise VkError(3)
        if not parameters.get("v"):
            raise VkError(8)
        kind = self.tokens.get(parameters.get("access_token", ""))
        if kind is None:
            raise VkError(5)
        self._count(parameters["access_token"])
        if method != "execute":
            return {"response": self._call(method, parameters, kind)}
        if kind == "service":
            raise VkError(28)
        return self._execute(parameters.get("code", ""), kind)

    def _count(self, token: str) -> None:
        """Refuse what comes too fast: VK counts calls sent within a second (python273/vk_api#30)."""
        arrivals, now = self.arrivals[token], monotonic()
        while arrivals and arrivals[0] < now - 1:
            arrivals.popleft()
        arrivals.append(now)
        if self.rate and len(arrivals) > self.rate:
            raise VkError(6)

    def _call(self, method: str, parameters: dict[str, Any], kind: str) -> dict[str, Any]:
        if kind == "community":
            raise VkError(27)
        if kind == "service" and method == "video.get":
            raise VkError(28)
        name, most = LARGEST[method]
        wanted = [self._wanted(text) for text in str(parameters.get(name, "")).split(",")]
        if len(wanted) > most:
            raise VkError(100, f"{MESSAGES[100]}: {name} is too long")
        items = self._items(KIND[method], wanted)
        if method == "video.get":
            items = items[: int(parameters.get("count", 100))]
            return {"count": len(items), "items": items}
        return {"items": items}

    @staticmethod
    def _wanted(text: str) -> tuple[int, int]:
        found = NAME.fullmatch(text.strip())
        if not found:
            raise VkError(100, f"{MESSAGES[100]}: {text[:40]}")
        return int(found[1]), int(found[2])

    def _items(self, kind: str, wanted: list[tuple[int, int]]) -> list[dict[str, Any]]:
        """Return the posts that are there, in an order of VK's own."""
        items = []
        for owner, item in wanted:
            which = truth.fate(item)
            if which in truth.CODES:
                raise VkError(truth.CODES[which])
            if which == Fate.MISSING:
                continue
            if self._replaced(kind, owner, item, which):
                items.append(item_of(kind, owner, 777_000_000_000_000))
                continue
            items += [item_of(kind, owner, item)] * (2 if which == Fate.TWICE else 1)
        self.random.shuffle(items)
        return items

    def _replaced(self, kind: str, owner: int, item: int, which: Fate | None) -> bool:
        if which == Fate.LATE:
            self.left_out[kind, owner, item] += 1
        return which == Fate.REPLACED or (which == Fate.LATE and self.left_out[kind, owner, item] <= 2)

    def _execute(self, code: str, kind: str) -> dict[str, Any]:
        calls = _inner_calls(code)
        if len(calls) > 25:
            raise VkError(13, f"{MESSAGES[13]}: Too many API calls")
        parts: list[Any] = []
        errors = []
        for method, parameters in calls:
            try:
                parts.append(self._call(method, parameters, kind))
            except VkError as error:
                parts.append(False)
                errors.append({"method": method, **error.fields})
        if len(json.dumps(parts)) > self.most_bytes:
            raise VkError(13, f"{MESSAGES[13]}: response size is too big")
        return {"response": parts, **({"execute_errors": errors} if errors else {})}


def _fail(fault: dict[str, Any] | None) -> None:
    if fault:
        raise VkError(fault["code"], fault.get("message", ""), **fault.get("fields", {}))


def _inner_calls(code: str) -> list[tuple[str, dict[str, Any]]]:
    """Parse `return [API.method({…}),…];`, the one program that the stand-in understands."""
    text = code.strip()
    if not text.startswith("return [") or not text.endswith("];"):
        raise VkError(12)
    calls, place, end = [], len("return ["), len(text) - len("];")
    while place < end:
        found = INNER_CALL.match(text, place)
        if not found or found[1] not in LARGEST:
            raise VkError(12)
        try:
            parameters, place = json.JSONDecoder().raw_decode(text, found.end())
        except ValueError:
            raise VkError(12) from None
        if text[place] != ")":
            raise VkError(12)
        place += 1
        calls.append((found[1], parameters))
    return calls
