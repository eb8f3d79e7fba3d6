"""What became of links, written down: a transaction for one answer or some, fenced by the run."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import chain, zip_longest
from time import monotonic
from typing import Any, NamedTuple, Self

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
from sqlalchemy.orm import aliased
from sqlalchemy.sql.dml import ReturningInsert

from crawler.platforms.contract import COUNTS, NOTHING_SAID, Again, Gone, Measured, Outcome
from crawler.queue import answer_counts, post_details, walls
from crawler.queue.claims import ATTEMPTS, STILL_HELD, charged, platform_of, postponed, update_given
from crawler.queue.lease import extend_lease
from crawler.queue.post_details import Said
from crawler.store import bulk_parameters
from crawler.store.bulk_parameters import MICROSECONDS
from crawler.store.database import now, writing
from crawler.store.models.batches import Link, Part, Status
from crawler.store.models.posts import Post, Reading

NOW = select(now())
MOVING = (  # it waits for nothing: an answer came
    update(Part)
    .where(Part.batch_id == bindparam("batch"), Part.platform == platform_of(bindparam("run")))
    .where(Part.waiting_for.is_not(None))
    .values(waiting_for=None, waiting_until=0)
)

CANONICAL = bindparam("canonical", type_=Text)
NAMING = (
    update(Post)
    .where(Post.id == bindparam("post"), Post.canonical_key.is_distinct_from(CANONICAL))
    .values(canonical_key=CANONICAL)
)
NAMED = aliased(Post)
PLATFORM = select(NAMED.platform).where(NAMED.id == bindparam("post")).scalar_subquery()
LEADING = (  # it may have been an alias of a post that is deleted since
    update(Post)
    .where(Post.key == CANONICAL, Post.platform == PLATFORM, Post.canonical_key.is_not(None))
    .values(canonical_key=None)
)


class Clock(NamedTuple):
    """The database's clock (microseconds since 1970), read between two looks at this process's monotonic one (seconds).

    So moments of this process are told by the database's clock: never later than they were, or never earlier.
    """

    before: float
    time: int
    after: float

    @classmethod
    def read(cls, connection: Connection) -> Self:
        before = monotonic()
        time = connection.execute(NOW).scalar_one()
        return cls(before, int(time * MICROSECONDS), monotonic())

    def not_after(self, moment: float | None) -> int:
        return self.time - int(MICROSECONDS * max(0.0, self.after - (self.after if moment is None else moment)))

    def not_before(self, moment: float | None) -> int:
        return self.time - int(MICROSECONDS * max(0.0, self.before - (self.before if moment is None else moment)))


class Times(NamedTuple):
    """When a request left and when its answer had come, on this process's monotonic clock; None: just now."""

    asked: float | None = None
    answered: float | None = None


AT_ONCE = Times()


class Result(NamedTuple):
    """What became of the links (of one batch) that name one post."""

    link_ids: tuple[int, ...]
    post_id: int
    outcome: Outcome
    http_status: int = 0  # 0: there was no answer at all
    code: str = answer_counts.OK  # the name of the answer, to be counted: all results of one answer have the same
    times: Times = AT_ONCE


def save(
    engine: Engine,
    run_id: str,
    lease: float,
    *answers: list[Result],
    attempts: int = ATTEMPTS,
    failures: int | None = None,
) -> None:
    """Write what answers said: readings and final links; what has to be tried again goes back into the queue.

    A link ends after so many `attempts` of its own, or `failures` together with others (None: never by these).
    """
    results = list(chain(*answers))
    with writing(engine) as connection:
        batch_id = extend_lease(connection, run_id, lease)
        clock = Clock.read(connection)
        for measured in _rounds(results):
            _save_measured(connection, run_id, measured, clock)
        _save_aliases(connection, results)
        said = _said(results, clock)
        post_details.save(connection, said)
        walls.save(connection, run_id, (each.about for each in said.values()))
        for reason, detail, ids in _ended(results):
            failed = {"status": Status.FAILED, "finished_at": now(), "reason": reason, "detail": detail}
            _change(connection, run_id, ids, failed)
        for again, ids in _asked_again(results):
            why = literal(again.reason), literal(again.detail)
            values = charged(*why, attempts) if again.charged else postponed(*why, failures)
            _change(connection, run_id, ids, values | {"company": again.want.company})
        connection.execute(MOVING, {"batch": batch_id, "run": run_id})
        answer_counts.count(connection, run_id, Counter(one[0].code for one in answers if one))


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


