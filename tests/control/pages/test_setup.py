"""The first start: only who holds the key makes the first administrator, and the key is good once."""

from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from control.accounts import first_administrator, users
from control.web.engine import db
from crawler.store.models.accounts import User
from tests.security.pages import PASSWORD, SAME_ORIGIN

FORM = {"username": "root", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture(autouse=True)
def key(monkeypatch, tmp_path):
    monkeypatch.setattr(first_administrator, "VAR", tmp_path)
    return first_administrator.key()


def administrators():
    with db.engine.connect() as connection:
        return list(connection.execute(select(User.username).where(User.admin)).scalars())


def test_until_there_is_somebody_everything_leads_to_it(anonymous):
    assert anonymous.get("/account").headers["Location"] == "/enter?next=/account"
    assert anonymous.get("/enter").headers["Location"] == "/setup"


def test_the_key_makes_an_administrator_and_dies(anonymous, key):
    assert first_administrator.key_file().stat().st_mode & 0o777 == 0o600
    page = anonymous.get(f"/setup?key={key}")
    assert f'type="hidden" name="key" value="{key}"' in page.text
    made = anonymous.post("/setup", data=FORM | {"key": key}, headers=SAME_ORIGIN)
    assert made.status_code == 303
    assert administrators() == ["root"]
    assert not first_administrator.key_file().exists()
    assert anonymous.get("/account").status_code == 200
    stranger = anonymous.application.test_client()
    for answer in (
        stranger.get(f"/setup?key={key}"),
        stranger.post("/setup", data=FORM | {"key": key, "username": "other"}, headers=SAME_ORIGIN),
    ):
        assert (answer.status_code, answer.headers["Location"]) == (303, "/enter")
    assert administrators() == ["root"]


@pytest.mark.parametrize("wrong", ["", "x", "\u0436", "0" * 32])
def test_another_key_makes_nobody(anonymous, wrong):
    answer = anonymous.post("/setup", data=FORM | {"key": wrong}, headers=SAME_ORIGIN)
    assert answer.status_code == 403
    assert 'id="key-wrong"' in answer.text
    assert PASSWORD not in answer.text
    assert administrators() == []


def test_without_a_file_no_key_is_right(anonymous):
    first_administrator.forget_key()
    assert anonymous.post("/setup", data=FORM | {"key": ""}, headers=SAME_ORIGIN).status_code == 403
    assert not first_administrator.key_file().exists()


def test_a_user_made_by_other_means_does_not_shut_it(anonymous, key):
    users.insert(db.engine, "anna", "none")
    assert anonymous.get("/enter").status_code == 200
    assert anonymous.post("/setup", data=FORM | {"key": key}, headers=SAME_ORIGIN).status_code == 303
    assert administrators() == ["root"]


def test_of_two_at_once_one_is_made(app):
    begin, made = Barrier(2), []

    def create(name):
        begin.wait()
        made.append(first_administrator.create(db.engine, name, "hash"))

    with app.app_context():
        engine = db.engine
    threads = [Thread(target=_inside, args=(app, create, name)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([each for each in made if each]) == 1
    assert len(administrators()) == 1
    assert engine is db.engine


def _inside(app, call, *arguments):
    with app.app_context():
        call(*arguments)
