"""Whose walls posts are on, as `extended` shows them (schema of API 5.199)."""

from typing import Any

PHOTO = "https://sun1-1.userapi.com/s/v1/ig2/{}.jpg?quality=95&as=32x32,48x48,72x72,108x108,160x160&from=bu&cs={}x{}"


def owners_of(items: list[dict[str, Any]], parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the people and communities that the posts and their reposts name, each once."""
    named = {item[which] for item in items for which in ("owner_id", "from_id")}
    named |= {one[which] for item in items for one in item.get("copy_history", ()) for which in ("owner_id", "from_id")}
    counts = "members_count" in str(parameters.get("fields", "")).split(",")
    return {
        "profiles": [_person(number) for number in sorted(named) if number > 0],
        "groups": [_community(-number, counts=counts) for number in sorted(named, reverse=True) if number < 0],
    }


def name(owner: int) -> str:
    return f"Имя{owner} Фамилия" if owner > 0 else f"Сообщество «{-owner}» <b>"


def members(owner: int) -> int:
    """Of a community."""
    return -owner * 7 % 1_000_000


def _person(number: int) -> dict[str, Any]:
    first, last = name(number).split()
    return {
        "id": number,
        "first_name": first,
        "last_name": last,
        "can_access_closed": True,
        "is_closed": False,
        "sex": 1,
        "screen_name": f"id{number}",
        "photo_50": PHOTO.format("p" * 60, 50, 50),
        "photo_100": PHOTO.format("p" * 60, 100, 100),
        "online": 0,
    }


def _community(number: int, *, counts: bool) -> dict[str, Any]:
    shown = {
        "id": number,
        "name": name(-number),
        "screen_name": f"club{number}",
        "is_closed": 0,
        "type": "group",
        "is_admin": 0,
        "is_member": 0,
        "is_advertiser": 0,
        "photo_50": PHOTO.format("g" * 60, 50, 50),
        "photo_100": PHOTO.format("g" * 60, 100, 100),
        "photo_200": PHOTO.format("g" * 60, 200, 200),
    }
    return shown | ({"members_count": members(-number)} if counts else {})
