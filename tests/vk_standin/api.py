"""VK's API as it answers: strict about tokens, versions, rates and sizes, always with HTTP 200.

Facts: https://dev.vk.com/ru/api/api-requests, https://dev.vk.com/ru/reference/errors; what is told of single codes
stands beside them.
"""

import json
import random
import re
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from time import monotonic, time
from typing import Any

from tests.vk_standin import growth, truth
from tests.vk_standin.faults import Faults
from tests.vk_standin.owners import owners_of
from tests.vk_standin.posts import item_of
from tests.vk_standin.program import NotCompiledError, inner_calls
from tests.vk_standin.settings import Settings
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
    27: "Group authorization failed: method is unavailable with group auth.",  # negezor/vk-io#177
    28: "Application authorization failed: method is unavailable with service token.",  # negezor/vk-io#18
    30: "This profile is private",
    100: "One of the parameters specified was missing or invalid",
}
NO_TOKEN = "User authorization failed: no access_token passed."
PARAMETERS = {"wall.getById": ("posts", 100), "video.get": ("videos", 200)}  # the list of ids, and the most of them
METHODS = {"execute", *PARAMETERS}
KINDS = {"wall.getById": "wall", "video.get": "video"}
NAME = re.compile(r"(-?\d+)_(\d+)(?:_([\w-]+))?", re.ASCII)
STRANGER = 777_000_000_000_000  # stands in answers where nobody asked for it
INNER_CALLS = 25
NO_SCOPE = "Access denied: no access to call this method. It cannot be called with current scopes."
OTHER_PROFILE = "Method is not available for this profile type: method is unavailable with current profile type"
REFUSED = {  # users' tokens without the right to some methods, by kind: what these answer
    "scopeless": {"video.get": (15, NO_SCOPE, {"error_subcode": 1133})},  # Duff89/parser_avito#267
    "vkid": {"video.get": (1051, OTHER_PROFILE, {})},  # gitroomhq/postiz-app#1408
    "vkidless": dict.fromkeys(("wall.getById", "video.get", "execute"), (1051, OTHER_PROFILE, {})),
}
MOST_ITEM_BYTES = 1000  # of a post as it stands in an answer
COUNT = 100  # items of video.get unless `count` says more


class VkError(Exception):
    def __init__(self, code: int, message: str = "", **fields: Any) -> None:
        super().__init__(code)
        self.code = code
        self.fields = {"error_code": code, "error_msg": message or MESSAGES.get(code, "Error"), **fields}


def planted(fault: dict[str, Any]) -> VkError:
    return VkError(fault["code"], fault.get("message", ""), **fault.get("fields", {}))


