"""Who may call what: anybody, users, administrators; and that nothing is there that the tests do not know."""

import pytest

from tests.control.conftest import problem
from tests.security.routes import CASES, METHODS, Who, ask, maker, operations, path, rule_of, split, takes_body, with_id


@pytest.fixture
def database_url(sqlite_url):
    """Who may call what does not depend on the database."""
    return sqlite_url


def labels(who):
    return [label for label, case in CASES.items() if case.who is who]


def test_every_route_has_a_case(app):
    """So that whoever adds a route says who may call it, and every test here is about it too."""
    there = operations(app)
    assert there - CASES.keys() == set(), "add these routes to CASES in tests/security/routes.py"
    assert CASES.keys() - there == set(), "these are no routes: remove them from CASES in tests/security/routes.py"
    for label in with_id():
        assert maker(split(label)[1])
        assert "<" not in path(split(label)[1])


def test_every_operation_with_a_body_has_a_good_one(document):
    """So that the hostile corpus sends all it has to whoever reads one."""
    there = {
        f"{method.upper()} {rule_of(address)}"
        for address, item in document["paths"].items()
        for method, operation in item.items()
        if "requestBody" in operation
    }
    assert there == set(filter(takes_body, CASES))


@pytest.mark.parametrize("rule", ["/reports/<month>", "/batches/<id>/links/<column>"])
def test_a_parameter_that_nobody_makes_fails_whatever_its_name(rule):
    with pytest.raises((AssertionError, KeyError), match=r"reports|column"):
        path(rule)


def test_T22_strangers_may_call_what_is_listed_here_and_nothing_else():
    assert set(labels(Who.ANYBODY)) == {
        "POST /users",
        "POST /users/login",
        "GET /healthz",
        "GET /readyz",
        "GET /servez",
        "GET /docs",
        "GET /openapi.json",
        "GET /docs/swagger/<path:filename>",
        "GET /static/<path:filename>",
    }


@pytest.mark.parametrize("label", [label for label, case in CASES.items() if case.who is not Who.ANYBODY])
def test_T22_strangers_are_refused_whatever_they_send(anonymous, label):
    for more in ({}, {"json": {"unknown": 1}}, {"json": None, "data": b"\xff", "content_type": "text/plain"}):
        answer = ask(anonymous, label, **more)
        assert problem(answer) == (401, "not_authenticated")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("label", labels(Who.USER))
def test_T22_users_are_let_in(anna, label):
    assert ask(anna, label).status_code not in {401, 403}


@pytest.mark.parametrize("label", labels(Who.ADMIN))
def test_T22_users_do_nothing_of_an_administrators(anna, admin, label):
    assert problem(ask(anna, label)) == (403, "administrators_only")
    assert ask(admin, label).status_code < 300


@pytest.mark.parametrize("rule", sorted({split(label)[1] for label in CASES}))
@pytest.mark.parametrize("client", ["anonymous", "anna"])
def test_T22_another_verb_is_answered_with_those_there_are(request, client, rule):
    client = request.getfixturevalue(client)
    there = {split(label)[0] for label in CASES if split(label)[1] == rule}
    there |= {"HEAD"} if "GET" in there else set()
    for method in {*METHODS, "TRACE", "PROPFIND", "X"} - there - {"OPTIONS"}:
        answer = client.open(path(rule), method=method)
        assert answer.status_code == 405, method
        assert {each.strip() for each in answer.headers["Allow"].split(",")} == there | {"OPTIONS"}


@pytest.mark.parametrize("rule", sorted({split(label)[1] for label in CASES}))
def test_T22_options_tell_no_more_than_the_verbs(anonymous, anna, rule):
    for client in (anonymous, anna):
        answer = client.options(path(rule))
        assert (answer.status_code, answer.data) == (200, b"")
        assert not {name for name, _ in answer.headers if name.lower().startswith("access-control")}
