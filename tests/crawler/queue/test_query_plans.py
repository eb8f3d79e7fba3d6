"""What the spider and the scheduler ask all the time never goes through a whole table, nor through what is finished."""

import re

import pytest
from sqlalchemy import event, insert, literal, null, select, text, update

from control.monitoring import backlog, month_ends
from control.scheduler import closing, dispatch, rescue
from crawler.platforms.contract import Again, Gone, Measured, Want
from crawler.queue import budgets, cancellation, claims, demand, lease, results, round_robin, succession
from crawler.queue.results import Result
from crawler.reasons import Reason
from crawler.store.database import writing
from crawler.store.models.accounts import User
from crawler.store.models.batches import Batch, Link, Part
from crawler.store.models.runs import Run
from tests.crawler.queue.test_claims import another_run
from tests.seed import fleet, identify, seed

LEASE = 600.0
LARGE = ("links", "readings", "posts")
WAITING_INDEXES = {  # none of them leads through what is finished
    "sqlite": re.compile("ix_links_waiting"),
    "postgresql": re.compile("ix_links_waiting|ix_links_batch_id_status"),
}
BY_ID = {
    "sqlite": re.compile(r"SEARCH links USING INTEGER PRIMARY KEY \(rowid=\?\)"),
    "postgresql": re.compile("Index Scan using pk_links on links"),
}
ALL_PARTS = re.compile(r"SCAN parts(?! USING (COVERING )?INDEX ix_parts_)|Seq Scan on parts|using pk_parts .*Sort")
LINE = re.compile("ix_parts_(turns|served_at|ready_since)")
FINISHED, WAITING, CLOSED = 8_000, 2_000, 2_000


@pytest.fixture
def run(engine):
    """One at work on a batch that is mostly finished, beside others; the database knows its tables' sizes."""
    for _ in range(3):
        seed(engine, [f"wall-1_{item}" for item in range(1, 500)], run=False)
    run_id = seed(engine, [f"wall-2_{item}" for item in range(1, FINISHED + WAITING)])
    finished = update(Link).where(Link.batch_id == 4, Link.position < FINISHED)
    with writing(engine) as connection:
        connection.execute(finished.values(status="failed", reason="lost"))
    assert lease.start(engine, run_id, LEASE)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    return run_id


class Plans:
    """Explains each statement before it is executed.

    For so few rows PostgreSQL prefers to read them all: it is made to say whether there is another way.
    """

    def __init__(self, engine):
        self.engine, self.found = engine, []
        event.listen(engine, "before_cursor_execute", self.explain)

    def explain(self, _connection, cursor, statement, parameters, _context, _many):
        if statement.split()[0] not in {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}:
            return
        if self.engine.dialect.name == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            lines = [row[-1] for row in cursor.fetchall()]
        else:
            cursor.execute("SET enable_seqscan = off")
            cursor.execute(f"EXPLAIN {statement}", parameters)
            lines = [row[0] for row in cursor.fetchall()]
            cursor.execute("RESET enable_seqscan")
        self.found.append((statement, lines))

    def whole(self):
        """Statements that go through all of a large table."""
        tables = "|".join(LARGE)
        scan = re.compile(rf"SCAN ({tables})\b|Seq Scan on ({tables})\b")
        return [(statement, lines) for statement, lines in self.found if any(map(scan.search, lines))]


@pytest.fixture
def plans(engine, run):
    return Plans(engine)


def result(link, outcome):
    return Result((link.id,), link.post_id, outcome, 200)


def test_no_statement_of_a_spider_reads_a_whole_table(engine, run, plans):
    one, two, three, *_ = links = claims.claim(engine, run, LEASE, 300)
    with writing(engine) as connection:
        lease.extend_lease(connection, run, LEASE)
        budgets.reserve(connection, [("token:x", 3)])
        claims.mark_sent(connection, run, [link.id for link in links])
    again = Again(Want(identify(three.key)), Reason.NETWORK, charged=True)
    outcomes = [(one, Measured(1, "x")), (two, Gone(Reason.DELETED)), (three, again)]
    results.save(engine, run, LEASE, [result(link, outcome) for link, outcome in outcomes])
    demand.next_due(engine, run)
    demand.longest_waiting(engine)
    demand.siblings(engine, run)
    claims.settle(engine, run, LEASE, "finished")
    assert len(plans.found) > 15
    assert plans.whole() == []


