"""Counts attempts to log in and to register, by account and by address. A restart does not forget them, and all
processes share them.

Several windows of different lengths apply at once, so the delay grows with each failure, but nobody is locked out.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Connection, Double, Engine, Executable, Integer, bindparam, case, delete, or_, select

from control.errors import TooManyRequests
from control.times import DAY_SECONDS
from crawler.store.database import hurry, now, reading, upsert_of, writing
from crawler.store.models.accounts import Attempts

LEFT = Attempts.until - now()
COUNTED = select(Attempts.key, Attempts.count, LEFT).where(
    Attempts.key.in_(bindparam("keys", expanding=True)), LEFT > 0
)


@dataclass(frozen=True, slots=True)
class Window:
    """A limit: so many attempts of one kind in so many seconds."""

    kind: str
    seconds: float
    most: int


def _of_a_day(kind: str) -> tuple[Window, ...]:
    return Window(kind, 900, 10), Window(kind, 10_800, 30), Window(kind, DAY_SECONDS, 60)


OF_ACCOUNT = _of_a_day("account")
OF_CHANGES = _of_a_day("changes")  # of an account


@dataclass(frozen=True, slots=True)
class Taken:
    """What an attempt leaves of its window. Less than 0 left: it was one too many."""

    window: Window
    remaining: int
    left: int  # seconds


class Total(NamedTuple):
    """What a window has counted, when it ends on the database's clock, and for how many seconds it is `left`."""

    counted: int
    until: float
    left: float


class TooManyAttempts(TooManyRequests):
    def __init__(self, taken: Taken) -> None:
        super().__init__(f"Too many tries: come again in {taken.left} s.", taken.left)
        self.taken = taken


Counted = tuple[str, tuple[Window, ...]]


def of_user(user_id: str) -> Counted:
    """Count by the user whose password is tried."""
    return f"user {user_id}", OF_ACCOUNT


def of_login(user_id: str, spelling: str) -> tuple[Counted, Counted]:
    """Count by name, even if another user takes it later, and by user, even if they change their name.

    A name that no user has is counted twice as well, so that neither a number nor a time shows that nobody has it.
    """
    return (f"name {spelling}", OF_ACCOUNT), of_user(user_id or f"nobody {spelling}")


def of_address(kind: str, an_hour: int) -> tuple[Window, Window]:
    """Return the limits of an address. Half of an hour's attempts may come at once."""
    return Window(kind, 60, max(1, an_hour // 2)), Window(kind, 3600, an_hour)


def count(engine: Engine, given: Iterable[Counted]) -> Taken:
    """Count an attempt for each of these names in each of its windows. Return what is left of the tightest window.

    Raises TooManyAttempts, and then nothing is counted.
    """
    windows = {_key(who, window): window for who, their in given for window in their}
    with reading(engine) as connection:  # a caller with too many attempts hears it without waiting for a write lock
        if full := _full(connection, windows):
            raise TooManyAttempts(_tightest(full))
    with writing(engine) as connection:
        tightest = _tightest([_count(connection, key, window) for key, window in windows.items()])
        if tightest.remaining < 0:
            raise TooManyAttempts(tightest)
    return tightest


def _tightest(taken: list[Taken]) -> Taken:
    return min(taken, key=lambda each: (each.remaining, -each.left))


def forget(engine: Engine, *counted: Counted) -> None:
    """Forget the attempts of these, because the last one was right."""
    keys = [_key(who, window) for who, windows in counted for window in windows]
    with engine.begin() as connection:
        connection.execute(delete(Attempts).where(Attempts.key.in_(keys)))


def _full(connection: Connection, windows: Mapping[str, Window]) -> list[Taken]:
    """Find the windows that have no attempt left."""
    rows = connection.execute(COUNTED, {"keys": list(windows)}).all()
    full = [(windows[key], seconds) for key, tries, seconds in rows if tries >= windows[key].most]
    return [
        Taken(window, -1, max(1, math.ceil(seconds)))
        for window, seconds in full
        if seconds <= window.seconds  # otherwise the clock went back
    ]


def _count(connection: Connection, key: str, window: Window) -> Taken:
    total = _add(connection, key, window.seconds, 1)
    return Taken(window, window.most - total.counted, max(1, math.ceil(total.left)))


def add(engine: Engine, who: str, seconds: float, count: int) -> Total:
    """Add to what was counted in a window that all processes share. If the database dies, it may be forgotten."""
    with writing(engine) as connection:
        hurry(connection)
        return _add(connection, _hash(f"requests {seconds} {who}"), seconds, count)


def _add(connection: Connection, key: str, seconds: float, count: int) -> Total:
    given = {"of": key, "seconds": seconds, "more": count}
    return Total(*connection.execute(_adding(connection.dialect.name), given).one())


@cache
def _adding(dialect: str) -> Executable:
    count, seconds = bindparam("more", type_=Integer), bindparam("seconds", type_=Double)
    # A window that ends later than one that begins now was left behind when the clock went back.
    over = or_(Attempts.until <= now(), Attempts.until > now() + seconds)
    begun = {"count": count, "until": now() + seconds}
    again = {
        "count": case((over, count), else_=Attempts.count + count),
        "until": case((over, begun["until"]), else_=Attempts.until),
    }
    new = upsert_of(dialect, Attempts).values(key=bindparam("of"), **begun)
    counted = new.on_conflict_do_update(index_elements=[Attempts.key], set_=again)
    return counted.returning(Attempts.count, Attempts.until, LEFT)


def _key(who: str, window: Window) -> str:
    return _hash(f"{window.kind} {window.seconds} {who}")


def _hash(text: str) -> str:
    """Return a hash, because a name is whatever somebody sends and a database may not be able to store it."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
