"""How often each platform answered what, since the database was made."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, select

from crawler.store.database import upsert_of
from crawler.store.models.runs import AnswerCount, Run

OK = "ok"


def code(given: str, http_status: int) -> str:
    """Name an answer: as its platform does, or else by its HTTP status."""
    return given or (OK if http_status == 200 else f"http {http_status}")


def count(connection: Connection, run_id: str, codes: Mapping[str, int]) -> None:
    """Count answers to the run. Last in its transaction, and in one order: every run wants these rows."""
    for code, times in sorted(codes.items()):
        counted = {"run": run_id, "answer": code, "times": times}
        connection.execute(_counting(connection.dialect.name), counted)


@cache
def _counting(dialect: str) -> Any:
    platform: Any = select(Run.platform).where(Run.id == bindparam("run")).scalar_subquery()
    times = bindparam("times", type_=BigInteger)
    first = upsert_of(dialect, AnswerCount).values(platform=platform, code=bindparam("answer"), count=times)
    return first.on_conflict_do_update(
        index_elements=[AnswerCount.platform, AnswerCount.code], set_={"count": AnswerCount.count + times}
    )