class Api:
    """Answers calls. `tokens` are kinds by token, `seed` is of the order of items, `clock` tells seconds."""

    def __init__(
        self, tokens: dict[str, str], settings: Settings, seed: int = 0, clock: Callable[[], float] = monotonic
    ) -> None:
        self.tokens = tokens
        self.settings = settings
        self.faults = Faults()
        self.random = random.Random(seed)
        self.clock = clock
        self._arrivals: dict[str, deque[float]] = defaultdict(deque)
        self._left_out: Counter[tuple[str, int, int]] = Counter()

    def answer(
        self, method: str, parameters: dict[str, str], token: str, fault: dict[str, Any] | None
    ) -> dict[str, Any]:
        """Answer a call, or fail it with the `code` of a planted fault."""
        try:
            if fault:
                raise planted(fault)
            return self._answer(method, parameters, token)
        except VkError as error:
            # VK repeats the call in its errors, the token too: what is logged or stored of an error leaks it
            given = [{"key": key, "value": value} for key, value in {"method": method, **parameters}.items()]
            return {"error": {**error.fields, "request_params": given}}

    def reset(self) -> None:
        """Forget faults and the calls so far."""
        self.faults.clear()
        self._arrivals.clear()
        self._left_out.clear()

    def _answer(self, method: str, parameters: dict[str, str], token: str) -> dict[str, Any]:
        if method not in METHODS:
            raise VkError(3)
        if not parameters.get("v"):
            raise VkError(8)
        kind = self._kind(token)
        self._count(token)
        _check_right(method, kind)
        if method != "execute":
            return {"response": self._call(method, parameters, kind)}
        if kind == "service":
            raise VkError(28)
        return self._execute(parameters.get("code", ""), kind)

    def _kind(self, token: str) -> str:
        if not token:
            raise VkError(5, NO_TOKEN)
        if token not in self.tokens:
            raise VkError(5)
        return self.tokens[token]

    def _count(self, token: str) -> None:
        """Refuse what comes too fast: VK counts calls sent, the refused ones too (python273/vk_api#30)."""
        arrivals, now = self._arrivals[token], self.clock()
        while arrivals and arrivals[0] <= now - 1:
            arrivals.popleft()
        arrivals.append(now)
        if self.settings.rate and len(arrivals) > self.settings.rate + self.settings.rate_tolerance:
            raise VkError(6)

    def _call(self, method: str, parameters: dict[str, Any], kind: str) -> dict[str, Any]:
        if method not in PARAMETERS:
            raise VkError(3)
        _check_right(method, kind)
        if kind == "community":
            raise VkError(27)
        if kind == "service" and method == "video.get":
            raise VkError(28)
        name, most = PARAMETERS[method]
        wanted = [_wanted(name, text) for text in str(parameters.get(name, "")).split(",")]
        if len(wanted) > most:
            raise VkError(100, f"{MESSAGES[100]}: {name} should be no more than {most}")
        if method == "wall.getById":
            items = self._items(KINDS[method], wanted)
            return {"items": items, **(owners_of(items, parameters) if parameters.get("extended") in {1, "1"} else {})}
        items = self._items(KINDS[method], wanted)[: _count_of(parameters)]
        return {"count": len(items), "items": items}

    def _items(self, kind: str, wanted: list[tuple[int, int, str]]) -> list[dict[str, Any]]:
        """Return the posts that are there, in an order of VK's own. One bad post fails them all."""
        for _, item, _ in wanted:
            if (which := truth.fate(item)) in truth.CODES:
                raise VkError(truth.CODES[which])
        items = [shown for owner, item, key in wanted for shown in self._shown(kind, owner, item, key)]
        self.random.shuffle(items)
        return items

    def _shown(self, kind: str, owner: int, item: int, key: str) -> list[dict[str, Any]]:
        which = truth.fate(item)
        growing = growth.of(owner, item) if kind == "wall" else None
        if growing and not growth.is_there(growing, time()):
            return []
        closed = which == Fate.LINK_ONLY and kind == "video" and key != truth.key(owner, item)
        if which == Fate.MISSING or closed:
            return []
        if self._replaced(kind, owner, item, which):
            return [item_of(kind, owner, STRANGER)]
        return [item_of(kind, owner, item)] * (2 if which == Fate.TWICE else 1)

    def _replaced(self, kind: str, owner: int, item: int, which: Fate | None) -> bool:
        if which == Fate.LATE:
            self._left_out[kind, owner, item] += 1
        return which == Fate.REPLACED or (which == Fate.LATE and self._left_out[kind, owner, item] <= 2)

    def _execute(self, code: str, kind: str) -> dict[str, Any]:
        """Put false in the place of a failed call, and list the errors in call order."""
        parts: list[Any] = []
        errors = []
        for method, parameters in _compiled(code):
            try:
                parts.append(self._inner(method, parameters, kind))
            except VkError as error:
                parts.append(False)
                errors.append({"method": method, **error.fields})
        if self._too_big(parts):
            raise VkError(13, f"{MESSAGES[13]}: response size is too big")
        return {"response": parts, **({"execute_errors": errors} if errors else {})}

    def _too_big(self, parts: list[Any]) -> bool:
        """Encode them only where their number leaves a doubt: an answer of megabytes takes time."""
        most = self.settings.most_bytes
        items = sum(len(part["items"]) for part in parts if part)
        return MOST_ITEM_BYTES * (1 + items) > most < len(json.dumps(parts))

    def _inner(self, method: str, parameters: dict[str, Any], kind: str) -> dict[str, Any]:
        asked = str(parameters.get(PARAMETERS.get(method, ("",))[0], ""))
        if fault := self.faults.take("inner", method, kind, asked=asked):
            raise planted(fault)
        return self._call(method, parameters, kind)


def _check_right(method: str, kind: str) -> None:
    if refusal := REFUSED.get(kind, {}).get(method):
        code, message, fields = refusal
        raise VkError(code, message, **fields)


def _compiled(code: str) -> list[tuple[str, dict[str, Any]]]:
    try:
        calls = inner_calls(code)
    except NotCompiledError:
        raise VkError(12) from None
    if len(calls) > INNER_CALLS:
        raise VkError(13, f"{MESSAGES[13]}: Too many API calls")
    return calls


def _wanted(name: str, text: str) -> tuple[int, int, str]:
    found = NAME.fullmatch(text.strip())
    if not found:
        raise VkError(100, f"{MESSAGES[100]}: {name} is undefined" if not text else "")
    return int(found[1]), int(found[2]), found[3] or ""


def _count_of(parameters: dict[str, Any]) -> int:
    text = str(parameters.get("count", COUNT))
    if not text.isascii() or not text.isdigit() or int(text) > PARAMETERS["video.get"][1]:
        raise VkError(100, f"{MESSAGES[100]}: count should be from 0 to {PARAMETERS['video.get'][1]}")
    return int(text)
