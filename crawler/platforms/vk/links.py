"""Links to posts of VK, in every form in which people paste them.

Where VK's own reading of a link is not known, ours may refuse it, but must not take it for another post.
"""

import re
import unicodedata
from collections import Counter
from urllib.parse import parse_qsl, unquote

from crawler.platforms.contract import Rejected, Target
from crawler.reasons import Reason

NAME = "vk"
LONGEST = 2048
LARGEST = 2**63 - 1

SITES = {"vk.com", "vk.ru", "vkontakte.ru", "vkvideo.ru"}
HOSTS = SITES | {f"{prefix}.{site}" for prefix in ("m", "www", "new", "vksport") for site in SITES}
SHORTENERS = {"vk.cc"}
OTHER_SITES = {"vk.me", "live.vkvideo.ru", "vkplay.live", "live.vkplay.ru"}
PORTS = {"http": "80", "https": "443"}

ADVICE = {
    "empty": "Send the address of a post, such as https://vk.com/wall-1_2.",
    "too_long": f"The link is longer than {LONGEST} characters: send the post's own address.",
    "bad_chars": "There is a space, a backslash or an invisible character inside: send one plain address.",
    "bad_scheme": "The link must begin with http:// or https://.",
    "bad_host": "The link does not lead to VK: vk.com, vk.ru, vkontakte.ru and vkvideo.ru are known.",
    "ambiguous": "The link names more than one post: send the address of the one that you mean.",
    "bad_id": "The number of the owner or of the post is not one that VK gives.",
    "unsupported": "Only wall posts, videos and clips have view counts that can be read.",
    "short_link": "Open the short link in a browser and send the address it leads to.",
}
REASONS = {"unsupported": Reason.UNSUPPORTED, "short_link": Reason.SHORT_LINK}

