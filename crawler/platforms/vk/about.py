"""What an answer says of a post beside its counts: when it was published, and whether as an advertisement.

Fields of schema 5.199: `date`, `edited`, `owner_id`, `marked_as_ads`, `author_ad.ad_marker` (the erid), `text`.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from crawler.platforms.contract import About
from crawler.platforms.vk.links import LARGEST

LATEST = 253_402_300_799  # the end of the year 9999
LONGEST_NAME = 200  # characters of a wall's name that are kept
MOST_ERIDS = 5
MOST_TEXT = 20_000  # characters looked through
ERID = re.compile(r"(?<![A-Za-z0-9_])erid\s{0,3}[:=]?\s{0,3}([A-Za-z0-9]{6,40})(?![A-Za-z0-9])", re.IGNORECASE)
MARKER = re.compile(r"[A-Za-z0-9]{6,40}")


class Owner(NamedTuple):
    """What a wall is called, and how many members its community has, where VK says so."""

    name: str
    members: int | None = None


Owners = Mapping[int, Owner]
NO_OWNERS: Owners = MappingProxyType({})


def owners_of(response: object) -> Owners:
    """Read whose walls an answer with `extended` names: people by their numbers, communities by negative ones."""
    fields = response if isinstance(response, dict) else {}
    people = ((_id(one), one) for one in _objects(fields.get("profiles")))
    communities = ((-_id(one), one) for one in _objects(fields.get("groups")))
    named = {id_: Owner(_full_name(one)) for id_, one in people}
    named |= {id_: Owner(_text(one.get("name")), _members(one.get("members_count"))) for id_, one in communities}
    return {id_: owner for id_, owner in named.items() if id_ and owner.name}


def _objects(given: object) -> list[dict[str, Any]]:
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _id(one: dict[str, Any]) -> int:
    """Return the number; 0, which nobody has, where there is none."""
    id_ = one.get("id")
    return id_ if type(id_) is int and 0 < id_ <= LARGEST else 0


def _full_name(one: dict[str, Any]) -> str:
    return _text(" ".join(name for part in ("first_name", "last_name") if (name := _text(one.get(part)))))


def _text(given: object) -> str:
    """Keep what can be shown and stored: a name is somebody's own choice."""
    shown = "".join(letter for letter in given[:LONGEST_NAME] if letter.isprintable()) if isinstance(given, str) else ""
    return shown.strip()


def _members(given: object) -> int | None:
    return given if type(given) is int and 0 <= given <= LARGEST else None


def said_of(item: dict[str, Any], owners: Owners = NO_OWNERS) -> About:
    """Read what VK says of a post. VK is not trusted: a field that makes no sense counts as missing."""
    owner = item.get("owner_id")
    owner = owner if type(owner) is int and abs(owner) <= LARGEST else None
    known = owners.get(owner or 0)
    return About(
        published_at=_time(item.get("date")),
        edited_at=_time(item.get("edited")),
        marked_as_ads=_flag(item.get("marked_as_ads")),
        erids=_erids(item),
        owner=owner,
        owner_name=known.name if known else "",
        members=known.members if known else None,
    )


def _time(value: object) -> int | None:
    """Read seconds since 1970; VK writes 0 where it has no time to tell."""
    return value if type(value) is int and 0 < value <= LATEST else None


def _flag(value: object) -> bool | None:
    return bool(value) if type(value) in {int, bool} and value in {0, 1} else None


def _erids(item: dict[str, Any]) -> tuple[str, ...]:
    """Return the erid of VK's own field and then those in the text, each once."""
    ad, text = item.get("author_ad"), item.get("text")
    marker = ad.get("ad_marker") if isinstance(ad, dict) else None
    own = [marker] if isinstance(marker, str) and MARKER.fullmatch(marker) else []
    found = ERID.findall(text[:MOST_TEXT]) if isinstance(text, str) else []
    return tuple(dict.fromkeys([*own, *found]))[:MOST_ERIDS]
