import time

import jwt
import pytest
from sqlalchemy import delete, select

from control import auth
from control.db import db
from crawler.models import User
from tests.control.conftest import SETTINGS, problem


@pytest.fixture
def database_url(sqlite_url):
    """Tokens do not depend on the database."""
    return sqlite_url


def signed(key=SETTINGS["secret_key"], algorithm="HS256", without=(), **claims):
    """Sign a token that is good, but for what is said."""
    with db.engine.connect() as connection:
        user = connection.execute(select(User.id)).scalar()
    now = int(time.time())
    good = {"sub": user, "iat": now, "nbf": now, "exp": now + 60, "jti": "1", "type": "access", "fresh": False}
    good |= {"iss": auth.NAME, "aud": auth.NAME} | claims
    return jwt.encode({name: good[name] for name in good if name not in without}, key, algorithm)


@pytest.mark.usefixtures("anna")
def test_the_token_that_the_bad_ones_differ_from_is_good(anonymous):
    headers = {"Authorization": f"Bearer {signed()}"}
    assert anonymous.get("/batches", headers=headers).status_code == 200


@pytest.mark.usefixtures("anna")
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize(
    "change",
    [
        {"key": "another key, long enough to be taken"},
        {"key": "", "algorithm": "none"},
        {"algorithm": "HS512"},
        {"type": "refresh"},
        {"sub": 1},
        {"sub": "f" * 32},
        {"exp": 1},
        {"exp": int(time.time()) + 86_400},
        {"nbf": int(time.time()) + 3600},
        {"iss": "somebody"},
        {"aud": "somebody"},
        *({"without": (name,)} for name in ("sub", "iat", "exp", "jti", "iss", "aud")),
    ],
    ids=str,
)
def test_a_bad_token_is_refused(anonymous, change):
    answer = anonymous.get("/batches", headers={"Authorization": f"Bearer {signed(**change)}"})
    assert problem(answer) == (401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer a.b.c",
        "Basic YTpi",
        ", ,Bearer x",
        "Bearer x y",
        "Bearer \xff",
        "x" * 5000,
    ],
)
def test_a_bad_header_is_refused(anonymous, header):
    answer = anonymous.get("/batches", headers={"Authorization": header})
    assert problem(answer) == (401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.usefixtures("anna")
def test_no_token_in_the_address(anonymous):
    assert anonymous.get(f"/batches?jwt={signed()}").status_code == 401


def test_the_token_of_a_user_who_is_gone_is_refused(anna):
    assert anna.get("/batches").status_code == 200
    with db.engine.begin() as connection:
        connection.execute(delete(User))
    assert problem(anna.get("/batches")) == (401, "not_authenticated")


def test_anonymous_callers_are_refused_before_their_body_is_looked_at(app, anonymous):
    operations = [
        (rule.rule.replace("<id>", "x"), method)
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.endpoint.split(".")[0] in {"get-views", "get-bg-tasks", "batches", "links"}
    ]
    assert len(operations) >= 6
    for path, method in operations:
        for body in ({"data": "no json"}, {"json": {"unknown": 1}}, {"json": {"links": ["x"]}}):
            assert problem(anonymous.open(path, method=method, **body)) == (401, "not_authenticated"), path
