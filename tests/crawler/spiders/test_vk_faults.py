"""Everything that goes wrong between VK and us, one kind after the other, on the real spider: each link ends true."""

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any

import pytest

from tests.crawler.spiders.vk_run import VkRun
from tests.vk_standin import troubles, truth
from tests.vk_standin.client import StandIn

pytestmark = pytest.mark.process

SECONDS = 60.0  # at most, for the links of one kind
LINKS = 200  # two calls
OUR_PATIENCE = ("-s", "DOWNLOAD_TIMEOUT=1")
ENDS_A_RUN = {"error_5", "error_9", "error_14", "error_29"}  # the token rests for longer than a run stays
UNCHARGED = {*ENDS_A_RUN, "error_6"}
OF_EACH_POST = {"status_429", *troubles.ITEMS}  # VK counts our requests, or one item of an answer makes no sense
OF_ALL_IN_A_CALL = {*troubles.KINDS} - UNCHARGED - OF_EACH_POST
OTHERS = [kind for kind in troubles.KINDS if kind not in ENDS_A_RUN]


@dataclass
class Ended:
    """How the links of one kind of trouble ended."""

    links: list[Any]
    drawn: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def stand_ins():
    with StandIn("--seed", "1") as one, StandIn("--seed", "2") as two:
        free = SimpleQueue()
        free.put(one)
        free.put(two)
        yield free


@pytest.fixture(scope="module")
def ended(stand_ins, migrated_sqlite, tmp_path_factory):
    """How each kind ended, and what the spiders said: two runs at a time, most of them with many kinds in a row."""
    folder = tmp_path_factory.mktemp("faults")

    def work(kinds):
        vk = stand_ins.get()
        try:
            return one_after_the_other(vk, shutil.copy(migrated_sqlite, folder / kinds[0]), kinds)
        finally:
            stand_ins.put(vk)

    with ThreadPoolExecutor(2) as workers:
        groups = [[kind] for kind in sorted(ENDS_A_RUN)] + [OTHERS[0::2], OTHERS[1::2]]
        results = list(workers.map(work, groups))
    return {kind: how for result, _ in results for kind, how in result.items()}, "".join(log for _, log in results)


def one_after_the_other(vk, file, kinds):
    """Let the links of each kind meet that kind only."""
    items = [1000 * item + 1 for item in range(1, LINKS * len(kinds) + 1)]
    run = VkRun(f"sqlite:///{file}", vk, items)
    run.hold_back(0)
    run.let_time_fly()
    result = {}
    with run.working(SECONDS * len(kinds), *OUR_PATIENCE):
        for place, kind in enumerate(kinds):
            result[kind] = all_fail_and_then_a_third(vk, run, kind, range(place * LINKS, (place + 1) * LINKS))
    return result, run.log


def all_fail_and_then_a_third(vk, run, kind, positions):
    vk.reset()
    vk.set(trouble=1.0, troubles=kind)
    run.release(positions)
    until(vk.journal, run, lambda: run.hold_back(positions.stop))
    time.sleep(0.3)
    vk.set(trouble=0.3)
    until(lambda: not run.unfinished(positions), run, lambda: run.release(positions))
    return Ended(run.ended(positions), [entry["trouble"] for entry in vk.journal()])


def until(true, run, meanwhile):
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end, run.ended()[:3]
        run.check()
        meanwhile()
        time.sleep(0.1)


@pytest.mark.parametrize("kind", troubles.KINDS)
def test_T26_T39_every_link_ends_with_its_true_number(ended, kind):
    assert not wrong(ended[0][kind].links)
    assert kind in ended[0][kind].drawn


def test_what_goes_wrong_is_no_traceback(ended):
    assert "Traceback" not in ended[1]


@pytest.mark.parametrize("kind", sorted(UNCHARGED))
def test_a_tokens_trouble_and_error_6_charge_no_link(ended, kind):
    assert {link.attempts for link in ended[0][kind].links} == {0}


@pytest.mark.parametrize("kind", sorted(OF_EACH_POST))
def test_a_broken_item_charges_its_link_and_http_429_too(ended, kind):
    assert max(link.attempts for link in ended[0][kind].links) > 0


@pytest.mark.parametrize("kind", sorted(OF_ALL_IN_A_CALL))
def test_what_fails_a_whole_call_charges_only_links_that_were_alone(ended, kind):
    charged = [link for link in ended[0][kind].links if link.attempts]
    assert len(charged) < LINKS / 10


@pytest.mark.parametrize(
    ("tokens", "links", "share"),
    [("standin-service", 600, 0.08), ("standin-service", 600, 0.3), ("", 100, 0.08), ("", 100, 0.3)],
)
def test_links_end_true_whatever_mixture_they_meet(stand_ins, sqlite_url, tokens, links, share):
    vk, positions = stand_ins.get(), range(links)
    vk.reset()
    vk.set(trouble=share, troubles="")
    run = VkRun(sqlite_url, vk, [1000 * item + 1 for item in positions], tokens)
    run.let_time_fly()
    with run.working(SECONDS, *OUR_PATIENCE):
        until(lambda: not run.unfinished(), run, lambda: run.release(positions))
    stand_ins.put(vk)
    assert not wrong(run.ended(), "api" if tokens else "page")
    assert "Traceback" not in run.log


def wrong(links, by="api"):
    return [link for link in links if link.views != truth.expected("wall", -1, int(link.url.split("_")[1]), by)]
