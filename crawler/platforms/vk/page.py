"""VK's pages, read where no token may ask: one post a request, in whatever form VK's site has that year."""

import codecs
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from parsel import Selector, SelectorList

from crawler.platforms.contract import Again, Answer, Call, Gone, Measured, Outcome, Pause, Reply, Target, Want
from crawler.platforms.vk.access import Access
from crawler.platforms.vk.items import LARGEST, identity_of, items_of, read_post
from crawler.reasons import Reason

BLOCKED_SECONDS = 60.0
BLOCKING_STATUSES = {403, 418, 429}  # 418: the headers do not look like a browser's
BLOCKING_PATHS = {  # VK leads there with HTTP 200 in the end
    "429.html": "rate limit",  # RSS-Bridge/rss-bridge#2878
    "challenge.html": "puzzle",  # mikf/gallery-dl#9680
    "badbrowser.php": "user agent refused",  # JustAnotherArchivist/snscrape#1031
    "blank.php": "blocked for this country",  # JustAnotherArchivist/snscrape#68
    "login": "login wanted",
    "login.php": "login wanted",
    "security_check": "login wanted",
}
RATE_LIMIT_TITLE = re.compile(r"(Ошибка|Error) 429", re.IGNORECASE)
METHODS = {"wall": "wall.getById", "video": "video.get"}

END = "</html"  # without it, what is not on the page was cut off perhaps
CACHE = "apiPrefetchCache"
MOST_CACHES = 20  # a page has one or two; a text may repeat the word
EXACT = re.compile(r"(\d{1,3}(?:[ \u00a0\u202f\u2009,]\d{3})+|\d+)(?:\s+(?:просмотр\w*|views?))?", re.IGNORECASE)
SHORT = re.compile(r"\d[.,]?\d*\s*(?:[KMКМ]|тыс|млн)", re.IGNORECASE)
COUNTERS = (  # where the older sites had the number: elements, then what in them is exact
    ("data-count", "like_views", "@data-count"),
    ("data-count", "_views", "@data-count"),
    ("title", "like_views", "@title"),
    ("aria-label", "wall_item_views", "@aria-label"),
    ("PostBottomAction", "PostBottomAction--views", ".//*[contains(@class,'PostBottomAction__count')]//text()"),
)
COUNTER = " or ".join(f"contains(concat(' ',@class,' '),' {name} ')" for name in dict.fromkeys(c[1] for c in COUNTERS))


def calls(wants: Sequence[Want], access: Access) -> list[Call]:
    return [_call(want, access) for want in wants]


def _call(want: Want, access: Access) -> Call:
    target = want.target
    if target.kind == "wall":
        url = f"{access.site_url}/wall{target.owner}_{target.item}"
    else:
        url = f"{access.video_url}/video_ext.php?oid={target.owner}&id={target.item}"
    return Call(((want,),), url, f"host:{urlsplit(url).netloc}")


def read(call: Call, reply: Reply) -> Answer:
    """Read a page. HTTP 200 proves nothing: what VK puts in the way comes with it too."""
    want = call.wants[0]
    text = _decode(reply)
    if why := _blocked(reply, text):
        again = Again(want, Reason.BLOCKED, why, charged=True)
        return Answer({want.target: again}, trouble=Pause(BLOCKED_SECONDS, f"VK's site: {why}"), code=_code(reply))
    return Answer({want.target: _outcome(want, reply.status, text)})


def _decode(reply: Reply) -> str:
    """Decode by the header alone: vk.com sends windows-1251, m.vk.com utf-8, and <meta> is sometimes wrong."""
    found = re.search(r"charset=\"?([\w-]+)", reply.content_type, re.IGNORECASE)
    try:
        codec = codecs.lookup(found[1] if found else "utf-8").name
        return reply.body.decode(codec, errors="replace")
    except (LookupError, ValueError):
        return reply.body.decode("utf-8", errors="replace")


def _blocked(reply: Reply, text: str) -> str:
    """Say what VK puts in the way of the page, if it does."""
    if reply.status in BLOCKING_STATUSES:
        return f"HTTP {reply.status}"
    path = urlsplit(reply.url).path.strip("/")
    if path in BLOCKING_PATHS:
        return BLOCKING_PATHS[path]
    if found := re.search(r"<title[^>]*>([^<]*)", text[:20_000]):
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
    if not text.rstrip().endswith(">"):  # perhaps in the middle of the number
        return Again(want, Reason.BAD_RESPONSE, "the page is cut off", charged=True)
    if found := _from_markup(want.target, text) or in_json:
        return found
    return Again(want, Reason.LAYOUT_CHANGED, "nothing known is on the page", charged=True)  # VK is at work, perhaps


def _from_json(want: Want, text: str) -> Outcome | None:
    """Read the API's answers that the page brings along for its scripts."""
    method, ours = METHODS[want.target.kind], (want.target.owner, want.target.item)
    answers = [entry.get("response") for entry in _cached_answers(text) if entry.get("method") == method]
    items = [item for answer in answers for item in items_of(answer) or [] if identity_of(item) == ours]
    return read_post(want, items, f"page {method}") if items else None


def _cached_answers(text: str) -> Iterator[dict[str, Any]]:
    """Decode every list after the word: texts in it contain brackets and tags, so only a decoder finds its end."""
    decoder = json.JSONDecoder()
    for found in list(re.finditer(CACHE, text))[:MOST_CACHES]:
        start = text.find("[", found.end(), found.end() + 50)
        try:
            entries = decoder.raw_decode(text, start)[0] if start >= 0 else []
        except (ValueError, RecursionError):
            continue
        yield from (entry for entry in entries if isinstance(entry, dict)) if isinstance(entries, list) else ()


def _from_markup(target: Target, text: str) -> Measured | Gone | None:
    """Read the counter inside the post's own element: the first one of a page is often a neighbour's."""
    own = f"{target.owner}_{target.item}"
    page = Selector(text=text, type="html")
    posts = page.xpath("//*[@data-post-id=$own]", own=own)
    if not posts:
        return None
    mine = posts.xpath(f".//*[{COUNTER}][ancestor::*[@data-post-id][1]/@data-post-id=$own]", own=own)
    for source, name, where in COUNTERS:
        texts = mine.xpath(f"self::*[contains(concat(' ',@class,' '),' {name} ')]").xpath(where).getall()
        counts = {count for text in texts if (count := _exact(text)) is not None}
        if len(counts) == 1:
            return Measured(counts.pop(), f"page {source}")
    return Gone(Reason.VIEWS_HIDDEN, _what_is_there(mine)) if END in text else None


def _exact(text: str) -> int | None:
    """Read `1 234 просмотра`, never `1.2K`."""
    found = EXACT.fullmatch(text.strip())
    digits = re.sub(r"\D", "", found[1]) if found else ""
    return int(digits) if digits.isascii() and 0 < len(digits) <= 19 and int(digits) <= LARGEST else None


def _what_is_there(counters: SelectorList[Selector]) -> str:
    text = " ".join(counters.xpath(".//text()|@title|@aria-label").getall())
    return "only a shortened count is shown" if SHORT.search(text) else "the page shows no count"
