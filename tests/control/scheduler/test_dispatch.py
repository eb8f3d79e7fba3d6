"""Several nodes: each gets its share of the runs, and none waits for another."""

from collections import Counter
from threading import Event

from sqlalchemy import select, update

from control.nodes.client import Scrapyd
from control.scheduler.dispatch import deliver, enlist
from crawler.store.models.runs import Run
from tests.seed import seed

NODES = [f"http://10.0.0.{number}:6800" for number in range(1, 5)]


def placed(engine):
    with engine.connect() as connection:
        return Counter(connection.execute(select(Run.node)).scalars())


def test_runs_are_placed_evenly(engine):
    for item in range(1, 9):
        seed(engine, [f"wall-1_{item}"], run=False)
    enlist(engine, 5, NODES)
    assert sorted(placed(engine).values()) == [1, 1, 1, 2]
    enlist(engine, 8, NODES)
    assert placed(engine) == dict.fromkeys(NODES, 2)


def test_a_node_whose_runs_are_over_comes_first(engine):
    for item in range(1, 6):
        seed(engine, [f"wall-1_{item}"], run=False)
    enlist(engine, 4, NODES)
    with engine.begin() as connection:
        over = update(Run).where(Run.node == NODES[2]).values(state="finished", finished_at=1.0)
        connection.execute(over)
    enlist(engine, 4, NODES)
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
    deliver(engine, {node: Scrapyd(node, "", "") for node in NODES})
    with engine.connect() as connection:
        assert set(connection.execute(select(Run.state)).scalars()) == {"posted"}
