import os
from threading import Event
from time import monotonic

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import OperationalError

from control.monitoring import heartbeat, readiness
from control.monitoring.backlog import oldest
from control.monitoring.readiness import problems
from control.nodes.client import Jobs, Scrapyd, ScrapydError
from control.nodes.slots import Node, leaked
from control.web import cached_readiness
from control.web.engine import db
from crawler.platforms import vk
from crawler.platforms.contract import Answer, Call, Gone, Measured, Want
from crawler.queue import budgets
from crawler.reasons import Reason
from crawler.run.layout_alarm import LayoutAlarm
from crawler.store.models.runs import Run
from tests.control.conftest import problem
from tests.seed import seed

TOKENS = "canary-one,canary-two"


@pytest.fixture
def second(app, monkeypatch):
    """The budget's key of the second token."""
    monkeypatch.setenv("VK_TOKENS", TOKENS)
    return vk.access({"VK_TOKENS": TOKENS}).credentials[1].budget


@pytest.fixture
def working(app, monkeypatch):
    """A scheduler that has just beaten, and an idle scrapyd."""
    heartbeat.write(db.engine)
    monkeypatch.setattr(Scrapyd, "listed", lambda _: Jobs())


def change(engine, statement):
    with engine.begin() as connection:
        connection.execute(text(statement))


def messages(answer):
    assert problem(answer) == (503, "not_ready")
    return [error["message"] for error in answer.json["errors"]]


@pytest.mark.usefixtures("working")
def test_all_is_well(anonymous, second):
    budgets.pause(db.engine, second, 1, "VK error 6 (too_many)")
    answer = anonymous.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"ready": True})


@pytest.mark.usefixtures("working", "second")
def test_an_administrator_sees_how_every_part_does(admin):
    answer = admin.get("/readyz")
    assert answer.status_code == 200
    details = answer.json["details"]
    assert details["database"] == {"answers": True, "dialect": db.engine.dialect.name}
    node = {"reachable": True, "pending": 0, "running": 0, "slots": os.cpu_count(), "draining": False, "fault": ""}
    assert details["scrapyd"] == [{"url": "http://127.0.0.1:6800", **node}]
    assert 0 <= details["scheduler"]["last_beat"] < 5
    assert [(token["place"], token["usable"]) for token in details["tokens"]] == [(1, True), (2, True)]
    assert (details["oldest_waiting"], details["leaked_slots"], details["alarms"]) == (None, 0, [])
    assert "canary" not in answer.text


@pytest.mark.usefixtures("working")
def test_who_is_no_administrator_sees_what_everybody_sees(anna, anonymous):
    assert anna.get("/readyz").json == {"ready": True}
    for bad in ("Bearer x", "Bearer a.b.c", "Basic x", ""):
        assert anonymous.get("/readyz", headers={"Authorization": bad}).json == {"ready": True}


@pytest.mark.usefixtures("working")
def test_what_is_wrong_is_for_administrators(admin, anna, anonymous, second):
    budgets.pause(db.engine, second, 3600, "VK error 5 (auth): replace the token")
    for client in (anna, anonymous):
        answer = client.get("/readyz")
        assert problem(answer) == (503, "not_ready")
        assert answer.json.keys().isdisjoint({"errors", "details"})
    answer = admin.get("/readyz")
    assert messages(answer)[0].startswith("vk: token 2 is of no use: VK error 5 (auth)")
    assert answer.json["details"]["tokens"][1]["paused"] > 3500
    assert "canary" not in answer.text


@pytest.mark.usefixtures("working")
def test_the_right_that_a_token_lacks_is_named_and_needs_no_operator(admin, second):
    budgets.learn(db.engine, second, "user")
    budgets.note_missing_right(db.engine, second, "video.get")
    answer = admin.get("/readyz")
    assert answer.status_code == 200
    token = answer.json["details"]["tokens"][1]
    assert (token["usable"], token["lacks"]) == (True, ["video.get"])
    assert "without the right to video.get" in token["why"]


