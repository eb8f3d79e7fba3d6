from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from control.accounts import passwords
from control.web.engine import db
from crawler.store.models.accounts import User
from tests.control.conftest import problem

ANNA = {"username": "anna", "password": "correct horse"}


def hash_of(username):
    with db.engine.connect() as connection:
        return connection.execute(select(User.password_hash).where(User.username == username)).scalar()


@pytest.mark.parametrize("slash", ["", "/"])
def test_register_and_log_in(anonymous, slash):
    made = anonymous.post(f"/users{slash}", json=ANNA)
    assert made.status_code == 201
    assert made.json.keys() == {"id", "username"}
    assert made.json["username"] == "anna"
    answer = anonymous.post(f"/users/login{slash}", json=ANNA)
    assert answer.status_code == 200
    assert answer.json["type"] == "Bearer"
    assert answer.json["expires_in"] == 3600
    token = {"Authorization": f"Bearer {answer.json['token']}"}
    assert anonymous.get("/batches", headers=token).status_code == 200


def test_a_password_is_kept_as_an_argon2_hash(anonymous):
    anonymous.post("/users", json=ANNA)
    assert hash_of("anna").startswith("$argon2id$")


def test_a_taken_name_is_a_conflict_and_case_does_not_count(anonymous):
    assert anonymous.post("/users", json=ANNA).status_code == 201
    for name in ("anna", "Anna"):
        again = anonymous.post("/users", json={"username": name, "password": "another one"})
        assert problem(again) == (409, "username_taken")


def test_of_those_who_want_a_name_at_once_one_gets_it(app):
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda _: app.test_client().post("/users", json=ANNA).status_code, range(4))
        assert sorted(answers) == [201, 409, 409, 409]


@pytest.mark.parametrize("username", ["nobody\0", " ", "", "x" * 1024])
def test_a_name_that_nobody_can_have_is_nobodys(anonymous, username):
    assert problem(anonymous.post("/users/login", json=ANNA | {"username": username})) == (401, "wrong_credentials")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "x" * 65}, "username"),
        ({"username": " anna"}, "username"),
        ({"username": "an\0na"}, "username"),
        ({"username": "an\nna"}, "username"),
        ({"username": "\ud800"}, "username"),
        ({"username": 1}, "username"),
        ({"username": None}, "username"),
        ({"password": "secret7"}, "password"),
        ({"password": "secret" * 200}, "password"),
        ({"password": "secret \ud800"}, "password"),
        ({"password": ["secret12"]}, "password"),
    ],
)
def test_a_bad_field_is_named_and_not_repeated(anonymous, change, field):
    answer = anonymous.post("/users", json=ANNA | change)
    assert problem(answer) == (422, "invalid_body")
    errors = answer.get_json(force=True)["errors"]
    assert [error["field"] for error in errors] == [field]
    assert "secret" not in answer.text


@pytest.mark.parametrize("username", ["x" * 64, "Анна", "anna.b@example.com", "two words", "名"])
def test_good_names(anonymous, username):
    assert anonymous.post("/users", json=ANNA | {"username": username}).json["username"] == username


def test_an_old_hash_is_renewed_at_the_next_login(anonymous):
    anonymous.post("/users", json=ANNA)
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(ANNA["password"])
    with db.engine.begin() as connection:
        connection.execute(update(User).values(password_hash=old))
    assert anonymous.post("/users/login", json=ANNA).status_code == 200
    assert hash_of("anna") != old
    assert not passwords.hasher.check_needs_rehash(hash_of("anna"))
    assert anonymous.post("/users/login", json=ANNA).status_code == 200
