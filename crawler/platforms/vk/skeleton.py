"""An answer of VK without what people wrote. A white list keeps ids, dates, counters, flags, codes and the names of
elements; of a text only the length is kept. It can go into a bug report, and our parser can still read it.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from crawler.platforms.contract import Reply
from crawler.platforms.vk import counts, page
from crawler.platforms.vk.markup import Tag, TooMuch, pieces

NUMBERS = re.compile(
    r"(\w+_)?(id|ids|date|edited|count|views|likes|comments|reposts|duration|code|subcode|type|status)"
    r"|(is|can|has|marked)_\w+|content_restricted|processing|live|error_\w+",
    re.ASCII,
)
WORDS = {"type", "method", "version", "post_type", "platform"}  # of VK's own vocabulary
NAME = re.compile(r"\w{1,60}", re.ASCII)
NEVER = {"request_params", "access_token", "access_key", "hash"}  # these contain a token, or open a closed post
ATTRIBUTES = ("id", "class", "data-testid", "data-post-id", "name", "rel", "role")
COUNTERS = ("title", "aria-label", "data-count")
CLEAN = re.compile(r"[^\w\s-]", re.ASCII)
MOST_DEPTH = 40


def of(reply: Reply) -> tuple[str, str]:
    """Return what may be kept of an answer, and its format: `json` or `html`."""
    text = reply.body.decode(errors="replace")
    try:
        return json.dumps(_value("", json.loads(text), 0), indent=1), "json"
    except (ValueError, RecursionError):
        return "".join([*_scripts(text), *_elements(text)]), "html"


def _scripts(html: str) -> Iterator[str]:
    """Yield the API's answers that a page contains."""
    answers = [_value("", answer, 0) for answer in page.cached_answers(html)]
    if answers:
        shown = json.dumps(answers).replace("</", "<\\/")
        yield f"<script>window.cur = {{{page.CACHE}: {shown}}};</script>\n"


def _value(name: str, value: Any, depth: int) -> Any:
    if depth > MOST_DEPTH:
        return None
    if isinstance(value, dict):
        named = ((key, each) for key, each in value.items() if NAME.fullmatch(key) and key not in NEVER)
        return {key: _value(key, each, depth + 1) for key, each in named}
    if isinstance(value, list):
        return [_value(name, each, depth + 1) for each in value]
    if isinstance(value, str):
        return value if name in WORDS and NAME.fullmatch(value.replace(".", "_")) else f"text of {len(value)}"
    return value if value is None or isinstance(value, bool) or NUMBERS.fullmatch(name) else 0


def _elements(html: str) -> Iterator[str]:
    try:
        for piece in pieces(html, ("=",)):
            yield _tag(piece) if isinstance(piece, Tag) else _text(piece)
    except TooMuch:
        yield "<!-- and more elements than are read -->"


def _tag(tag: Tag) -> str:
    name = CLEAN.sub("", tag.name)
    if tag.ends:
        return f"</{name}>\n"
    kept = [f' {key}="{CLEAN.sub("", tag.value(key))[:100]}"' for key in ATTRIBUTES if tag.value(key)]
    kept += [f' {key}="{_counter(tag.value(key))}"' for key in COUNTERS if tag.value(key)]
    return f"<{name}{''.join(kept)}>"


def _text(text: str) -> str:
    return _counter(text.strip()) if text.strip() else ""


def _counter(text: str) -> str:
    """Keep a printed number as it is; of any other text keep only the length."""
    exact = counts.exact(text)
    if exact is not None:
        return str(exact)
    return "1.2K" if len(text) < 20 and counts.is_short(text) else f"text of {len(text)}"