@pytest.mark.usefixtures("working")
def test_a_communitys_token_is_of_no_use_even_when_nobody_asks_it_any_more(admin, second):
    budgets.learn(db.engine, second, "community")
    budgets.pause(db.engine, second, 0.001, "VK error 27 (group_auth)")
    assert "token 2" in messages(admin.get("/readyz"))[0]


@pytest.mark.usefixtures("working")
def test_a_scheduler_that_does_not_beat(admin):
    change(db.engine, "UPDATE beats SET at = at - 40")
    answer = admin.get("/readyz")
    beat = answer.json["details"]["scheduler"]["last_beat"]
    assert messages(answer) == [f"the scheduler does not work: its last sign of life was {beat:.0f} s ago"]
    assert beat >= 40


@pytest.mark.usefixtures("working")
def test_a_scheduler_that_never_has_beaten(admin):
    change(db.engine, "DELETE FROM beats")
    assert messages(admin.get("/readyz")) == ["the scheduler does not work: its last sign of life was never"]


@pytest.mark.usefixtures("working")
def test_a_scrapyd_that_does_not_answer(admin, monkeypatch):
    def refuse(_):
        raise ScrapydError("http://127.0.0.1:6800: ConnectionError")

    monkeypatch.setattr(Scrapyd, "listed", refuse)
    answer = admin.get("/readyz")
    assert messages(answer) == ["scrapyd does not answer: http://127.0.0.1:6800: ConnectionError"]
    assert answer.json["details"]["scrapyd"][0]["reachable"] is False


@pytest.mark.usefixtures("working")
def test_links_that_nobody_works_on(admin):
    seed(db.engine, ["wall-1_1"], run=False)
    change(db.engine, "UPDATE batches SET created_at = created_at - 700")
    answer = admin.get("/readyz")
    oldest_ = answer.json["details"]["oldest_waiting"]
    assert messages(answer) == [f"links have waited for {oldest_:.0f} s though they could be worked on"]
    assert oldest_ >= 700


