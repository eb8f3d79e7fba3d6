"""Links to posts of VK, in every form in which people paste them.

Where we do not know how VK itself reads a link, ours may refuse it but must never take it for another post.
"""

import re
import unicodedata
from collections import Counter
from urllib.parse import parse_qsl, unquote

from crawler.platforms.contract import PAGE_KEY, Rejected, Target
from crawler.platforms.vk.advice import LONGEST, REASONS, of_link, of_name
from crawler.reasons import Reason

NAME = "vk"
LARGEST = 2**63 - 1  # the largest id or count of VK's that our database can store

SITES = {"vk.com", "vk.ru", "vkontakte.ru", "vkvideo.ru"}
HOSTS = SITES | {f"{prefix}.{site}" for prefix in ("m", "www", "new", "vksport") for site in SITES}
SHORTENERS = {"vk.cc"}
OTHER_SITES = {"vk.me", "live.vkvideo.ru", "vkplay.live", "live.vkplay.ru"}
PORTS = {"http": "80", "https": "443"}

WHITE = "\ufeff" + "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
INVISIBLE = {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"}  # Unicode's categories; Cs: half a character, from broken JSON
AROUND = {"<": ">", "(": ")", '"': '"'}  # pairs of signs that may enclose a link in a text
AFTER = (",", ";", ".", ")")  # signs that may follow a link in a sentence
ITEM = re.compile(r"(wall|video|clip)(-?[0-9]+)_([0-9]+)(?:_([A-Za-z0-9]+))?", re.ASCII | re.IGNORECASE)
NUMBER = re.compile(r"-?[0-9]+", re.ASCII)
COMMENT = re.compile(r"r[0-9]+", re.ASCII)
HASH = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
LIST_KEY = re.compile(r"[0-9a-f]+|ln-[A-Za-z0-9_-]+", re.ASCII | re.IGNORECASE)  # no key: where a visitor came from
PLAYLIST = re.compile(r"-?[0-9]+_[0-9]+(?:_[A-Za-z0-9]+)?", re.ASCII)
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
FIELDS = {"z", "w", "to", "hash", "list"} | {name for _, *names in EMBEDS.values() for name in names}  # that we read
MOST_FIELDS = 100  # of a query: its sender chooses how many there are, and each takes time
HOST = "|".join(map(re.escape, sorted(HOSTS)))
PLAIN = re.compile(rf"https?://(?:{HOST})/(wall|video|clip)(-?[0-9]+)_([0-9]+)", re.ASCII)


class Refusal(Exception):
    """Carries the detail of a `Rejected` out of the rules."""


def identify(text: str) -> Target | Rejected:
    """Find the post that a link names. It answers any text, never raises, and requests nothing."""
    try:
        if plain := PLAIN.fullmatch(text):  # nearly all links are plain, and this way is the fastest
            return _target(plain[1], plain[2], plain[3], "")
        return _target(*_read(text, unwrap=True))
    except Refusal as refusal:
        detail = str(refusal)
        if detail != "too_long":
            detail = of_link(detail, text.strip(WHITE))
        return Rejected(REASONS.get(detail, Reason.INVALID_LINK), detail)


def target(key: str, access_key: str) -> Target:
    """Rebuild the target of a stored post from its key, such as `wall-1_2`, and the text its link was `opened_by`."""
    found = ITEM.fullmatch(key)
    assert found, key
    return _target(found[1], found[2], found[3], access_key)


def canonical(key: str) -> str:
    """Return the address to show."""
    return f"https://vk.com/{key}"


def wall(key: str) -> str:
    """Return the address of the wall: a community's or a user's."""
    owner = target(key, "").owner
    return f"https://vk.com/{'club' if owner < 0 else 'id'}{abs(owner)}"


def _target(kind: str, owner: str, item: str, opened_by: str) -> Target:
    """Make a target. A clip is a video under another name: both share their ids, so both have the same key."""
    kind = "wall" if kind == "wall" else "video"
    access_key, _, page_key = opened_by.partition(PAGE_KEY)
    return Target(NAME, kind, _id(owner), _id(item), f"{kind}{owner}_{item}", access_key, page_key)


def _id(digits: str) -> int:
    plain = digits.removeprefix("-")
    if plain.startswith("0") or len(plain) > len(str(LARGEST)) or int(plain) > LARGEST:
        raise Refusal("bad_id")
    return int(digits)


def _read(text: str, *, unwrap: bool) -> tuple[str, str, str, str]:
    """Read the text as kind, owner, item and opening key."""
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
    """Take the link out of the sentence or the markup that it was copied from."""
    text = text.strip(WHITE).replace("&amp;", "&")
    text = _without_stop(text)
    if _is_wrapped(text):
        text = _without_stop(text[1:-1].strip(WHITE))
    if not text:
        raise Refusal("empty")
    if len(text) > LONGEST:
        raise Refusal("too_long")
    if "\\" in text or not (_ordinary(text) or _visible(text)):
        raise Refusal("bad_chars")
    return text


def _without_stop(text: str) -> str:
    return text[:-1].rstrip(WHITE) if text.endswith(AFTER) and not _is_wrapped(text) else text


def _is_wrapped(text: str) -> bool:
    return len(text) > 1 and AROUND.get(text[0]) == text[-1]


def _ordinary(text: str) -> bool:
    """Whether the text is visible ASCII. Nearly all links are, and this check is fast."""
    return text.isascii() and text.isprintable() and " " not in text


def _visible(text: str) -> bool:
    return INVISIBLE.isdisjoint(map(unicodedata.category, text))


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
    """Split off the scheme; an empty one means that the text is a path on VK's site."""
    if found := SCHEME.fullmatch(text):
        scheme = found[1].lower() if found[1].isascii() else ""
        if scheme not in PORTS:
            raise Refusal("bad_scheme")
        return scheme, found[2]
    if text.startswith("//"):
        return "https", text[2:]
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
    """Parse only the fields that matter, so that a query of thousands of fields costs hardly more than other text."""
    if query.count("&") >= MOST_FIELDS:
        raise Refusal("too_many_fields")
    ours = "&".join(filter(_may_be_ours, query.split("&"))) if query else ""
    return Fields(parse_qsl(ours, keep_blank_values=True, errors="replace") if ours else [])


def _may_be_ours(field: str) -> bool:
    name = field.partition("=")[0]
    return name in FIELDS or "%" in name  # an escaped name may be any


class Fields(dict[str, str]):
    """The parameters of a query. Reading one that stands there twice raises, because the link is ambiguous."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__(pairs)
        counts = Counter(name for name, _ in pairs) if len(pairs) > len(self) else {}
        self.twice = {name for name, count in counts.items() if count > 1}

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override] # strings only
        assert name in FIELDS, name
        if name in self.twice:
            raise Refusal("ambiguous")
        return super().get(name, default)


def _unwrapped(fields: Fields, *, unwrap: bool) -> tuple[str, str, str, str]:
    """Read the target of VK's own redirect in place of the link; a second redirect is refused."""
    if not unwrap or not fields.get("to"):
        raise Refusal("unsupported")
    return _read(fields.get("to"), unwrap=False)


def _embed(kind: str, owner_name: str, item_name: str, fields: Fields) -> tuple[str, str, str, str]:
    """Read the address of a widget or player. The `hash` of a wall post is an access key. The `hash` of a player opens
    only its page, because the API does not know it (ytdl-org/youtube-dl#4686).
    """
    owner, item = fields.get(owner_name), fields.get(item_name)
    if not NUMBER.fullmatch(owner) or not NUMBER.fullmatch(item) or item.startswith("-"):
        raise Refusal("unsupported" if owner and item else "unsupported_cut_off")
    hash_ = _hash(fields)
    if kind == "wall":
        return kind, owner, item, hash_
    return kind, owner, item, _list_key([], fields) + (f"{PAGE_KEY}{hash_}" if hash_ else "")


def _item(parts: list[str], fields: Fields) -> tuple[str, str, str, str]:
    name, rest = _name(parts)
    found = ITEM.fullmatch(name)
    if not found:
        raise Refusal(of_name("/".join(parts)))
    kind, owner, item, third = found[1].lower(), found[2], found[3], found[4] or ""
    if kind == "wall":
        return kind, owner, item, third if third and not COMMENT.fullmatch(third) else _hash(fields)
    return kind, owner, item, third or _list_key(rest, fields)


def _name(parts: list[str]) -> tuple[str, list[str]]:
    """Split into the part that names the item and those after it."""
    first = parts[0].lower()
    if first == "playlist" and len(parts) > 2 and PLAYLIST.fullmatch(parts[1]) and parts[2].lower().startswith("video"):
        return parts[2], parts[3:]
    if first == "video" and len(parts) > 1:
        return f"video{parts[1]}", parts[2:]
    return parts[0], parts[1:]


def _list_key(rest: list[str], fields: Fields) -> str:
    """Return the key of a video that only its link opens: it follows the item in `z`, or stands in `list`."""
    after = rest[0] if rest and fields.get("z") else ""
    return next((key for key in (after, fields.get("list")) if LIST_KEY.fullmatch(key)), "")


def _hash(fields: Fields) -> str:
    given = fields.get("hash")
    return given if HASH.fullmatch(given) else ""
