"""Requests per second of one credential or host, shared by all processes: one row each, on the database's clock."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, case, insert, select, update

from crawler.database import now, writing
from crawler.exceptions import Paused
from crawler.models import Budget


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a budget: its credential's kind, for how many more seconds it is paused (0: not), and why."""

    kind: str
    paused: float
    why: str


def states(engine: Engine, keys: Iterable[str]) -> dict[str, State]:
    """Read the budgets, and make those that are new."""
    wanted = sorted(set(keys))
    known = select(Budget.key, Budget.kind, Budget.paused_until - now(), Budget.why).where(Budget.key.in_(wanted))
    with writing(engine) as connection:
        found = {key: State(kind, max(0.0, left), why) for key, kind, left, why in connection.execute(known)}
        if new := [{"key": key} for key in wanted if key not in found]:
            connection.execute(insert(Budget), new)
    return {key: found.get(key, State("", 0.0, "")) for key in wanted}


def reserve(connection: Connection, key: str, rate: float) -> float:
    """Take the next slot and return how many seconds it lies ahead; raise `Paused` where there is none to take."""
    free = case((Budget.next_at > now(), Budget.next_at), else_=now())
    statement = (
        update(Budget)
        .where(Budget.key == key, Budget.paused_until <= now())
        .values(next_at=free + 1 / rate)
        .returning(Budget.next_at - 1 / rate - now())
    )
    delay = connection.execute(statement).scalar()
    if delay is None:
        raise Paused(key)
    return max(0.0, delay)


def pause(engine: Engine, key: str, seconds: float, why: str) -> None:
    """Stop everybody's requests on this budget for a while; a longer pause stays."""
    until = now() + seconds
    statement = update(Budget).where(Budget.key == key, Budget.paused_until < until)
    with engine.begin() as connection:
        connection.execute(statement.values(paused_until=until, why=why))


def learn(engine: Engine, key: str, kind: str) -> None:
    """Remember what kind a credential is."""
    with engine.begin() as connection:
        connection.execute(update(Budget).where(Budget.key == key).values(kind=kind))
