import pytest
from sqlalchemy import update

from control.db import db
from control.readiness import problems
from crawler import budget
from crawler.models import Run
from crawler.pagewatch import PageWatch
from crawler.platforms import vk
from crawler.platforms.contract import Answer, Call, Gone, Measured, Want
from crawler.reasons import Reason
from tests.control.conftest import problem
from tests.seed import seed

TOKENS = "canary-one,canary-two"


@pytest.fixture
def second(app, monkeypatch):
    """The budget's key of the second token."""
    monkeypatch.setenv("VK_TOKENS", TOKENS)
    return vk.access({"VK_TOKENS": TOKENS}).credentials[1].budget


def test_all_is_well(anonymous, second):
    budget.pause(db.engine, second, 1, "VK error 6 (too_many)")
    answer = anonymous.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"ready": True})


def test_a_token_that_vk_refuses(anonymous, second):
    budget.pause(db.engine, second, 3600, "VK error 5 (auth): replace the token")
    answer = anonymous.get("/readyz")
    assert problem(answer) == (503, "not_ready")
    assert answer.json["errors"][0]["message"].startswith("vk: token 2 is of no use: VK error 5 (auth)")
    assert "canary" not in answer.text


def test_a_communitys_token_is_of_no_use_even_when_nobody_asks_it_any_more(anonymous, second):
    budget.learn(db.engine, second, "community")
    budget.pause(db.engine, second, 0.001, "VK error 27 (group_auth)")
    assert "token 2" in anonymous.get("/readyz").json["errors"][0]["message"]


@pytest.mark.parametrize(("ago", "told"), [(0, True), (100_000, False)])
def test_pages_that_nobody_can_read_any_more(engine, ago, told):
    run_id = seed(engine, ["wall-1_1"])
    with engine.begin() as connection:
        values = {"alarm": "layout_changed", "finished_at": Run.created_at - ago}
        connection.execute(update(Run).where(Run.id == run_id).values(values))
    assert problems(engine) == (["vk: layout_changed"] if told else [])


def page(outcome, form=None):
    target = vk.target("wall-1_1", "")
    return Call(((Want(target),),), "https://vk.com/", "host:vk.com", form), Answer({target: outcome})


@pytest.mark.parametrize(
    ("unreadable", "readable", "form", "alarmed"),
    [(3, 2, None, True), (2, 3, None, False), (4, 0, None, False), (0, 9, None, False), (9, 0, {}, False)],
)
def test_most_pages_of_a_run_have_to_be_unreadable(unreadable, readable, form, alarmed):
    watch = PageWatch()
    for _ in range(unreadable):
        watch.see(*page(Gone(Reason.LAYOUT_CHANGED), form))
    for _ in range(readable):
        watch.see(*page(Measured(1, "page"), form))
    assert bool(watch.alarm()) == alarmed
