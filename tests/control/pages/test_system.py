import re
from dataclasses import replace
from html import unescape

import pytest
import structlog
from sqlalchemy import insert, select
from sqlalchemy.exc import OperationalError

from control.monitoring.database_trouble import DatabaseTrouble
from control.monitoring.platform_tokens import Token
from control.monitoring.readiness import Readiness
from control.nodes.slots import Node
from control.web import cached_readiness
from control.web.engine import db
from crawler.store.models.accounts import User
from crawler.store.models.runs import Run
from tests.security.pages import PASSWORD
from tests.seed import seed

WELL = Readiness([Node("http://127.0.0.1:6800")], 0, 2.0, [], None, [], [], None)


class Looks:
    def __init__(self, found):
        self.found = found

    def report(self, _patience=None):
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


@pytest.fixture
def looks(app):
    app.extensions[cached_readiness.CACHED] = Looks(WELL)
    return app.extensions[cached_readiness.CACHED]


def test_all_well_in_one_sentence(operator, looks):
    page = operator.get("/system").text
    assert "Всё в порядке." in page
    assert "Нужна помощь" not in page
    assert "Ключа ВКонтакте нет" in page
    assert "VK_TOKENS=" in page


def test_what_needs_help_comes_first_with_what_to_do(operator, looks):
    token = Token("vk", 2, False, 60.0, "User authorization failed", ())
    silent = Node("http://10.0.0.7:6800", error="ConnectTimeout")
    full = [*DatabaseTrouble(db.engine).in_words(), "the database is damaged: x"]
    misfit = Node("http://10.0.0.8:6800", fault="version: 1.1.0, elsewhere 1.0.0")
    looks.found = Readiness([silent, misfit], 3, None, [token], 700.0, ["vk: new layout"], full, 21.0, 61.0)
    page = operator.get("/system").text
    for said in (
        "ключ № 2 (vk) не работает.",
        '<q lang="en">User authorization failed</q>',
        "scrapyd не отвечает (http://10.0.0.7:6800).",
        "scrapyd http://10.0.0.8:6800 не получает запусков.",
        "version: 1.1.0, elsewhere 1.0.0",
        "планировщик не работает.",
        "часы сервера ушли назад на 21 секунду.",
        "scrapyd зря держит 3 места.",
        "база данных повреждена.",
        "ссылки ждут больше десяти минут",
        "наступил конец месяца, но никто его не измеряет.",
        "последний запуск поднял тревогу.",
    ):
        assert said in page, said
    assert page.index("Нужна помощь") < page.index("Части системы")
    assert "нужна помощь · views-stats</title>" in page


@pytest.mark.parametrize("trouble", [TimeoutError(), OperationalError("select 1", {}, Exception("gone"))])
def test_while_the_database_is_silent_it_says_so_and_what_to_do(operator, anonymous, looks, trouble):
    looks.found = trouble
    for client in (operator, anonymous):
        answer = client.get("/system")
        assert answer.status_code == 503
        assert "Нужна помощь: база данных не отвечает." in answer.text
        assert "SQLALCHEMY_DATABASE_URL" in answer.text


def test_a_run_leads_to_its_log(operator, looks):
    run = seed(db.engine, ["wall-1_1"])
    with db.engine.begin() as connection:
        batch = connection.execute(select(Run.batch_id).where(Run.id == run)).scalar_one()
        done = {"state": "finished", "outcome": "finished", "started_at": 1.0, "finished_at": 63.0}
        connection.execute(insert(Run).values(batch_id=batch, platform="vk", node="http://n:6800", **done))
    page = operator.get("/system").text
    assert f"{run[:8]}" in page
    assert 'href="http://n:6800/logs/default/vk_views/' in page
    assert "1 минута" in page
    assert '<td class="n">1</td></tr>' in page


def test_who_follows_the_page_is_told_what_changes(operator, looks):
    page = operator.get("/system").text
    (there,) = re.findall(r'data-follow="(/system/news[^"]+)"', page)
    news = operator.get(there)
    assert len(news.data) <= 500
    assert (news.json["over"], news.json["says"], news.json["button"]) == (False, "Всё в порядке.", "Обновить")
    assert re.fullmatch(r"Обновлено в \d\d:\d\d:\d\d", news.json["texts"]["seen"])
    for name, text in news.json["texts"].items():
        assert name == "seen" or f'data-text="{name}">{text}<' in page, name
    looks.found = replace(WELL, oldest=61.0)
    assert operator.get(there).json["texts"]["oldest"] == "1 минута"
    looks.found = replace(WELL, beat=None)
    news = operator.get(there).json
    assert (news["over"], news["tab"]) == (True, "Система: нужна помощь")
    assert news["says"] == "Нужна помощь: планировщик не работает."


def test_users_are_shown_page_by_page(operator, looks, app):
    with db.engine.begin() as connection:
        names = [f"user {number:03}" for number in range(60)]
        people = [{"username": name, "spelling": name, "look": name, "password_hash": ""} for name in names]
        connection.execute(insert(User), people)
    page = operator.get("/system").text
    assert ("user 048" in page, "user 049" in page) == (True, False)
    (there,) = re.findall(r'rel="next" href="([^"#]+)', page)
    page = operator.get(unescape(there)).text
    assert ("user 048" in page, "user 049" in page, "user 059" in page) == (False, True, True)
    assert 'rel="next"' not in page
    assert 'name="who" value="user 059"' in operator.get("/system?who=user+059").text


def user(name):
    with db.engine.connect() as connection:
        return connection.execute(select(User.admin, User.state).where(User.username == name)).first()


@pytest.mark.parametrize(
    ("action", "states"),
    [
        ("promote", ({}, (True, "active"))),
        ("demote", ({"admin": True}, (False, "active"))),
        ("disable", ({}, (False, "disabled"))),
        ("enable", ({"state": "disabled"}, (False, "active"))),
    ],
)
def test_users_are_changed_with_the_password_again_and_a_line_in_the_log(operator, looks, reader_of, action, states):
    before, after = states
    reader_of("boris", **before)
    form = {"who": "boris", "action": action}
    was = user("boris")
    with structlog.testing.capture_logs() as lines:
        assert operator.post("/system/users/change", form | {"change_password": "x"}).status_code == 403
        assert tuple(user("boris")) == tuple(was)
        assert operator.post("/system/users/change", form | {"change_password": PASSWORD}).status_code == 303
    assert tuple(user("boris")) == after
    said = [line for line in lines if line["event"] == "user changed by an administrator"]
    assert [(line["action"], line["user"], line["by"]) for line in said] == [(action, "boris", "operator")]
    assert "boris" in operator.get("/system").text


def test_nobody_does_it_to_themselves_so_that_an_administrator_is_left(operator, looks):
    form = {"who": "operator", "action": "demote", "change_password": PASSWORD}
    assert operator.post("/system/users/change", form).status_code == 422
    assert tuple(user("operator")) == (True, "active")


def test_a_user_is_made_with_the_password_again(operator, looks):
    form = {"username": "carl", "password": "a good one, is it not"}
    for wrong in ({"make_password": "x"}, {"make_password": PASSWORD, "password": "short"}):
        assert operator.post("/system/users", form | wrong).status_code in {403, 422}
    assert user("carl") is None
    assert operator.post("/system/users", form | {"make_password": PASSWORD}).status_code == 303
    assert tuple(user("carl")) == (False, "active")
