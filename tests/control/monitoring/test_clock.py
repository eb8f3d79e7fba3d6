import time

import pytest
from sqlalchemy import select, text, update

from control.monitoring import clock, heartbeat
from control.nodes.client import Jobs, Scrapyd
from control.web import rate_limits
from control.web.engine import db
from crawler.store.database import now
from crawler.store.models.accounts import Attempts
from crawler.store.models.batches import Link, Part
from crawler.store.models.runs import Beat, Budget, Run, RunState
from tests.control.routes.test_readyz import change, messages
from tests.seed import seed

HOUR = 3600.0


def set_back(engine, seconds):
    """Let all that is stored be of a time to come, as after the clock was set back."""
    with engine.begin() as connection:
        connection.execute(update(Beat).values(at=Beat.at + seconds))


@pytest.fixture
def run_id(engine):
    """A run of a batch that waits, on a clock that is an hour late."""
    run_id = seed(engine, ["wall-1_1"])
    heartbeat.write(engine)
    at = now() + HOUR
    with engine.begin() as connection:
        connection.execute(update(Link).values(not_before=at + 10))
        connection.execute(update(Part).values(waiting_until=at + 10, ready_from=at + 10))
        values = {"state": RunState.RUNNING, "lease_until": at + 60, "created_at": at}
        connection.execute(update(Run).values(values))
        connection.execute(text("INSERT INTO budgets (key, paused_until) VALUES ('x', 0)"))
        connection.execute(update(Budget).values(paused_until=at + 5))
    return run_id


@pytest.mark.usefixtures("run_id")
def test_when_it_goes_back_nothing_waits_for_it(engine):
    set_back(engine, HOUR)
    heartbeat.write(engine)
    columns = (Link.not_before, Part.waiting_until, Part.ready_from, Run.lease_until, Run.created_at)
    with engine.connect() as connection:
        times = [connection.execute(select(column - now())).scalar_one() for column in columns]
        pause = connection.execute(select(Budget.paused_until - now())).scalar_one()
    assert (*times, pause) == pytest.approx((10, 10, 10, 60, 0, 5), abs=5)
    assert heartbeat.age(engine) < 5


def test_the_lease_of_a_living_run_is_left_alone(engine):
    seed(engine, ["wall-1_1"])
    heartbeat.write(engine)
    set_back(engine, HOUR)
    with engine.begin() as connection:
        connection.execute(update(Run).values(state=RunState.RUNNING, lease_until=now() + 300))
    heartbeat.write(engine)
    with engine.connect() as connection:
        assert connection.execute(select(Run.lease_until - now())).scalar_one() > 200


@pytest.mark.usefixtures("run_id")
def test_while_it_goes_on_nothing_is_changed(engine):
    set_back(engine, 60)
    heartbeat.write(engine)
    with engine.connect() as connection:
        assert connection.execute(select(Link.not_before - now())).scalar_one() > 3500


def test_it_is_known_until_it_is_that_late_again_for_a_day_at_most(engine):
    heartbeat.write(engine)
    assert clock.set_back(engine) is None
    set_back(engine, HOUR)
    for _ in range(2):
        heartbeat.write(engine)
    assert clock.set_back(engine) == pytest.approx(HOUR, abs=5)
    set_back(engine, 9 * 86_400)
    heartbeat.write(engine)
    assert clock.set_back(engine) == pytest.approx(86_400, abs=5)


def test_readyz_says_so(admin, monkeypatch):
    monkeypatch.setattr(Scrapyd, "listed", lambda _: Jobs())
    heartbeat.write(db.engine)
    change(db.engine, "UPDATE beats SET at = at + 3600")
    heartbeat.write(db.engine)
    (said,) = messages(admin.get("/readyz"))
    assert said.startswith("the clock went back by 3")


def test_windows_of_tries_do_not_grow(app, anonymous):
    wrong = {"username": "anna", "password": "wrong"}
    assert [anonymous.post("/users/login", json=wrong).status_code for _ in range(11)][-1] == 429
    with db.engine.begin() as connection:
        connection.execute(update(Attempts).values(until=Attempts.until + HOUR * 48))
    assert anonymous.post("/users/login", json=wrong).status_code == 401


def test_windows_of_reads_do_not_grow(app, anonymous, monkeypatch):
    app.extensions["limits"] = rate_limits.Limits(app.config["SETTINGS"].model_copy(update={"reads_per_second": 1}))
    assert 429 in [anonymous.get("/healthz").status_code for _ in range(4)]
    early = time.time() - HOUR
    monkeypatch.setattr("time.time", lambda: early)
    time.sleep(1)
    assert anonymous.get("/healthz").status_code == 200