def _save_measured(connection: Connection, run_id: str, results: list[Result], clock: Clock) -> None:
    dialect = connection.dialect.name
    counts = _counts(dialect, run_id, results, clock)
    readings: dict[int, int] = dict(iter(connection.execute(_reading(dialect), counts)))
    ended = ((id_, readings[result.post_id], _views(result)) for result in results for id_ in result.link_ids)
    links, of, views = zip(*ended, strict=True)
    given = bulk_parameters.parameters(dialect, link=links, reading=of, views=views)
    connection.execute(_finishing(dialect), {"run": run_id, **given})


def _views(result: Result) -> int | None:
    return result.outcome.views if isinstance(result.outcome, Measured) else None


def _said(results: list[Result], clock: Clock) -> dict[int, Said]:
    """Return what was said of posts, by their ids. Nothing is said of a post that was asked for with a key."""
    return {
        one.post_id: Said(one.outcome.about, clock.not_before(one.times.answered) / MICROSECONDS)
        for one in results
        if isinstance(one.outcome, Measured) and one.outcome.about != NOTHING_SAID
    }


def _save_aliases(connection: Connection, results: list[Result]) -> None:
    """Note of joint posts by which key the platform names them. In one order: two runs may have the same posts."""
    measured = ((result.post_id, result.outcome) for result in results if isinstance(result.outcome, Measured))
    aliases = {post_id: outcome.canonical for post_id, outcome in measured if outcome.canonical}
    if aliases:
        named = [{"post": post_id, "canonical": canonical} for post_id, canonical in sorted(aliases.items())]
        connection.execute(NAMING, named)
        connection.execute(LEADING, named)


@cache
def _finishing(dialect: str) -> Update:
    seen = bulk_parameters.table(dialect, "link", "reading", "views")
    done = {"status": Status.DONE, "finished_at": now(), "reading_id": seen.c.reading, "views": seen.c.views}
    statement = update(Link).where(Link.id == seen.c.link, STILL_HELD).values(done)
    return statement.execution_options(synchronize_session=False)


@cache
def _reading(dialect: str) -> ReturningInsert[int, int]:
    """Insert readings; the answer is each post with its own. A reading has the key of the link it was got for."""
    given = bulk_parameters.table(dialect, "post", "link", "asked", "answered", *COUNTS)
    key = select(Link.access_key).where(Link.id == given.c.link).scalar_subquery()
    values = {
        "post_id": given.c.post,
        **{name: given.c[name] for name in COUNTS},
        "access_key": key,
        "run_id": bindparam("run", type_=Text),
        "source": bindparam("from", type_=Text),
        "http_status": bindparam("http", type_=Integer),
        "asked_at": given.c.asked / MICROSECONDS,
        "measured_at": given.c.answered / MICROSECONDS,
    }
    rows = select(*values.values())
    return insert(Reading).from_select(list(values), rows).returning(Reading.post_id, Reading.id)


def _counts(dialect: str, run_id: str, results: list[Result], clock: Clock) -> dict[str, Any]:
    measured = [result.outcome for result in results if isinstance(result.outcome, Measured)]
    counts = bulk_parameters.parameters(
        dialect,
        post=[result.post_id for result in results],
        link=[result.link_ids[0] if result.link_ids else None for result in results],
        asked=[clock.not_after(result.times.asked) for result in results],
        answered=[clock.not_before(result.times.answered) for result in results],
        **{name: [getattr(outcome, name) for outcome in measured] for name in COUNTS},
    )
    return {"run": run_id, "from": measured[0].source, "http": results[0].http_status, **counts}


def _change(connection: Connection, run_id: str, link_ids: list[int], values: dict[str, Any]) -> None:
    dialect = connection.dialect.name
    statement = update_given(dialect, STILL_HELD).values(values)
    connection.execute(statement, {"run": run_id, **bulk_parameters.parameters(dialect, id=link_ids)})


def _ended(results: list[Result]) -> Iterator[tuple[ColumnElement[str], ColumnElement[str], list[int]]]:
    """The links that ended without a number, by reason and detail."""
    said: dict[Gone, list[int]] = defaultdict(list)
    for result in results:
        if isinstance(result.outcome, Gone):
            said[result.outcome].extend(result.link_ids)
    for gone, ids in said.items():
        yield literal(gone.reason), literal(gone.detail), ids


def _asked_again(results: list[Result]) -> Iterator[tuple[Again, list[int]]]:
    """The links that go back into the queue, each with one like it in all that is written down."""
    said: dict[tuple[Any, ...], tuple[Again, list[int]]] = {}
    for result in results:
        if isinstance(again := result.outcome, Again):
            alike = (again.reason, again.detail, again.charged, again.want.company)
            said.setdefault(alike, (again, []))[1].extend(result.link_ids)
    yield from said.values()