@pytest.mark.usefixtures("working")
@pytest.mark.parametrize("error", [OperationalError("", {}, Exception()), TimeoutError()])
def test_without_a_database_everybody_gets_the_same(anonymous, admin, monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(readiness, "look", fail)
    assert [problem(client.get("/readyz")) for client in (anonymous, admin)] == [(503, "not_ready")] * 2


def test_a_database_that_hangs_keeps_nobody_waiting(anonymous, app, monkeypatch):
    hanging = Event()
    monkeypatch.setattr(readiness, "look", lambda *_: hanging.wait(120))
    monkeypatch.setattr(app.extensions[cached_readiness.CACHED], "patience", 0.1)
    began = monotonic()
    for _ in range(3):
        assert problem(anonymous.get("/readyz")) == (503, "not_ready")
    assert monotonic() - began < 60
    hanging.set()


@pytest.mark.usefixtures("working")
def test_a_scrapyd_that_hangs_keeps_nobody_waiting_and_administrators_hear_of_it(anonymous, admin, app, monkeypatch):
    cached = app.extensions[cached_readiness.CACHED]
    assert anonymous.get("/readyz").status_code == 200
    hangs = Event()

    def hang(_):
        assert hangs.wait(60)
        raise ScrapydError("http://127.0.0.1:6800: ReadTimeout")

    monkeypatch.setattr(Scrapyd, "listed", hang)
    monkeypatch.setattr(cached, "patience", 0.01)
    cached.until = 0.0
    assert [anonymous.get("/readyz").status_code for _ in range(20)] == [200] * 20
    hangs.set()
    assert messages(admin.get("/readyz")) == ["scrapyd does not answer: http://127.0.0.1:6800: ReadTimeout"]
    assert problem(anonymous.get("/readyz")) == (503, "not_ready")


@pytest.mark.usefixtures("working")
def test_who_asks_often_is_told_what_was_seen_a_moment_ago(anonymous):
    assert anonymous.get("/readyz").status_code == 200
    change(db.engine, "DELETE FROM beats")
    assert anonymous.get("/readyz").status_code == 200


@pytest.mark.parametrize(("ago", "told"), [(0, True), (100_000, False)])
def test_pages_that_nobody_can_read_any_more(engine, ago, told):
    run_id = seed(engine, ["wall-1_1"])
    with engine.begin() as connection:
        values = {"alarm": "layout_changed", "finished_at": Run.created_at - ago}
        connection.execute(update(Run).where(Run.id == run_id).values(values))
    assert problems(engine) == (["vk: layout_changed"] if told else [])


@pytest.mark.parametrize(
    ("sql", "seconds"),
    [
        ("SELECT 1", 1000),
        ("UPDATE parts SET waiting_until = (SELECT created_at FROM batches) + 400", 600),
        ("UPDATE parts SET waiting_until = (SELECT created_at FROM batches) + 9000", None),
        ("UPDATE batches SET closed_at = 1", None),
        ("UPDATE links SET not_before = 1", 1000),
        ("UPDATE links SET not_before = (SELECT created_at FROM batches) + 300", 700),
        ("UPDATE links SET not_before = (SELECT created_at FROM batches) + 9000", None),
        ("UPDATE links SET status = 'failed', reason = 'lost'", None),
        ("UPDATE runs SET finished_at = created_at - 100", 100),
        ("UPDATE runs SET finished_at = NULL", None),
    ],
)
def test_since_when_a_batch_waits(engine, sql, seconds):
    seed(engine, ["wall-1_1"])
    change(engine, "UPDATE runs SET finished_at = 1, state = 'finished'")
    change(engine, "UPDATE batches SET created_at = created_at - 1000")
    change(engine, sql)
    assert oldest(engine) == (None if seconds is None else pytest.approx(seconds, abs=5))


@pytest.mark.parametrize(
    ("sql", "pending", "running", "slots"),
    [
        ("state = 'finished', finished_at = created_at - 61", [], ["run"], 1),
        ("state = 'finished', finished_at = created_at", [], ["run"], 0),  # it is just ending
        ("state = 'running', started_at = created_at - 999", [], ["run"], 0),
        ("state = 'finished', finished_at = created_at - 61", [], ["unknown"], 0),
        ("state = 'posted', created_at = created_at - 61", ["run"], [], 1),
        ("state = 'posted'", ["run"], [], 0),  # the next poll takes it
        ("state = 'posted', created_at = created_at - 61", ["run"], ["other"], 0),
        ("state = 'running', created_at = created_at - 61, started_at = created_at", ["run"], [], 0),
        ("state = 'posted', created_at = created_at - 61", [], [], 0),
    ],
)
def test_which_slots_are_leaked(engine, sql, pending, running, slots):
    names = {"run": seed(engine, ["wall-1_1"])}
    change(engine, f"UPDATE runs SET {sql}")
    jobs = Jobs(*(tuple(names.get(name, name) for name in listed) for listed in (pending, running)))
    assert leaked(engine, Node("", jobs)) == slots


def page(item, outcome, form=None):
    target = vk.target(f"wall-1_{item}", "")
    return Call(((Want(target),),), "https://vk.com/", "host:vk.com", form), Answer({target: outcome})


@pytest.mark.parametrize(
    ("unreadable", "readable", "form", "alarmed"),
    [(3, 2, None, True), (2, 3, None, False), (4, 0, None, False), (0, 9, None, False), (9, 0, {}, False)],
)
def test_most_pages_of_a_run_have_to_be_unreadable(unreadable, readable, form, alarmed):
    watch = LayoutAlarm()
    for item in range(1, unreadable + 1):
        watch.see(*page(item, Gone(Reason.LAYOUT_CHANGED), form))
    for item in range(1, readable + 1):
        watch.see(*page(100 + item, Measured(1, "page"), form))
    assert bool(watch.alarm()) == alarmed
