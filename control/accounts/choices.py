"""What a user has chosen for the pages: language, time zone, theme. A bad choice counts as none."""

from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import Engine, update

from control.times import NO_ZONE
from crawler.store.models.accounts import User

LANGUAGES = ("ru", "en")
THEMES = ("light", "dark")  # none: the theme of the user's system


@cache
def time_zones() -> tuple[str, ...]:
    """Return the names of zones that are named after places, such as Europe/Moscow, and UTC."""
    return ("UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")))


def zone(name: str) -> ZoneInfo:
    """Load a time zone. Raises ValueError if there is none of this name."""
    if name not in time_zones():
        raise ValueError(NO_ZONE)
    return ZoneInfo(name)


def save(engine: Engine, user_id: str, **chosen: str | None) -> None:
    """Store those of `language`, `time_zone` and `theme` that are given."""
    values: dict[str, Any] = {name: chosen[name] for name in ("language", "time_zone", "theme") if name in chosen}
    with engine.begin() as connection:
        connection.execute(update(User).where(User.id == user_id).values(values))
