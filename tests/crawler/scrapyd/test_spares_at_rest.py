"""While there is nothing to do, one spare is enough."""

from types import SimpleNamespace

import pytest
from twisted.internet.error import ProcessTerminated
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from crawler.scrapyd import spare_pool, spare_process
from crawler.scrapyd.spare_pool import REFILL_SECONDS, REST_SECONDS, Spares


class Machine(Clock):
    """A reactor whose time the test moves. Its processes are ready at once, take what they are given, and end
    when they are killed.
    """

    def spawnProcess(self, spare, *_, **__):
        spare.transport = SimpleNamespace(pid=1, write=lambda _: spare.news_came())
        spare.transport.signalProcess = lambda _: spare.processEnded(Failure(ProcessTerminated(signal=9)))
        self.callLater(0, spare.news_came)


@pytest.fixture
def machine(monkeypatch):
    machine = Machine()
    for module in (spare_pool, spare_process):
        monkeypatch.setattr(module, "reactor", machine)
    return machine


def job():
    return SimpleNamespace(env={}, args=["runner", "crawl"], makeConnection=lambda _: None)


@pytest.mark.parametrize(("most", "at_rest"), [(3, 1), (1, 1), (0, 0)])
def test_all_but_one_end_and_come_back_with_the_next_job(machine, most, at_rest):
    spares = Spares(["runner"], {}, most)
    spares.fill_after(REFILL_SECONDS)
    machine.advance(REST_SECONDS - 1)
    assert len(spares.waiting) == most
    machine.pump([1, REFILL_SECONDS, REST_SECONDS])
    assert len(spares.waiting) == at_rest
    if most:
        spares.start(job())
        machine.pump([REFILL_SECONDS, 1])
        assert len(spares.waiting) == most


def test_work_keeps_them(machine):
    spares = Spares(["runner"], {}, 2)
    spares.fill_after(REFILL_SECONDS)
    for _ in range(4):
        machine.pump([REFILL_SECONDS, REST_SECONDS / 2])
        spares.start(job())
    assert len(spares.waiting) == 1  # the one that is left, until the other is made
    machine.pump([REFILL_SECONDS, 1])
    assert len(spares.waiting) == 2
    spares.stop()
    assert machine.getDelayedCalls() == []
