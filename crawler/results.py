"""What became of links, written down: a transaction for one answer or some, fenced by the run."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import chain, zip_longest
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Integer,
    Text,
    Update,
    bindparam,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningInsert

from crawler import answers, given
from crawler.database import now, writing
from crawler.lease import hold
from crawler.models import Batch, Link, Reading, Status
from crawler.platforms.contract import Again, Gone, Measured, Outcome
from crawler.queue import ATTEMPTS, STILL_HELD, charged, these

Why = tuple[ColumnElement[str], ColumnElement[str]]  # reason and detail


MOVING = (  # it waits for nothing: an answer came
    update(Batch)
    .where(Batch.id == bindparam("batch"), Batch.waiting_for.is_not(None))
    .values(waiting_for=None, waiting_until=0)
)


class Result(NamedTuple):
    """What became of the links (of one batch) that name one post."""

    link_ids: tuple[int, ...]
    post_id: int
    outcome: Outcome
    http_status: int = 0  # 0: there was no answer at all
    code: str = answers.OK  # the name of the answer, to be counted: all results of one answer have the same


def save(engine: Engine, run_id: str, lease: float, *said: list[Result], attempts: int = ATTEMPTS) -> None:
    """Write what answers said: readings and final links; what has to be tried again goes back into the queue."""
    results = list(chain(*said))
    with writing(engine) as connection:
        batch_id = hold(connection, run_id, lease)
        for measured in _rounds(results):
            _save_measured(connection, run_id, measured)
        for (reason, detail), ids in _alike(results, Gone):
            failed = {"status": Status.FAILED, "finished_at": now(), "reason": reason, "detail": detail}
            _change(connection, run_id, ids, failed)
        for (reason, detail), ids in _alike(results, Again):
            _change(connection, run_id, ids, charged(reason, detail, attempts))
        connection.execute(MOVING, {"batch": batch_id})
        answers.count(connection, run_id, Counter(one[0].code for one in said if one))


def _rounds(results: list[Result]) -> Iterator[list[Result]]:
    """The measured ones of one source, each post once a round: a reading is told from others by its post.

    A post has two results where its links differ in their access keys.
    """
    sources: dict[tuple[str, int], dict[int, list[Result]]] = defaultdict(lambda: defaultdict(list))
    for result in results:
        if isinstance(result.outcome, Measured):
            sources[result.outcome.source, result.http_status][result.post_id].append(result)
    for posts in sources.values():
        for same in zip_longest(*posts.values()):
            yield [result for result in same if result]


def _save_measured(connection: Connection, run_id: str, results: list[Result]) -> None:
    dialect = connection.dialect.name
    readings: dict[int, int] = dict(iter(connection.execute(_reading(dialect), _counts(dialect, run_id, results))))
    links, of = zip(*((id_, readings[result.post_id]) for result in results for id_ in result.link_ids), strict=True)
    connection.execute(_finishing(dialect), {"run": run_id, **given.parameters(dialect, link=links, reading=of)})


@cache
def _finishing(dialect: str) -> Update:
    seen = given.table(dialect, "link", "reading")
    done = {"status": Status.DONE, "finished_at": now(), "reading_id": seen.c.reading}
    statement = update(Link).where(Link.id == seen.c.link, STILL_HELD).values(done)
    return statement.execution_options(synchronize_session=False)


@cache
def _reading(dialect: str) -> ReturningInsert[int, int]:
    """Insert readings; the answer is each post with its own."""
    counts = given.table(dialect, "post", "views", "likes", "comments", "reposts")
    same = (bindparam("run", type_=Text), bindparam("from", type_=Text), bindparam("http", type_=Integer), now())
    columns = ["post_id", "views", "likes", "comments", "reposts", "run_id", "source", "http_status", "measured_at"]
    return insert(Reading).from_select(columns, select(*counts.c, *same)).returning(Reading.post_id, Reading.id)


def _counts(dialect: str, run_id: str, results: list[Result]) -> dict[str, Any]:
    measured = [result.outcome for result in results if isinstance(result.outcome, Measured)]
    counts = given.parameters(
        dialect,
        post=[result.post_id for result in results],
        views=[outcome.views for outcome in measured],
        likes=[outcome.likes for outcome in measured],
        comments=[outcome.comments for outcome in measured],
        reposts=[outcome.reposts for outcome in measured],
    )
    return {"run": run_id, "from": measured[0].source, "http": results[0].http_status, **counts}


def _change(connection: Connection, run_id: str, link_ids: list[int], values: dict[str, Any]) -> None:
    dialect = connection.dialect.name
    statement = these(dialect, STILL_HELD).values(values)
    connection.execute(statement, {"run": run_id, **given.parameters(dialect, id=link_ids)})


def _alike(results: list[Result], kind: type[Gone | Again]) -> Iterator[tuple[Why, list[int]]]:
    """Those of this kind by what is said of them."""
    said: dict[tuple[str, str], list[int]] = defaultdict(list)
    for result in results:
        if isinstance(result.outcome, kind):
            said[result.outcome.reason, result.outcome.detail].extend(result.link_ids)
    for (reason, detail), ids in said.items():
        yield (literal(reason), literal(detail)), ids
