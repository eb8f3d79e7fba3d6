"""VK's pages, which are read where no token can be used: one request for each post, in any layout that VK has had."""

import codecs
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

from crawler.platforms.contract import Again, Answer, Call, Gone, Measured, Outcome, Pause, Reply, Want
from crawler.platforms.vk.about import owners_of
from crawler.platforms.vk.access import Access
from crawler.platforms.vk.counts import is_short
from crawler.platforms.vk.items import items_of, of_post, read_post
from crawler.platforms.vk.markup import TooMuch
from crawler.platforms.vk.planning import METHODS
from crawler.platforms.vk.refusals import read_sentence
from crawler.platforms.vk.shown import Shown
from crawler.reasons import Reason

BLOCKED_SECONDS = 60.0
BLOCKING_STATUSES = {403, 418, 429}  # 418: the headers do not look like a browser's
BLOCKING_PATHS = {  # VK redirects to these, and the last answer has status 200
    "429.html": "rate limit",  # RSS-Bridge/rss-bridge#2878
    "challenge.html": "puzzle",  # mikf/gallery-dl#9680
    "badbrowser.php": "user agent refused",  # JustAnotherArchivist/snscrape#1031
    "blank.php": "blocked for this country",  # JustAnotherArchivist/snscrape#68
    "login": "login wanted",
    "login.php": "login wanted",
    "security_check": "login wanted",
}
RATE_LIMIT_TITLE = re.compile(r"(Ошибка|Error) 429", re.IGNORECASE)

CUT_OFF = "the page is cut off"
END = "</html"  # a page without it may have been cut off
CACHE = "apiPrefetchCache"
MOST_CACHES = 20  # a page has one or two, but a text on it may repeat the word
CHARSETS = {"utf-8", "cp1251"}  # VK uses these; others that Python knows take quadratic time, such as punycode


def calls(wants: Sequence[Want], access: Access) -> list[Call]:
    return [_call(want, access) for want in wants]


def _call(want: Want, access: Access) -> Call:
    """Ask with the keys of the link. It is unverified that the player accepts an access key as `list`."""
    target = want.target
    if target.kind == "wall":
        query = urlencode({"hash": target.access_key}) if target.access_key else ""
        url = f"{access.site_url}/wall{target.owner}_{target.item}{query and '?'}{query}"
    else:
        keys = {"list": target.access_key, "hash": target.page_key}
        given = {name: key for name, key in keys.items() if key}
        query = urlencode({"oid": target.owner, "id": target.item} | given)
        url = f"{access.video_url}/video_ext.php?{query}"
    return Call(((want,),), url, f"host:{urlsplit(url).netloc}{access.egress and ' from '}{access.egress}")


def read(call: Call, reply: Reply) -> Answer:
    """Read a page. HTTP 200 proves nothing, because VK's blocking pages have that status too."""
    want = call.wants[0]
    text = _decode(reply)
    if why := _blocked(reply, text):
        again = Again(want, Reason.BLOCKED, why, charged=True)
        return Answer({want.target: again}, trouble=Pause(BLOCKED_SECONDS, f"VK's site: {why}"), code=_code(reply))
    return Answer({want.target: _outcome(want, reply.status, text)})


def _decode(reply: Reply) -> str:
    """Decode by the header alone, because <meta> is sometimes wrong: vk.com sends windows-1251 and m.vk.com utf-8."""
    found = re.search(r"charset=\"?([\w-]+)", reply.content_type, re.IGNORECASE)
    try:
        charset = codecs.lookup(found[1] if found else "utf-8").name
    except LookupError:
        charset = "utf-8"
    return reply.body.decode(charset if charset in CHARSETS else "utf-8", errors="replace")


def _blocked(reply: Reply, text: str) -> str:
    """Name the obstacle that VK answered with in place of the page; empty if there is none."""
    if reply.status in BLOCKING_STATUSES:
        return f"HTTP {reply.status}"
    path = urlsplit(reply.url).path.strip("/")
    if path in BLOCKING_PATHS:
        return BLOCKING_PATHS[path]
    if found := re.search(r"<title[^<>]*>([^<]*)", text[:20_000]):
        return "rate limit" if RATE_LIMIT_TITLE.search(found[1]) else ""
    unknown = CACHE not in text and "data-post-id" not in text
    return "puzzle" if unknown and "hash429" in text and "salt" in text else ""


