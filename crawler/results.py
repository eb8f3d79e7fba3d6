"""What became of links, written down: one transaction for one answer, fenced by the run."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, insert, update

from crawler import answers
from crawler.database import now, writing
from crawler.lease import hold
from crawler.models import Batch, Reading, Status
from crawler.platforms.contract import Again, Gone, Measured, Outcome
from crawler.queue import ATTEMPTS, charged, each, held


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the links (of one batch) that name one post."""

    link_ids: tuple[int, ...]
    post_id: int
    outcome: Outcome
    http_status: int = 0  # 0: there was no answer at all
    code: str = answers.OK  # the name of the answer, to be counted: all results of one answer have the same


def save(engine: Engine, run_id: str, lease: float, results: list[Result], attempts: int = ATTEMPTS) -> None:
    """Write what one answer said: readings and final links; what has to be tried again goes back into the queue."""
    with writing(engine) as connection:
        batch_id = hold(connection, run_id, lease)
        _save_measured(connection, run_id, [result for result in results if isinstance(result.outcome, Measured)])
        _save_gone(connection, run_id, [result for result in results if isinstance(result.outcome, Gone)])
        _save_again(connection, run_id, [result for result in results if isinstance(result.outcome, Again)], attempts)
        moving = update(Batch).where(Batch.id == batch_id, Batch.waiting_for.is_not(None))
        connection.execute(moving.values(waiting_for=None, waiting_until=0))
        for code in {result.code for result in results}:
            answers.count(connection, run_id, code)


def _save_measured(connection: Connection, run_id: str, results: list[Result]) -> None:
    if not results:
        return
    statement = insert(Reading).returning(Reading.id, sort_by_parameter_order=True)
    readings = connection.execute(statement, [_reading(run_id, result) for result in results]).scalars()
    rows = [
        {"link": id_, "reading": reading}
        for result, reading in zip(results, readings, strict=True)
        for id_ in result.link_ids
    ]
    done = {"status": Status.DONE, "finished_at": now(), "reading_id": bindparam("reading")}
    connection.execute(each(held(run_id)).values(done), rows)


def _reading(run_id: str, result: Result) -> dict[str, Any]:
    measured = result.outcome
    assert isinstance(measured, Measured)
    return {
        "post_id": result.post_id,
        "run_id": run_id,
        "views": measured.views,
        "likes": measured.likes,
        "comments": measured.comments,
        "reposts": measured.reposts,
        "source": measured.source,
        "http_status": result.http_status,
    }


def _save_gone(connection: Connection, run_id: str, results: list[Result]) -> None:
    failed = {"status": Status.FAILED, "finished_at": now(), "reason": bindparam("why"), "detail": bindparam("what")}
    if rows := _with_reasons(results):
        connection.execute(each(held(run_id)).values(failed), rows)


def _save_again(connection: Connection, run_id: str, results: list[Result], attempts: int) -> None:
    if rows := _with_reasons(results):
        connection.execute(each(held(run_id)).values(charged(bindparam("why"), bindparam("what"), attempts)), rows)


def _with_reasons(results: list[Result]) -> list[dict[str, Any]]:
    return [
        {"link": id_, "why": result.outcome.reason, "what": result.outcome.detail}
        for result in results
        if isinstance(result.outcome, Gone | Again)
        for id_ in result.link_ids
    ]
