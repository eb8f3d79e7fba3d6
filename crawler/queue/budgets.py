"""Requests per second of one credential or host, shared by all processes: one row each, on the database's clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    Engine,
    and_,
    bindparam,
    case,
    func,
    literal,
    not_,
    or_,
    select,
    update,
)

from crawler.store.database import now, reading, upsert, upsert_of
from crawler.store.models.runs import Budget

AHEAD_SECONDS = 60.0  # how far ahead slots are reserved


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a budget: its credential's kind, for how many more seconds it is paused (0: not), and why, and
    the methods that its credential has no right to.
    """

    kind: str
    paused: float
    why: str
    lacks: tuple[str, ...] = ()


def states(engine: Engine, keys: Iterable[str]) -> dict[str, State]:
    """Read the budgets; one that nobody has used yet is not there."""
    crowded = Budget.next_at - now() - AHEAD_SECONDS
    paused = Budget.paused_until - now()
    left = case((and_(crowded > paused, crowded < AHEAD_SECONDS), crowded), else_=paused)
    statement = select(Budget.key, Budget.kind, left, Budget.why, Budget.lacks)
    with reading(engine) as connection:
        rows = connection.execute(statement.where(Budget.key.in_(sorted(keys)))).all()
    return {key: State(kind, max(0.0, left), why, tuple(lacks.split())) for key, kind, left, why, lacks in rows}


def reserve(connection: Connection, asked: Sequence[tuple[str, float]]) -> list[float | None]:
    """Take the next slot of each of these keys at its rate; the answers are how many seconds the slots lie ahead.

    None: its budget is paused, or so many have reserved a slot that the next one lies too far ahead. Keys are locked in
    one order, whoever asks.
    """
    delays: list[float | None] = [None] * len(asked)
    for place in sorted(range(len(asked)), key=lambda place: asked[place]):
        key, rate = asked[place]
        delay = connection.execute(_reserving(connection.dialect.name), {"budget": key, "gap": 1 / rate}).scalar()
        delays[place] = None if delay is None else max(0.0, delay)
    return delays


@cache
def _reserving(dialect: str) -> Any:
    gap = bindparam("gap", type_=Double)
    ahead = Budget.next_at - now()
    impossible = ahead > AHEAD_SECONDS + gap  # no caller reserves so far ahead: the clock went back
    free = case((and_(ahead > 0, not_(impossible)), Budget.next_at), else_=now())
    return (
        upsert_of(dialect, Budget)
        .values(key=bindparam("budget"), next_at=now() + gap)
        .on_conflict_do_update(
            index_elements=[Budget.key],
            set_={"next_at": free + gap},
            where=and_(Budget.paused_until <= now(), or_(ahead <= AHEAD_SECONDS, impossible)),
        )
        .returning(Budget.next_at - gap - now())
    )


def pause(engine: Engine, key: str, seconds: float, why: str) -> None:
    """Stop everybody's requests on this budget for a while; a longer pause stays."""
    until = now() + seconds
    _note(engine, key, {"paused_until": until, "why": why}, Budget.paused_until < until)


def learn(engine: Engine, key: str, kind: str) -> None:
    """Remember what kind a credential is."""
    _note(engine, key, {"kind": kind}, Budget.kind != kind)


def note_missing_right(engine: Engine, key: str, method: str) -> None:
    """Remember that a credential has no right to this method, until `forget_rights`."""
    new = ~(literal(" ") + Budget.lacks + " ").contains(f" {method} ", autoescape=True)
    with engine.begin() as connection:
        statement = upsert(connection, Budget).values(key=key, lacks=method)
        further = {"lacks": func.trim(Budget.lacks + f" {method}")}
        connection.execute(statement.on_conflict_do_update(index_elements=[Budget.key], set_=further, where=new))


def forget_rights(engine: Engine) -> None:
    """Forget which methods credentials may not call, because somebody may have given them the right."""
    with engine.begin() as connection:
        connection.execute(update(Budget).where(Budget.lacks != "").values(lacks=""))


def _note(engine: Engine, key: str, values: dict[str, Any], where: ColumnElement[bool]) -> None:
    with engine.begin() as connection:
        statement = upsert(connection, Budget).values(key=key, **values)
        connection.execute(statement.on_conflict_do_update(index_elements=[Budget.key], set_=values, where=where))
