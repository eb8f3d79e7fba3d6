"""Any order of everything that can happen to links and runs, against a model in plain Python."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import insert, select

from control.scheduler import closing, lining_up, rescue
from crawler.exceptions import Fenced
from crawler.platforms.contract import Again, Gone, Measured, Want
from crawler.queue import cancellation, claims, lease, results, round_robin
from crawler.queue.results import Result
from crawler.reasons import Reason
from crawler.store import database
from crawler.store.database import writing
from crawler.store.models.base import random_id
from crawler.store.models.batches import Batch, Link
from crawler.store.models.posts import Reading
from crawler.store.models.runs import Run
from tests.crawler.queue import among_all
from tests.crawler.queue.link_model import TRIES, Model, ModelLink, ModelRun
from tests.crawler.spiders.virtual_clock import VirtualClock
from tests.seed import identify, seed
from tests.thoroughness import whole_or

LEASE = 60.0
DEADLINE = 1800.0
LINKS = ["wall-1_1", "wall-1_2", "wall-1_1", "wall-1_3"]
SPANS = (3.17, 11.19, 31.41, 61.73, 707.07)  # seconds; no sum of them is a backoff, a lease or a deadline
START = 1_000_000.0
EXAMPLES = {"sqlite": whole_or(110, 8), "postgresql": 10}
COLUMNS = (Link.status, Link.reason, Link.attempts, Link.run_id, Reading.views)

AT_ONCE = 3  # runs that are not over

outcomes = st.sampled_from(["measured", "gone", "again", "again"])
runs = st.runner().flatmap(lambda machine: st.sampled_from(machine.choice()))


class LifeOfALink(RuleBasedStateMachine):
    def __init__(self, clock):
        super().__init__()
        self.clock, self.engine = clock, clock.engine
        self.model = Model(clock.at)
        self.known = {}  # links that a run ever claimed: it may answer for them late
        self.final = {}
        self.number = 0

    @initialize()
    def begin(self):
        self.accept()

    def choice(self):
        """Runs to let something happen to: mostly such as are not over, and the last that are."""
        over = [run for run in self.model.runs if run not in self.active]
        return self.active * 4 + over[-1:]

    @property
    def active(self):
        return [run for run, known in self.model.runs.items() if known.state in {"queued", "running"}]

    def agree(self, real, model):
        """Do it to both: the same answer, or both are fenced."""
        try:
            expected = model()
        except Fenced:
            with pytest.raises(Fenced):
                real()
            return None
        found = real()
        assert found == expected
        return found

    def accept(self):
        run = seed(self.engine, LINKS, seconds=DEADLINE)
        with self.engine.connect() as connection:
            batch = connection.execute(select(Run.batch_id).where(Run.id == run)).scalar_one()
            rows = connection.execute(select(Link).where(Link.batch_id == batch).order_by(Link.position)).all()
        self.model.links |= {row.id: ModelLink(batch, row.position, row.duplicate_of) for row in rows}
        self.model.deadlines[batch] = self.model.now + DEADLINE
        self.enlisted(run, batch)
        self.start(run)

    @precondition(lambda self: len(self.active) < AT_ONCE)
    @rule(run=runs, starts=st.booleans())
    def enlist(self, run, starts):
        self.another(self.model.runs[run].batch, starts)

    def dispatch(self):
        """Give work to a run, as the scheduler does, if there is none: more happens so."""
        batches = [link.batch for link in self.model.links.values() if link.status not in {"done", "failed"}]
        if not batches:
            self.accept()
        elif not self.active:
            self.another(batches[0], starts=True)

    def another(self, batch, starts):
        second = random_id()
        with self.engine.begin() as connection:
            connection.execute(insert(Run).values(id=second, batch_id=batch, platform="vk", node=""))
        self.enlisted(second, batch)
        if starts:
            self.start(second)

    @rule(run=runs)
    def start(self, run):
        self.agree(lambda: lease.start(self.engine, run, LEASE) is not None, lambda: self.model.start(run, LEASE))

    def enlisted(self, run, batch):
        self.model.runs[run], self.known[run] = ModelRun(batch), []

    @rule(run=runs, limit=st.integers(1, 4), sends=st.booleans())
    def claim(self, run, limit, sends):
        claimed = []

        def real():
            claimed.extend(claims.claim(self.engine, run, LEASE, limit))
            return {self.model.links[link.id].position for link in claimed}

        self.agree(real, lambda: self.model.claim(run, LEASE, limit))
        self.known[run] += claimed
        if claimed and sends:
            self.send(run, [link.id for link in claimed])

    def send(self, run, ids):
        self.agree(lambda: self.mark_sent(run, ids), lambda: self.model.mark_sent(run, LEASE, ids))

    def mark_sent(self, run, ids):
        with writing(self.engine) as connection:
            lease.extend_lease(connection, run, LEASE)
            claims.mark_sent(connection, run, ids)

    def some(self, run, data):
        """Choose links of one post, also such as the run has lost since."""
        posts = sorted({link.post_id for link in self.known[run]})
        post = data.draw(st.sampled_from(posts)) if posts else None
        return list({link.id: link for link in self.known[run] if link.post_id == post}.values())

    @rule(run=runs, what=outcomes, data=st.data())
    def save(self, run, what, data):
        links = self.some(run, data)
        ids, self.number = tuple(link.id for link in links), self.number + 1
        given = [Result(ids, links[0].post_id, self.outcome(what, links[0].key), 200)] if links else []
        predicted = {
            "measured": lambda: self.model.measured(run, LEASE, ids, self.number),
            "gone": lambda: self.model.gone(run, LEASE, ids),
            "again": lambda: self.model.again(run, LEASE, ids),
        }
        self.agree(lambda: results.save(self.engine, run, LEASE, given, attempts=TRIES), predicted[what])

    def outcome(self, what, key):
        if what == "measured":
            return Measured(self.number, "test")
        return Gone(Reason.DELETED) if what == "gone" else Again(Want(identify(key)), Reason.NETWORK, charged=True)

    @rule(run=runs)
    def beat(self, run):
        self.agree(lambda: lease.beat(self.engine, run, LEASE), lambda: self.model.hold(run, LEASE))

    @rule(run=runs, how=st.sampled_from(["settle", "settle", "settle", "cancel"]))
    def end(self, run, how):
        if how == "settle":
            self.agree(
                lambda: claims.settle(self.engine, run, LEASE, "finished"), lambda: self.model.settle(run, LEASE)
            )
        else:
            self.agree(lambda: bool(cancellation.cancel_job(self.engine, run)), lambda: self.model.cancel(run))
        self.dispatch()

    @rule(run=runs)
    def lose(self, run):
        def real():
            with writing(self.engine) as connection:
                return claims.mark_lost(connection, run, rescue.SILENT, "its lease ended")

        self.agree(real, lambda: self.model.lose(run))
        self.dispatch()

    @rule(seconds=st.sampled_from(SPANS))
    def pass_time(self, seconds):
        self.clock.advance(seconds)
        self.model.now = self.clock.at

    @rule()
    def expire(self):
        self.agree(lambda: closing.expire(self.engine), self.model.expire)
        self.dispatch()

    @rule()
    def close(self):
        closing.close(self.engine)
        unfinished = {link.batch for link in self.model.links.values() if link.status in {"created", "in progress"}}
        with self.engine.connect() as connection:
            open_ = connection.execute(select(Batch.id).where(Batch.closed_at.is_(None), Batch.id.in_(self.batches)))
            assert {*open_.scalars()} == unfinished
        self.dispatch()

    @rule()
    def line_up(self):
        """Those who wait for a run are found in line."""
        lining_up.come_up(self.engine)
        with self.engine.connect() as connection:
            found = round_robin.in_turn(connection, 99)
            assert [tuple(part) for part in found] == [tuple(part) for part in among_all.in_turn(connection, 99)]

    @property
    def batches(self):
        return list(self.model.deadlines)

    @invariant()
    def every_link_is_as_the_model_says(self):
        expected = {
            id_: (link.status, link.reason, link.attempts, link.run, link.views)
            for id_, link in self.model.links.items()
        }
        assert self.stored() == expected

    def stored(self):
        statement = select(Link.id, *COLUMNS).outerjoin(Reading, Reading.id == Link.reading_id)
        with self.engine.connect() as connection:
            rows = connection.execute(statement.where(Link.batch_id.in_(self.batches)))
            return {id_: tuple(columns) for id_, *columns in rows}

    @invariant()
    def a_final_link_never_changes(self):
        stored = self.stored()
        assert {id_: stored[id_] for id_ in self.final} == self.final
        self.final = {id_: columns for id_, columns in stored.items() if columns[0] in {"done", "failed"}}

    @invariant()
    def links_in_progress_belong_to_a_running_run(self):
        statement = select(Run.state).join(Link, Link.run_id == Run.id).where(Link.status == "in progress")
        with self.engine.connect() as connection:
            states = {*connection.execute(statement.where(Link.batch_id.in_(self.batches))).scalars()}
        assert states <= {"running"}


@pytest.mark.parametrize("name", ["sqlite", pytest.param("postgresql", marks=pytest.mark.process)])
def test_the_life_of_links_is_as_the_model_says(name, request):
    engine = database.create(url=request.getfixturevalue(f"{name}_url"))
    clock = VirtualClock(engine, START)
    profile = settings(
        max_examples=EXAMPLES[name],
        stateful_step_count=50,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # to shorten a failure takes minutes; add Phase.shrink by hand
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(lambda: LifeOfALink(clock), settings=profile)
    finally:
        engine.dispose()
