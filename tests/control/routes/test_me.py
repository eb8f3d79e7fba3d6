import pytest
from sqlalchemy import func, select

from control.accounts import passwords, users
from control.scheduler import account_erasure
from control.web.engine import db
from crawler.store.models.accounts import User
from crawler.store.models.base import Base
from crawler.store.models.posts import Post
from tests.control.conftest import problem

PASSWORD = "correct horse"
LINKS = {"links": ["https://vk.com/wall-1_1", "https://vk.com/wall-1_2", "spam"]}


def log_in(client, name, password=PASSWORD):
    answer = client.post("/users/login", json={"username": name, "password": password})
    return {"Authorization": f"Bearer {answer.json['token']}"}


@pytest.fixture
def clara(anonymous):
    """The header of a user who has a password."""
    users.insert(db.engine, "clara", passwords.hashed(PASSWORD, "clara"))
    return log_in(anonymous, "clara")


def test_an_account_is_shown(anna):
    shown = anna.get("/users/me").json
    assert shown.keys() == {"id", "username", "administrator", "created_at"}
    assert (shown["username"], shown["administrator"]) == ("anna", False)


def test_a_name_is_changed_and_everything_stays(anna):
    batch = anna.post("/batches", json=LINKS).json["id"]
    assert anna.patch("/users/me", json={"username": "Анна"}).json["username"] == "Анна"
    assert anna.get(f"/batches/{batch}").status_code == 200


def test_a_taken_name_is_a_conflict(anna, boris):
    assert problem(anna.patch("/users/me", json={"username": "boris"})) == (409, "username_taken")
    assert anna.get("/users/me").json["username"] == "anna"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"password": "another good one"},
        {"current_password": PASSWORD},
        {"username": ""},
        {"username": "x", "id": "y"},
        {"administrator": True},
        {"password": "short", "current_password": PASSWORD},
    ],
)
def test_a_change_that_makes_no_sense_is_refused(anna, body):
    assert problem(anna.patch("/users/me", json=body)) == (422, "invalid_body")


def test_the_old_password_has_to_be_right(anonymous, clara):
    change = {"current_password": "wrong", "password": "another good one"}
    answer = anonymous.patch("/users/me", json=change, headers=clara)
    assert problem(answer) == (403, "wrong_password")
    assert answer.get_json(force=True)["errors"][0]["field"] == "current_password"


def test_a_new_password_is_the_one_that_counts(anonymous, clara):
    change = {"current_password": PASSWORD, "password": "another good one"}
    assert anonymous.patch("/users/me", json=change, headers=clara).status_code == 200
    assert anonymous.get("/users/me", headers=clara).status_code == 401
    assert anonymous.get("/users/me", headers=log_in(anonymous, "clara", "another good one")).status_code == 200


def counts(engine):
    with engine.connect() as connection:
        tables = [table for table in Base.metadata.sorted_tables if table.name not in {"posts", "tries", "walls"}]
        return {table.name: connection.execute(select(func.count()).select_from(table)).scalar() for table in tables}


def test_who_leaves_is_out_at_once_and_gone_soon_with_all_that_was_theirs(anna, anonymous, clara):
    before = counts(db.engine)
    for _ in range(3):
        anna.post("/batches", json=LINKS, headers={"Idempotency-Key": "once"})
        anna.post("/batches", json=LINKS)
    anna.post("/tokens", json={"name": "script"})
    assert anna.delete("/users/me").status_code == 204
    assert problem(anna.get("/batches")) == (401, "not_authenticated")
    while account_erasure.erase(db.engine):
        pass
    after = counts(db.engine)
    assert after == before | {"users": before["users"] - 1, "logins": before["logins"] - 1}
    assert anonymous.get("/users/me", headers=clara).status_code == 200
    with db.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(Post)).scalar() == 2
        assert connection.execute(select(User.username)).scalars().all() == ["clara"]


def test_usage_is_counted_and_what_was_deleted_stays_counted_for_the_day(anna):
    batch = anna.post("/batches", json=LINKS).json["id"]
    usage = anna.get("/users/me/usage").json
    assert usage["waiting_links"] == {"used": 2, "most": 500_000}
    assert usage["links_today"] == {"used": 3, "most": 1_000_000}
    assert 0 < usage["day_ends_in"] <= 86_400
    anna.delete(f"/batches/{batch}")
    usage = anna.get("/users/me/usage").json
    assert (usage["waiting_links"]["used"], usage["links_today"]["used"]) == (0, 3)
