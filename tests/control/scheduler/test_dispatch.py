"""Several nodes: each gets its share of the runs, and none waits for another."""

from collections import Counter
from threading import Event

import pytest
from sqlalchemy import select, update

from control.nodes.client import Clients, Scrapyd
from control.nodes.fleet import Member
from control.scheduler.dispatch import deliver, enlist
from control.scheduler.relocation import relocate
from crawler.queue import lease
from crawler.store.models.runs import Run
from tests.seed import fleet, seed

NODES = [f"http://10.0.0.{number}:6800" for number in range(1, 5)]


def placed(engine):
    with engine.connect() as connection:
        return Counter(connection.execute(select(Run.node)).scalars())


def test_runs_are_placed_evenly(engine):
    for item in range(1, 6):
        seed(engine, [f"wall-1_{item}"], run=False)
    enlist(engine, fleet(*NODES, slots=2))
    assert sorted(placed(engine).values()) == [1, 1, 1, 2]
    for item in range(6, 12):
        seed(engine, [f"wall-1_{item}"], run=False)
    enlist(engine, fleet(*NODES, slots=2))
    assert placed(engine) == dict.fromkeys(NODES, 2)


def test_a_node_with_more_slots_gets_more_runs(engine):
    for item in range(1, 12):
        seed(engine, [f"wall-1_{item}"], run=False)
    enlist(engine, lambda _: [Member("small", 1), Member("large", 3), Member("broken", 3, fault="x")])
    assert placed(engine) == {"small": 1, "large": 3}


@pytest.mark.parametrize(
    "there", [[Member(NODES[0], 1, fault="it is silent")], [Member(NODES[0], 1, draining=True)], []], ids=str
)
def test_what_has_not_started_moves_away_from_a_node_that_gets_no_runs(engine, there):
    waiting, posted, works = (seed(engine, [f"wall-1_{item}"]) for item in (1, 2, 3))
    with engine.begin() as connection:
        connection.execute(update(Run).values(node=NODES[0]))
        connection.execute(update(Run).where(Run.id == posted).values(state="posted", posted_at=1.0))
    assert lease.start(engine, works, 60)
    assert relocate(engine, lambda _: there) == 0  # there is no other node
    assert relocate(engine, lambda _: [*there, Member(NODES[1], 9)]) == 2
    with engine.connect() as connection:
        rows = connection.execute(select(Run.id, Run.node, Run.state)).all()
    assert set(rows) == {
        (waiting, NODES[1], "queued"),
        (posted, NODES[1], "queued"),
        (works, NODES[0], "running"),
    }
    assert relocate(engine, lambda _: [*there, Member(NODES[1], 9)]) == 0


def test_a_node_whose_runs_are_over_comes_first(engine):
    for item in range(1, 6):
        seed(engine, [f"wall-1_{item}"], run=False)
    enlist(engine, fleet(*NODES, slots=1))
    with engine.begin() as connection:
        over = update(Run).where(Run.node == NODES[2]).values(state="finished", finished_at=1.0)
        connection.execute(over)
    enlist(engine, fleet(*NODES, slots=1))
    assert placed(engine)[NODES[2]] == 2


def test_a_node_does_not_wait_for_a_silent_one(engine, monkeypatch):
    silent, other = NODES[:2]
    for item, node in ((1, silent), (2, other)):
        run = seed(engine, [f"wall-1_{item}"])
        with engine.begin() as connection:
            connection.execute(update(Run).where(Run.id == run).values(node=node))
    told = Event()

    def post(scrapyd, _spider, _run):
        if scrapyd.url == silent:
            assert told.wait(20)  # it answers once the other was told
        else:
            told.set()

    monkeypatch.setattr(Scrapyd, "has", lambda *_: False)
    monkeypatch.setattr(Scrapyd, "post", post)
    deliver(engine, Clients("", ""))
    with engine.connect() as connection:
        assert set(connection.execute(select(Run.state)).scalars()) == {"posted"}
