"""How often each platform answered what, since the database was made."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from scrapy.exceptions import CannotResolveHostError
from sqlalchemy import BigInteger, Connection, bindparam, select

from crawler.database import upsert_of
from crawler.models import AnswerCount, Run

OK = "ok"
NOWHERE = "no public address"
TLS = {"OpenSSL", "service_identity"}  # modules whose errors tell that a handshake failed


def code(given: str, http_status: int) -> str:
    """Name an answer: as its platform does, or else by its HTTP status."""
    return given or (OK if http_status == 200 else f"http {http_status}")


def silence(error: BaseException | None) -> str:
    """Name what came in an answer's place: `timeout`, `tls` (no trusted certificate, say), that the host's name leads
    nowhere, or the error's class.
    """
    if isinstance(error, CannotResolveHostError):
        return NOWHERE
    for reason in getattr(getattr(error, "__cause__", None), "reasons", ()):  # of a ResponseFailed of Twisted's
        if type(reason.value).__module__.partition(".")[0] in TLS:
            return "tls"
    name = type(error).__name__
    return "timeout" if "Timeout" in name else name


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