WHITE = "\ufeff" + "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
INVISIBLE = {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"}  # Unicode's categories; Cs: half a character, from broken JSON
ITEM = re.compile(r"(wall|video|clip)(-?[0-9]+)_([0-9]+)(?:_([A-Za-z0-9]+))?", re.ASCII | re.IGNORECASE)
NUMBER = re.compile(r"-?[0-9]+", re.ASCII)
COMMENT = re.compile(r"r[0-9]+", re.ASCII)
HASH = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
HEX = re.compile(r"[0-9a-f]+", re.ASCII | re.IGNORECASE)
SCHEME = re.compile(r"([^/?#]*?)://(.*)", re.DOTALL)
OTHER_SCHEME = re.compile(r"[^/?#]*:(?![0-9]+(?:[/?#]|$))")
ADDRESS = re.compile(r"[./?:#]")
AFTER_HOST = re.compile(r"[/?#]")
EMBEDS = {  # path: kind, parameters of owner and item
    "widget_post.php": ("wall", "owner_id", "post_id"),
    "video_ext.php": ("video", "oid", "id"),
    "video_embed": ("video", "oid", "id"),
    "clip_ext.php": ("clip", "oid", "id"),
}
AWAY = "away.php"
HOST = "|".join(map(re.escape, sorted(HOSTS)))
PLAIN = re.compile(rf"https?://(?:{HOST})/(wall|video|clip)(-?[0-9]+)_([0-9]+)", re.ASCII)


class Refusal(Exception):
    """Carries the detail of a `Rejected` out of the rules."""


def identify(text: str) -> Target | Rejected:
    """Find the post that a link names. Total: any text has an answer, and none is ever requested."""
    try:
        if plain := PLAIN.fullmatch(text):  # nearly all are: most of 100,000 are then read in a third of the time
            return _target(plain[1], plain[2], plain[3], "")
        return _target(*_read(text, unwrap=True))
    except Refusal as refusal:
        detail = str(refusal)
        return Rejected(REASONS.get(detail, Reason.INVALID_LINK), detail)


def target(key: str, access_key: str) -> Target:
    """Rebuild the target of a stored post from its key, such as `wall-1_2`."""
    found = ITEM.fullmatch(key)
    assert found, key
    return _target(found[1], found[2], found[3], access_key)


def canonical(key: str) -> str:
    """Return the address to show."""
    return f"https://vk.com/{key}"


def _target(kind: str, owner: str, item: str, access_key: str) -> Target:
    """A clip is a video by another name: they share their ids, so they share one key."""
    kind = "wall" if kind == "wall" else "video"
    return Target(NAME, kind, _id(owner), _id(item), f"{kind}{owner}_{item}", access_key)


def _id(digits: str) -> int:
    plain = digits.removeprefix("-")
    if plain.startswith("0") or len(plain) > len(str(LARGEST)) or int(plain) > LARGEST:
        raise Refusal("bad_id")
    return int(digits)


def _read(text: str, *, unwrap: bool) -> tuple[str, str, str, str]:
    """Read the text as kind, owner, item and access key."""
    path, query = _split(_clean(text))
    fields = _fields(query)
    part = unquote(path, errors="replace").strip("/").split("/")
    z, w = fields.get("z"), fields.get("w")
    if overlay := z or w:
        return _item(overlay.split("/"), fields)
    if part[0].lower() == AWAY and len(part) == 1:
        return _unwrapped(fields, unwrap=unwrap)
    if part[0].lower() in EMBEDS and len(part) == 1:
        return _embed(*EMBEDS[part[0].lower()], fields)
    return _item(part, fields)


def _clean(text: str) -> str:
    text = text.strip(WHITE)
    if not text:
        raise Refusal("empty")
    if len(text) > LONGEST:
        raise Refusal("too_long")
    if "\\" in text or not (_ordinary(text) or all(map(_visible, text))):
        raise Refusal("bad_chars")
    return text


def _ordinary(text: str) -> bool:
    """Whether it is visible ASCII: so are nearly all links, and this is told at once."""
    return text.isascii() and text.isprintable() and " " not in text


def _visible(character: str) -> bool:
    return unicodedata.category(character) not in INVISIBLE


def _split(text: str) -> tuple[str, str]:
    """Split into path and query, once scheme and host are known to be VK's."""
    scheme, rest = _scheme(text)
    if not scheme:
        return rest, ""
    end = AFTER_HOST.search(rest)
    host, tail = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    _check_host(scheme, host)
    path, _, query = tail.partition("#")[0].partition("?")
    return path, query


def _scheme(text: str) -> tuple[str, str]:
    """Split off the scheme; an empty one means that the text is a path of VK."""
    if found := SCHEME.fullmatch(text):
        scheme = found[1].lower() if found[1].isascii() else ""
        if scheme not in PORTS:
            raise Refusal("bad_scheme")
        return scheme, found[2]
    if not ADDRESS.search(text):
        return "", text
    if OTHER_SCHEME.match(text):
        raise Refusal("bad_scheme")
    return "https", text


def _check_host(scheme: str, host: str) -> None:
    if not host.isascii():
        raise Refusal("bad_host")
    name, colon, port = host.lower().partition(":")
    if colon and port != PORTS[scheme]:
        raise Refusal("bad_host")
    if name in SHORTENERS:
        raise Refusal("short_link")
    if name in OTHER_SITES:
        raise Refusal("unsupported")
    if name not in HOSTS:
        raise Refusal("bad_host")


def _fields(query: str) -> "Fields":
    return Fields(parse_qsl(query, keep_blank_values=True, errors="replace") if query else [])


class Fields(dict[str, str]):
    """The parameters of a query; one that is read and stands twice makes the link ambiguous."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__(pairs)
        counts = Counter(name for name, _ in pairs) if len(pairs) > len(self) else {}
        self.twice = {name for name, count in counts.items() if count > 1}

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override] # strings only
        if name in self.twice:
            raise Refusal("ambiguous")
        return super().get(name, default)


def _unwrapped(fields: Fields, *, unwrap: bool) -> tuple[str, str, str, str]:
    """Read the target of VK's own redirect instead, once."""
    if not unwrap or not fields.get("to"):
        raise Refusal("unsupported")
    return _read(fields.get("to"), unwrap=False)


def _embed(kind: str, owner_name: str, item_name: str, fields: Fields) -> tuple[str, str, str, str]:
    """Read the address of a widget or player. The `hash` of a player is no access key, that of a wall post is."""
    owner, item = fields.get(owner_name), fields.get(item_name)
    if not NUMBER.fullmatch(owner) or not NUMBER.fullmatch(item) or item.startswith("-"):
        raise Refusal("unsupported")
    return kind, owner, item, _hash(fields) if kind == "wall" else ""


def _item(part: list[str], fields: Fields) -> tuple[str, str, str, str]:
    found = ITEM.fullmatch(part[0])
    if not found:
        raise Refusal("unsupported")
    kind, owner, item, third = found[1].lower(), found[2], found[3], found[4] or ""
    if kind == "wall":
        return kind, owner, item, third if third and not COMMENT.fullmatch(third) else _hash(fields)
    second = part[1] if len(part) > 1 and fields.get("z") and HEX.fullmatch(part[1]) else ""
    return kind, owner, item, third or second


def _hash(fields: Fields) -> str:
    given = fields.get("hash")
    return given if HASH.fullmatch(given) else ""