def test_no_statement_of_a_round_of_the_scheduler_reads_a_whole_table(engine, run, plans):
    claims.claim(engine, run, LEASE, 300)
    with engine.begin() as connection:
        connection.execute(update(Run).values(lease_until=1.0))
        connection.execute(update(Batch).where(Batch.id == 1).values(deadline_at=1.0))
    plans.found.clear()
    assert rescue.rescue(engine) == [run]
    closing.expire(engine)
    closing.close(engine)
    dispatch.enlist(engine, fleet("", slots=2))
    dispatch.enlist(engine, fleet("", slots=9))
    backlog.oldest(engine)
    month_ends.unattended(engine)
    assert len(plans.found) > 8
    assert plans.whole() == []


def test_a_cancel_reads_no_whole_table(engine, run, plans):
    claims.claim(engine, another_run(engine, run), LEASE, 300)
    plans.found.clear()
    assert cancellation.cancel_job(engine, run)
    assert plans.whole() == []


def test_a_claim_does_not_go_through_all_that_waits(engine, run, plans):
    """Or each of a batch of 100,000 would cost the more the more there are."""
    claims.claim(engine, run, LEASE, 1)
    links, copies = (" ".join(lines) for statement, lines in plans.found if statement.startswith("SELECT links"))
    assert "ix_links_batch_id_status" in links
    assert "ORDER BY" not in links  # SQLite's B-tree
    assert "Sort" not in links
    assert "ix_links_duplicates" in copies


def test_what_is_known_by_its_id_is_found_by_its_id(engine, run, plans):
    """And not among all links of the run, once for each of these."""
    (link,) = claims.claim(engine, run, LEASE, 1)
    plans.found.clear()
    with writing(engine) as connection:
        claims.mark_sent(connection, run, [link.id])
    results.save(engine, run, LEASE, [result(link, Measured(1, "x"))])
    updates = [lines for statement, lines in plans.found if statement.startswith("UPDATE links")]
    assert len(updates) == 2
    assert all(BY_ID[engine.dialect.name].search(" ".join(lines)) for lines in updates)


@pytest.mark.parametrize("later", [False, True], ids=["due", "not due"])
def test_whether_links_wait_is_asked_of_those_that_wait(engine, run, plans, later):
    if later:
        with engine.begin() as connection:
            connection.execute(update(Link).where(Link.batch_id == 4, Link.status == "created").values(not_before=1e12))
    plans.found.clear()
    assert (demand.next_due(engine, run) > 0) == later
    with engine.connect() as connection:
        assert demand.has_more(connection, 4, "vk", WAITING - 500) != later
        waiting = demand.ready(Part.batch_id).where(demand.awaits_run(), Batch.id == 1)
        assert connection.execute(waiting).scalar_one() == 1
    of_waiting = WAITING_INDEXES[engine.dialect.name]
    assert all(of_waiting.search(" ".join(lines)) for _, lines in plans.found)


@pytest.fixture
def many_closed(engine, run):
    """As many closed batches as a system has that has run for some time."""
    closed = {"platform": "vk", "created_at": 1.0, "deadline_at": 2.0, "closed_at": 3.0}
    with writing(engine) as connection:
        user = connection.execute(select(User.id).limit(1)).scalar_one()
        connection.execute(insert(Batch), [closed | {"public_id": str(n), "user_id": user} for n in range(CLOSED)])
        theirs = select(Batch.id, literal("vk"), null()).where(Batch.closed_at.is_not(None))
        connection.execute(insert(Part).from_select(["batch_id", "platform", "ready_since"], theirs))
        if engine.dialect.name == "postgresql":
            connection.execute(text("ANALYZE"))


@pytest.mark.usefixtures("many_closed")
def test_what_waits_is_looked_for_in_line(engine, run, plans):
    """Every process asks whose turn it is at the end of each run, and ten times a second while it stays."""
    assert round_robin.next_platform(engine) == "vk"
    demand.longest_waiting(engine)
    demand.next_ready(engine)
    backlog.oldest(engine)
    assert succession.take(engine, run, LEASE)
    asked = [" ".join(map(str.strip, lines)) for statement, lines in plans.found if "parts JOIN batches" in statement]
    assert len(asked) == 9
    assert [plan for plan in asked if not (LINE.search(plan) and "ix_links_waiting" in plan)] == []
    assert not any(map(ALL_PARTS.search, asked))
