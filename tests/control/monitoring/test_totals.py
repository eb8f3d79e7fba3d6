"""The totals of `/metrics` are what a count of all there is says, whatever came and went."""

import random

import pytest
from sqlalchemy import func, select, text

from control.batches import cancellation
from control.monitoring import statistics
from control.scheduler import account_erasure, closing, counting
from crawler.platforms.contract import Gone
from crawler.queue import claims, lease, results
from crawler.queue.results import Result
from crawler.reasons import Reason
from crawler.store.database import writing
from crawler.store.models.accounts import User
from crawler.store.models.batches import Batch, Link
from crawler.store.models.runs import Run
from tests.crawler.queue.test_claims import LEASE, measured
from tests.seed import seed

LINKS = ["wall-1_1", "wall-1_2", "wall-1_3", "nonsense"]


def true_counts(engine):
    links = (Link.platform, Link.status, func.coalesce(Link.reason, ""))
    runs = (Run.platform, Run.state, func.coalesce(Run.outcome, ""))
    with engine.connect() as connection:
        return tuple(
            sorted(map(tuple, connection.execute(select(*kinds, func.count()).group_by(*kinds))))
            for kinds in (links, runs)
        )


def counts(engine):
    found = statistics.links(engine).by_status, statistics.runs(engine)
    return tuple(sorted(map(tuple, rows)) for rows in found)


def count_all(engine):
    """However slow the machine is."""
    while counting.count(engine):
        pass


class History:
    """Of batches of a few users: each step does what may happen at any time."""

    def __init__(self, engine, rng):
        self.engine, self.rng = engine, rng
        self.steps = [self.comes] * 3 + [self.works] * 4 + [self.is_closed] * 2 + [self.is_counted] * 2
        self.steps += [self.is_cancelled, self.is_deleted, self.leaves, self.runs_are_pruned]

    def goes_on(self):
        self.rng.choice(self.steps)()

    def one(self, column, *which):
        with self.engine.connect() as connection:
            found = connection.execute(select(column).where(*which).order_by(column)).scalars().all()
        return self.rng.choice(found) if found else None

    def comes(self):
        user = self.one(User.id) if self.rng.random() < 0.5 else None
        seed(self.engine, self.rng.sample(LINKS, self.rng.randrange(1, 5)), user=user)

    def works(self):
        run = self.one(Run.id, Run.state == "queued")
        if run is None or not lease.start(self.engine, run, LEASE):
            return
        for link in claims.claim(self.engine, run, LEASE, self.rng.randrange(1, 4)):
            gone = Result((link.id,), link.post_id, Gone(Reason.DELETED), 200)
            results.save(self.engine, run, LEASE, [self.rng.choice([measured(link), gone])])
        claims.settle(self.engine, run, LEASE, "finished")

    def is_closed(self):
        closing.close(self.engine)

    def is_counted(self):
        count_all(self.engine)

    def is_cancelled(self):
        self.of_somebody(cancellation.cancel)

    def is_deleted(self):
        self.of_somebody(cancellation.delete)

    def of_somebody(self, what):
        batch = self.one(Batch.public_id)
        if batch is not None:
            what(self.engine, self.one(Batch.user_id, Batch.public_id == batch), batch)

    def leaves(self):
        user = self.one(User.id)
        if user is not None and self.rng.random() < 0.4:
            with writing(self.engine) as connection:
                connection.execute(text("UPDATE users SET state = 'leaving' WHERE id = :id"), {"id": user})
            while account_erasure.erase(self.engine):
                pass

    def runs_are_pruned(self):
        run = self.one(Run.id, Run.finished_at.is_not(None))
        with writing(self.engine) as connection:
            connection.execute(text("DELETE FROM runs WHERE id = :id"), {"id": run})


@pytest.mark.parametrize("number", range(3))
def test_totals_are_what_is_there(engine, monkeypatch, number):
    monkeypatch.setattr(counting, "MOST_ROWS", 3)
    history = History(engine, random.Random(number))
    for _ in range(60):
        history.goes_on()
        assert counts(engine) == true_counts(engine)
    history.is_closed()
    history.is_counted()
    assert counts(engine) == true_counts(engine)


def rows(engine, table):
    with engine.connect() as connection:
        return connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def test_what_is_over_is_not_counted_again(engine):
    """Its links could go to a table of their own, and the totals would stay."""
    for item in range(1, 4):
        seed(engine, [f"wall-1_{item}", "nonsense"])
    with engine.begin() as connection:
        connection.execute(text("UPDATE links SET status = 'failed', reason = 'lost' WHERE post_id IS NOT NULL"))
    closing.close(engine)
    count_all(engine)
    before = counts(engine)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM links"))
    assert counts(engine) == before


def test_totals_are_added_up(engine, monkeypatch):
    monkeypatch.setattr(counting, "MOST_ROWS", 1)
    for item in range(1, 8):
        seed(engine, [f"wall-1_{item}"])
    with engine.begin() as connection:
        connection.execute(text("UPDATE links SET status = 'failed', reason = 'lost'"))
        connection.execute(text("UPDATE runs SET state = 'lost', finished_at = 1"))
    closing.close(engine)
    count_all(engine)
    assert (rows(engine, "link_totals"), rows(engine, "run_totals")) == (1, 1)
    assert counts(engine) == true_counts(engine)
