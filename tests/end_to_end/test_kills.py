"""What is killed comes back, and what was under way goes on."""

import os
import signal

import pytest

from tests.end_to_end.test_main_job import ordinary
from tests.vk_standin import truth

pytestmark = pytest.mark.process


def kill(system, module):
    """Kill a child and wait until another one is in its place."""
    old = system.pid_of(module)
    assert old
    os.kill(old, signal.SIGKILL)
    system.until(lambda: system.pid_of(module) not in {0, old}, 30, f"restored: {module}")


def all_right(system, batch, owner, items):
    rows = system.finished(batch, 150)
    return [row["views"] for row in rows] == [truth.views("wall", -owner, item) for item in items]


@pytest.mark.parametrize(("module", "owner"), [("control.api", 11), ("control.scheduler", 12), ("scrapyd", 13)])
def test_killed_while_nothing_runs_it_is_restored_and_the_next_batch_works(running, module, owner):
    system, _ = running
    kill(system, module)
    system.until(lambda: answers(system), 30, "answering")
    items = ordinary(150)
    assert all_right(system, system.submit([f"wall-{owner}_{item}" for item in items]), owner, items)


def answers(system):
    try:
        return system.session.get(f"{system.url}/openapi.json", timeout=2).ok and system.scrapyd("daemonstatus.json").ok
    except OSError:
        return False


def test_a_killed_scrapyd_takes_its_spiders_along_and_the_batch_goes_on(running):
    system, vk = running
    vk.set(latency=0.5)
    items = ordinary(1500)
    batch = system.submit([f"wall-14_{item}" for item in items])
    system.until(lambda: system.batch(batch)["counts"]["done"] > 0, 30, "under way")
    kill(system, "scrapyd")
    vk.set(latency=0)
    assert all_right(system, batch, 14, items)


def test_a_stop_fails_no_link_and_the_next_start_goes_on(running):
    system, vk = running
    vk.set(latency=0.5)
    items = ordinary(1500)
    batch = system.submit([f"wall-15_{item}" for item in items])
    system.until(lambda: system.batch(batch)["counts"]["done"] > 0, 30, "under way")
    assert system.stop() < 5
    vk.set(latency=0)
    system.start()
    assert all_right(system, batch, 15, items)
