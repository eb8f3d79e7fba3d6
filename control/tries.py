"""Tries that a restart does not forget and all processes share: logins and registrations, by account and by address.

Several windows side by side make the delay grow, and nobody is locked out for good: whoever fails goes on waiting.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection, Engine, case, delete

from control import limits
from control.errors import TooManyRequests
from crawler.database import now, upsert, writing
from crawler.models import Tries


@dataclass(frozen=True, slots=True)
class Window:
    """So many tries of one kind in so many seconds."""

    kind: str
    seconds: float
    most: int


OF_ACCOUNT = (Window("account", 900, 10), Window("account", 10_800, 30), Window("account", 86_400, 60))


@dataclass(frozen=True, slots=True)
class Taken:
    """What a try leaves of its window; below 0: it was one too many."""

    window: Window
    remaining: int
    left: int  # seconds

    def tell(self) -> None:
        limits.tell(self.window.kind, self.window.most, int(self.window.seconds), max(0, self.remaining), self.left)


def of_address(kind: str, an_hour: int) -> tuple[Window, Window]:
    """Half of an hour's tries may come at once."""
    return Window(kind, 60, max(1, an_hour // 2)), Window(kind, 3600, an_hour)


def count(engine: Engine, given: Iterable[tuple[str, tuple[Window, ...]]]) -> None:
    """Count one try of each of these, names with their windows. Raises TooManyRequests, and then none is counted."""
    with writing(engine) as connection:
        taken = [_count(connection, who, window) for who, windows in given for window in windows]
        tightest = min(taken, key=lambda each: (each.remaining, -each.left))
        tightest.tell()
        if tightest.remaining < 0:
            raise TooManyRequests(f"Too many tries: come again in {tightest.left} s.", tightest.left)


def forget(engine: Engine, who: str, windows: tuple[Window, ...]) -> None:
    """Begin anew: the last try was right."""
    with engine.begin() as connection:
        connection.execute(delete(Tries).where(Tries.key.in_([_key(who, window) for window in windows])))


def _count(connection: Connection, who: str, window: Window) -> Taken:
    over = Tries.until <= now()
    begun = {"count": 1, "until": now() + window.seconds}
    again = {"count": case((over, 1), else_=Tries.count + 1), "until": case((over, begun["until"]), else_=Tries.until)}
    new = upsert(connection, Tries).values(key=_key(who, window), **begun)
    counted = new.on_conflict_do_update(index_elements=[Tries.key], set_=again)
    tries, left = connection.execute(counted.returning(Tries.count, Tries.until - now())).one()
    return Taken(window, window.most - tries, max(1, math.ceil(left)))


def _key(who: str, window: Window) -> str:
    """Of a form that any database can hold: a name is whatever somebody sends."""
    return sha256(f"{window.kind} {window.seconds} {who}".encode("utf-8", "surrogatepass")).hexdigest()