def _code(reply: Reply) -> str:
    return "blocked" if reply.status == 200 else ""


def _outcome(want: Want, status: int, text: str) -> Outcome:
    if status == 404 and "page_not_found_placeholder" in text:
        return Gone(Reason.NOT_FOUND, "the page says that there is no such post")
    if status != 200:
        return Again(want, Reason.VK_ERROR, f"HTTP {status}", charged=True)
    in_json = _from_json(want, text)
    if in_json and (isinstance(in_json, Measured) or in_json.reason != Reason.VIEWS_HIDDEN):
        return in_json
    if not text.rstrip().endswith(">"):  # the page may have been cut off in the middle of the number
        return Again(want, Reason.BAD_RESPONSE, CUT_OFF, charged=True)
    try:
        return _from_markup(want, text) or in_json or _unknown(want)
    except TooMuch:
        return Again(want, Reason.BAD_RESPONSE, "more elements than a page has", charged=True)


def _unknown(want: Want) -> Again:
    return Again(want, Reason.LAYOUT_CHANGED, "nothing known is on the page", charged=True)  # VK may be in maintenance


def _from_json(want: Want, text: str) -> Outcome | None:
    """Read the API's answers that the page contains for its scripts."""
    method, *_ = METHODS[want.target.kind]
    answers = [entry.get("response") for entry in cached_answers(text) if entry.get("method") == method]
    items = of_post(want, [item for answer in answers for item in items_of(answer) or []])
    owners = {id_: owner for answer in answers for id_, owner in owners_of(answer).items()}
    return read_post(want, items, f"page {method}", owners) if items else None


def cached_answers(text: str) -> Iterator[dict[str, Any]]:
    """Decode every list that follows the word. Only a JSON decoder finds its end: texts contain brackets and tags."""
    decoder = json.JSONDecoder()
    place, left = 0, len(text)  # `left`: how many characters may still be read without finding a list
    for _ in range(MOST_CACHES):
        word = text.find(CACHE, place)
        if word < 0 or left < 0:
            return
        place = word + len(CACHE)
        start = text.find("[", place, place + 50)
        try:
            entries, place = decoder.raw_decode(text, start) if start >= 0 else ([], place)
        except (ValueError, RecursionError) as error:
            left -= error.pos - start if isinstance(error, json.JSONDecodeError) else len(text)
            continue
        yield from (entry for entry in entries if isinstance(entry, dict)) if isinstance(entries, list) else ()


def _from_markup(want: Want, text: str) -> Outcome | None:
    """Read the counter inside the post's own element, because the first counter on a page is often another post's. If
    there is none, read VK's refusal, or that the post is shown without a number.
    """
    shown = Shown(text, f"{want.target.owner}_{want.target.item}")
    wall = want.target.kind == "wall"  # a video and a post may have the same numbers
    if wall and (count := shown.count()):
        return Measured(count[0], f"page {count[1]}")
    if refusal := _refusal(want, shown):
        return refusal
    if not (wall and shown.post):
        return None
    if END not in text:
        return Again(want, Reason.BAD_RESPONSE, CUT_OFF, charged=True)
    why = "only a shortened count is shown" if is_short(shown.words) else "the page shows no count"
    return Gone(Reason.VIEWS_HIDDEN, why)


def _refusal(want: Want, shown: Shown) -> Gone | Again | None:
    """Read the refusal that VK shows in the post's place; None if there is none."""
    if shown.closed and not shown.post:
        return Gone(Reason.PRIVATE, "profile_closed")
    if not shown.sentence.strip():
        return None
    if not shown.whole:
        return Again(want, Reason.BAD_RESPONSE, CUT_OFF, charged=True)
    return read_sentence(want, shown.sentence, player=shown.player)
