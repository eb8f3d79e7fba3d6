import json
from threading import Barrier, Thread

import jwt
import pytest
from sqlalchemy import select

from control.db import db
from crawler.models import User
from tests.control.conftest import PASSWORD

WHO = {"username": "analyst", "password": PASSWORD}


@pytest.mark.parametrize("slash", ["", "/"])
def test_create_and_log_in(anonymous, slash):
    created = anonymous.post(f"/users{slash}", json=WHO)
    assert created.status_code == 201
    assert created.json.keys() == {"id", "username"}
    token = anonymous.post(f"/users/login{slash}", json=WHO)
    assert token.status_code == 200
    assert token.json["type"] == "Bearer"
    answer = anonymous.get("/get-bg-tasks", headers={"Authorization": f"Bearer {token.json['token']}"})
    assert (answer.status_code, answer.json) == (200, [])


def test_a_taken_name(anonymous):
    anonymous.post("/users", json=WHO)
    answer = anonymous.post("/users", json=WHO | {"password": "another"})
    assert (answer.status_code, answer.json["code"]) == (409, "username_taken")
    assert anonymous.post("/users/login", json=WHO).status_code == 200


def test_one_name_taken_by_many_at_once_is_given_once(app):
    codes, barrier = [], Barrier(6)

    def create():
        barrier.wait()
        codes.append(app.test_client().post("/users", json=WHO).status_code)

    threads = [Thread(target=create) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [201, 409, 409, 409, 409, 409]


def test_the_password_is_kept_as_an_argon2_hash(app, anonymous):
    anonymous.post("/users", json=WHO)
    with app.app_context():
        kept = db.session.execute(select(User.password_hash)).scalar_one()
    assert kept.startswith("$argon2id$")


def test_unknown_user_and_wrong_password_are_the_same(anonymous):
    anonymous.post("/users", json=WHO)
    wrong = anonymous.post("/users/login", json=WHO | {"password": "wrong"})
    unknown = anonymous.post("/users/login", json=WHO | {"username": "nobody"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json == unknown.json
    assert dict(wrong.headers) == dict(unknown.headers)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": "a"}, "password"),
        ({"password": "a"}, "username"),
        (WHO | {"username": ""}, "username"),
        (WHO | {"username": " a"}, "username"),
        (WHO | {"username": "a\0b"}, "username"),
        (WHO | {"username": "\ud800"}, "username"),
        (WHO | {"username": 5}, "username"),
        (WHO | {"password": ""}, "password"),
        (WHO | {"password": "\ud800"}, "password"),
        (WHO | {"password": "x" * 2000}, "password"),
        ([], "body"),
        ("null", "body"),
    ],
)
def test_what_is_wrong_is_named_and_never_repeated(anonymous, body, field):
    data = body if body == "null" else json.dumps(body)
    answer = anonymous.post("/users", data=data, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_request")
    assert answer.json["errors"][0]["field"] == field
    assert "xxx" not in answer.text


def forged(secret="k" * 48, algorithm="HS256", **claims):
    return jwt.encode(
        {"sub": "x", "type": "access", "jti": "1", "fresh": False, "exp": 2**33} | claims, secret, algorithm
    )


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        forged("another secret of forty-eight bytes, as it must be"),
        forged(None, "none"),
        forged(sub="nobody has this id"),
        forged(sub=5),
        forged(exp=1),
        forged(type="refresh"),
        forged("k" * 64, "HS512"),
    ],
)
def test_no_valid_token_is_401(anonymous, token):
    answer = anonymous.get("/get-bg-tasks", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json["code"] in {"not_authenticated", "token_expired"}


def test_a_token_without_an_end_is_refused(anonymous):
    id_ = anonymous.post("/users", json=WHO).json["id"]
    claims = {"sub": id_, "type": "access", "jti": "1", "fresh": False}
    endless, ending = (jwt.encode(claims | extra, "k" * 48, "HS256") for extra in ({}, {"exp": 2**33}))
    assert anonymous.get("/get-bg-tasks", headers={"Authorization": f"Bearer {endless}"}).status_code == 401
    assert anonymous.get("/get-bg-tasks", headers={"Authorization": f"Bearer {ending}"}).status_code == 200
