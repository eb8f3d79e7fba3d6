import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from control.supervision import scrapyd_watchdog
from control.supervision.http_probe import Check
from control.supervision.liveness import STARTING_SECONDS
from control.supervision.scrapyd_watchdog import DEAF_SECONDS, STUCK_SECONDS, Watchdog

WELL = b'{"status": "ok", "pending": 0, "running": 0}'
STUCK = b'{"status": "ok", "pending": 1, "running": 0}'


@pytest.fixture
def scrapyd(monkeypatch):
    """What it answers, and why it was started anew."""
    answers, reasons = [None], []

    async def ask(_check, _seconds):
        return answers[-1]

    monkeypatch.setattr(scrapyd_watchdog, "reactor", Clock())
    monkeypatch.setattr(scrapyd_watchdog, "ask", ask)
    return answers, reasons


@pytest.fixture
def watched(scrapyd):
    """Let so many seconds pass, with a look in each."""
    watchdog = Watchdog(Check(""), 2, scrapyd[1].append)

    def pass_(seconds, answer):
        scrapyd[0].append(answer)
        for _ in range(int(seconds)):
            scrapyd_watchdog.reactor.advance(1)
            Deferred.fromCoroutine(watchdog._look())
        return scrapyd[1]

    pass_.begin = watchdog.begin
    return pass_


def test_one_that_starts_slowly_is_given_its_time(watched):
    assert watched(STARTING_SECONDS, None) == []
    assert watched(STARTING_SECONDS, WELL) == []


def test_one_that_never_answers_is_started_anew_and_has_its_time_again(watched):
    assert watched(STARTING_SECONDS + 1, None) == ["has not answered for 120 s"]
    assert len(watched(STARTING_SECONDS, None)) == 1


def test_one_that_is_deaf_is_started_anew_and_has_time_for_that(watched):
    assert watched(5, WELL) == []
    assert watched(DEAF_SECONDS + 1, None) == ["has not answered for 20 s"]
    assert len(watched(STARTING_SECONDS, None)) == 1


def test_a_death_gives_the_next_one_its_time(watched):
    assert watched(5, WELL) == []
    watched.begin()
    assert watched(STARTING_SECONDS, None) == []


def test_one_that_starts_nothing_is_started_anew(watched):
    assert watched(STUCK_SECONDS + 1, STUCK) == ["has free slots and has started none of its pending jobs for 10 s"]
