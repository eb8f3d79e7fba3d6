"""A request that missed its slot takes another one: late ones of several processes would crowd each other."""

import asyncio
import time
from types import SimpleNamespace

import pytest

from crawler.exceptions import NotNow
from crawler.middlewares import MOST_SLOTS, BudgetMiddleware
from crawler.queue import claims, lease
from crawler.run.ledger import Ledger
from crawler.store.models.batches import Link
from tests.seed import seed

RATE = 0.5
GAP = 1 / RATE


class CountedLedger(Ledger):
    """`busy` is how many seconds too late the next slot is looked at."""

    taken = taken_back = 0
    busy = 0.0

    async def slot(self, key, rate, link_ids):
        self.taken += 1
        slot = await super().slot(key, rate, link_ids)
        late, self.busy = self.busy, 0.0
        return slot._replace(begins_at=slot.begins_at - late)

    async def not_sending(self, link_ids):
        self.taken_back += 1
        await super().not_sending(link_ids)


@pytest.fixture
def spider(engine):
    run_id = seed(engine, ["wall-1_1"])
    assert lease.start(engine, run_id, 60)
    (link,) = claims.claim(engine, run_id, 60, 10)
    return SimpleNamespace(
        ending=asyncio.Event(),
        pool=SimpleNamespace(link_ids=lambda _call: [link.id]),
        ledger=CountedLedger(engine, run_id, 60),
        access=SimpleNamespace(rate=RATE),
        credentials=SimpleNamespace(may_send=lambda _budget: True),
    )


def admit(spider):
    """For how many seconds a request was held back."""
    began = time.monotonic()
    asyncio.run(BudgetMiddleware(None).admit(SimpleNamespace(budget="token:x"), spider))
    return time.monotonic() - began


def is_sent(engine):
    with engine.connect() as connection:
        return connection.execute(Link.__table__.select()).one().sent


def test_who_comes_in_time_leaves_at_once(engine, spider):
    admit(spider)
    assert spider.ledger.taken == 1
    assert is_sent(engine)


def test_who_missed_a_slot_waits_for_the_next_one(engine, spider):
    spider.ledger.busy = 1.5 * GAP
    assert admit(spider) > GAP / 2
    assert spider.ledger.taken == 2
    assert spider.ledger.taken_back == 1  # meanwhile its links are charged for nothing that happens
    assert is_sent(engine)


def test_links_of_a_call_that_does_not_leave_are_not_charged(engine, spider):
    may = iter([True, True, False])  # the token is paused while the call waits
    spider.credentials.may_send = lambda _budget: next(may)
    with pytest.raises(NotNow):
        admit(spider)
    assert not is_sent(engine)


def test_who_is_always_late_leaves_in_the_end(engine, spider, monkeypatch):
    monkeypatch.setattr(BudgetMiddleware, "is_late", lambda *_: True)
    spider.access.rate = 100.0
    admit(spider)
    assert spider.ledger.taken == MOST_SLOTS
    assert is_sent(engine)
