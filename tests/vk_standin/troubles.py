"""Random trouble: what networks, proxies and VK itself do to a share of all answers."""

import gzip
import json
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any, NamedTuple

HTML, JSON = "text/html; charset=utf-8", "application/json; charset=utf-8"
CACHE = "apiPrefetchCache"  # in pages
AWAY = 10**12  # so far from the ids asked for are those that `wrong_ids` answers for; their fates are the same
BOMB_BYTES = 9 * 1024 * 1024
ELSEWHERE = "http://elsewhere.invalid/"

VALUES: dict[str, Callable[[int], Any]] = {  # what becomes of the views of every item
    "negative": lambda count: -count - 1,
    "float": lambda count: count + 0.5,
    "string": str,
    "huge": lambda _: 2**64,
}
CODES = {f"error_{code}": code for code in (1, 5, 6, 9, 10, 14, 29)}
PAGES = {
    "status_502_html": "<html><title>502 Bad Gateway</title><center>nginx</center></html>",
    "html": "<html><title>Технические работы</title><p>Скоро вернёмся, 7 просмотров</p></html>",
    "login_page": "<html><title>Вход</title><form action='/login'><input name='email'></form></html>",
}
STATUSES = {"status_500": 500, "status_502_html": 502, "status_429": 429, "status_403": 403}
REDIRECTS = ("redirect_302", "redirect_loop")
BODIES = ("garbage", "truncated", "empty", "gzip_bomb")
ON_THE_WIRE = ("hang", "reset", "cut", "slow")
ITEMS = ("wrong_ids", "duplicate_ids", *VALUES)
KINDS = tuple(dict.fromkeys((*STATUSES, *REDIRECTS, *CODES, *BODIES, *PAGES, *ON_THE_WIRE, *ITEMS)))
LONG_PAUSES = {"error_5", "error_14", "error_29"}  # a token rests for many minutes after these
USUAL = tuple(kind for kind in KINDS if kind not in LONG_PAUSES)


class Reply(NamedTuple):
    """An HTTP answer; `location` is where a redirect leads."""

    status: int
    content_type: str
    body: bytes
    location: str = ""
    encoding: str = ""


def listed(names: str) -> tuple[str, ...]:
    """Read a comma separated list of kinds, the usual ones if it is empty; ValueError names what is none."""
    kinds = tuple(name.strip() for name in names.split(",") if name.strip())
    if unknown := set(kinds) - set(KINDS):
        raise ValueError(f"no such trouble: {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}")
    return kinds or USUAL


def draw(random: Random, share: float, names: str, *, page: bool = False) -> str:
    """Draw the trouble of one answer, mostly none. A page has no errors of the API."""
    kinds = [kind for kind in listed(names) if not (page and kind in CODES)]
    return random.choice(kinds) if share and kinds and random.random() < share else ""


def fault(kind: str) -> dict[str, Any] | None:
    return {"code": CODES[kind]} if kind in CODES else None


def answer(kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """Change the items of an answer of the API, inside of `execute` too."""
    parts = given.get("response") if kind in ITEMS else None
    for part in parts if isinstance(parts, list) else [parts]:
        if isinstance(part, dict) and "items" in part:
            part["items"] = _items(kind, part["items"])
    return given


def _items(kind: str, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if kind == "wrong_ids":
        return [{**item, "id": item["id"] + AWAY} for item in items]
    if kind == "duplicate_ids":
        return items + [_counting(item, lambda count: count + 1) for item in items]
    return [_counting(item, VALUES[kind]) for item in items]


def _counting(item: dict[str, Any], count: Callable[[int], Any]) -> dict[str, Any]:
    views = item.get("views")
    if isinstance(views, dict) and type(views.get("count")) is int:
        return {**item, "views": {**views, "count": count(views["count"])}}
    return {**item, "views": count(views)} if type(views) is int else item


def text(kind: str, shown: str) -> str:
    """Change the items that a page brings along as JSON."""
    if kind not in ITEMS or CACHE not in shown:
        return shown
    start = shown.index("[", shown.index(CACHE))
    entries, end = json.JSONDecoder().raw_decode(shown, start)
    changed = json.dumps([answer(kind, entry) for entry in entries]).replace("</", "<\\/")
    return shown[:start] + changed + shown[end:]


def reply(kind: str, uri: str, right: Reply) -> Reply:
    """Put something in the place of the right reply to a request of this address."""
    if kind in STATUSES or kind in PAGES:
        return Reply(STATUSES.get(kind, 200), HTML, PAGES.get(kind, "").encode())
    if kind in REDIRECTS:
        return Reply(302, HTML, b"", ELSEWHERE if kind == "redirect_302" else uri)
    return _with_body(kind, right)


def _with_body(kind: str, right: Reply) -> Reply:
    if kind == "gzip_bomb":
        return right._replace(body=_bomb() + gzip.compress(right.body), encoding="gzip")
    bodies = {"garbage": bytes(range(256)), "truncated": right.body[: len(right.body) // 2], "empty": b""}
    return right._replace(body=bodies.get(kind, right.body))


@cache
def _bomb() -> bytes:
    """White space before an answer is right in JSON: only its size is wrong."""
    return gzip.compress(b" " * BOMB_BYTES)
