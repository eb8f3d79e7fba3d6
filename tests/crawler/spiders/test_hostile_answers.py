"""A VK that answers without end or measure, and a real spider: it gives up the answer, or itself, and nothing else."""

import time

import pytest
from sqlalchemy import select

from crawler.store.models.batches import Link, Status
from crawler.store.models.runs import Run, RunState
from tests.crawler.spiders.vk_run import VkRun
from tests.vk_standin import truth
from tests.vk_standin.wire import FLOODS

pytestmark = pytest.mark.process
ITEMS = [1001, 1002, 1003]
WRONG = '{"response": [{"owner_id": -1, "id": 1001, "views": {"count": 7}}]}'
PAGE = '<html><div data-post-id="-1_1001"><div class="like_views" title="7 views"></div></div></html>'
LARGE = 8_000_000  # what Scrapy lets through has 8 MiB at most
HUNGRY = {  # how an answer of 8 MB becomes 20 times as much
    "lists": "[],",
    "objects": "{},",
}


@pytest.fixture
def run(sqlite_url, vk):
    vk.reset()

    def start(items=ITEMS, tokens="standin-service", **settings):
        started = VkRun(sqlite_url, vk, items, tokens)
        started.environment |= settings
        return started

    return start


def state(run):
    with run.engine.connect() as connection:
        return connection.execute(select(Run.state, Run.outcome)).one(), connection.execute(
            select(Link.status, Link.sent).order_by(Link.position)
        ).all()


@pytest.mark.parametrize("kind", FLOODS)
@pytest.mark.parametrize(("method", "tokens"), [("page", ""), ("wall.getById", "standin-service")])
def test_T26_headers_without_end_are_given_up_and_the_next_answer_is_taken(run, vk, kind, method, tokens):
    """The flood ends after 2 MB with an answer of a wrong number, which whoever reads so far would take."""
    vk.fault(method=method, flood=kind, body=WRONG if tokens else PAGE)
    started = run([1001], tokens)
    started.let_time_fly()
    started.finish(time.monotonic() + 60)
    assert [link.views for link in started.ended()] == [truth.views("wall", -1, 1001)]
    assert [entry["method"] for entry in vk.journal()].count(method) == 2


@pytest.mark.parametrize("kind", HUNGRY)
def test_T26_an_answer_that_takes_more_memory_than_a_run_may_have_leaves_a_lost_run(run, vk, kind):
    unit = HUNGRY[kind]
    vk.fault(method="wall.getById", body=f'{{"response":[{unit * (LARGE // len(unit))}0]}}', times=1)
    started = run(SPIDER_MEMORY_MIB="256")
    started.work(time.monotonic() + 30)
    (run_state, outcome), links = state(started)
    assert "MemoryError" in started.log
    assert (run_state, outcome) == (RunState.RUNNING, None)
    assert set(links) == {(Status.IN_PROGRESS, True)}


def test_T26_usual_work_fits_by_far(run):
    started = run(range(1001, 899_000, 1000), SPIDER_MEMORY_MIB="256")
    started.finish(time.monotonic() + 60)
    assert None not in {link.views for link in started.ended()}
    assert started.runs == 1
