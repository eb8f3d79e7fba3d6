"""The end of a month is due and nothing measures it: `/readyz` says so, and what is measured later says what it is."""

import time

import pytest

from control.accounts import administration
from tests.chaos.client import Client
from tests.clock.followers import Follower
from tests.clock.true_posts import born_within, lies_within, link, post_of
from tests.clock.walk import walk
from tests.vk_standin import growth
from tests.vk_standin.growth import HOUR, MONTH

BEGIN = MONTH - 1200
LATE = MONTH + 120
DUE = "the end of a month has been due for"
SOON_SECONDS = 30.0
pytestmark = pytest.mark.process


@pytest.mark.parametrize("here", ["sqlite"], indirect=True)
def test_the_end_of_a_month_that_nothing_measures_needs_an_operator(here, clock):
    anna = Follower(Client(here.system.url, "anna"), ())
    anna.begin()
    administration.set_administrator(here.engine, "anna", administrator=True)
    anna.place([link(*post) for post in born_within(MONTH - HOUR, MONTH - HOUR / 2, 9)], clock)
    walk(clock, here.engine, MONTH - 900)
    here.until(lambda: problems(anna) == [], "ready")
    scheduler = here.signal(here.pids("scheduler"), "SIGSTOP")
    clock.step_to(LATE)
    here.until(lambda: any(said.startswith(DUE) for said in problems(anna)), "red", SOON_SECONDS)
    here.signal([scheduler], "SIGCONT")
    here.until(lambda: problems(anna) == [], "ready again", SOON_SECONDS)
    walk(clock, here.engine, MONTH + 900)
    for row in anna.rows("2026-10"):
        assert lies_within(growth.views(post_of(row["link"]), MONTH), row["low"], row["high"])
        assert (row["basis"], row["flags"]) == ("estimated", []) or row["low"] == row["high"]
    assert {missed["kind"] for each in placements(anna) for missed in each["missed"]} == {"month_end"}


def problems(follower):
    """Ask what an operator is needed for; a system that is too busy to look does not say it."""
    time.sleep(0.2)
    answer = follower.client.session.get(f"{follower.client.url}/readyz", timeout=20)
    return [] if answer.ok else [error["message"] for error in answer.json().get("errors", [])] or ["busy"]


def placements(follower):
    return follower.client.insist("GET", f"/campaigns/{follower.campaign}/placements").json()["placements"]
