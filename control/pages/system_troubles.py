"""What keeps the system from doing its work well, in the reader's language. `/readyz` says the same in English."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from control.monitoring.readiness import LATE_SECONDS, LONG_WAIT_SECONDS, MONTH_END_SECONDS, Readiness


@dataclass(frozen=True, slots=True)
class Trouble:
    """`system.trouble.<key>` says what is wrong, `system.todo.<key>` what to do, and `text` quotes a message."""

    key: str
    given: dict[str, Any] = field(default_factory=dict)
    text: str = ""


def troubles(found: Readiness) -> list[Trouble]:
    return [*_of_the_database(found), *_of_the_work(found), *_of_tokens(found)]


def _of_the_database(found: Readiness) -> Iterator[Trouble]:
    for said in found.trouble:
        yield Trouble("damaged" if "damaged" in said else "full")


def _of_the_work(found: Readiness) -> Iterator[Trouble]:
    for node in found.nodes:
        if not node.reachable:
            yield Trouble("scrapyd", {"url": node.url}, node.error)
        elif node.fault:
            yield Trouble("misfit", {"url": node.url}, node.fault)
    if found.beat is None or found.beat > LATE_SECONDS:
        yield Trouble("scheduler")
    if (found.oldest or 0) > LONG_WAIT_SECONDS:
        yield Trouble("waiting")
    if (found.month_end or 0) > MONTH_END_SECONDS:
        yield Trouble("month_end")
    if found.set_back:
        yield Trouble("clock", {"n": round(found.set_back)})
    if found.leaked:
        yield Trouble("leaked", {"n": found.leaked})


def _of_tokens(found: Readiness) -> Iterator[Trouble]:
    for token in found.tokens:
        if not token.usable:
            yield Trouble("token", {"platform": token.platform, "place": token.place}, token.why)
    for alarm in found.alarms:
        yield Trouble("alarm", text=alarm)
