"""What holds for every route."""

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from control.openapi import LARGEST_BODY

PAGES = {"/docs", "/docs/docs.js", "/docs/static/<path:filename>", "/openapi.json", "/static/<path:filename>"}
OPEN = {"/users", "/users/login"}


def operations(document):
    return {(path, method.upper()) for path, item in document["paths"].items() for method in item}


def test_the_document_is_valid_and_lists_exactly_the_routes(app, anonymous):
    document = anonymous.get("/openapi.json").json
    OpenAPIV31SpecValidator(document).validate()
    routes = {
        (rule.rule.replace("<", "{").replace(">", "}"), method)
        for rule in app.url_map.iter_rules()
        if rule.rule not in PAGES
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert operations(document) == routes


def test_every_refusal_is_documented_as_a_problem(anonymous):
    for item in anonymous.get("/openapi.json").json["paths"].values():
        for operation in item.values():
            refusals = {code: answer for code, answer in operation["responses"].items() if code.startswith("4")}
            assert all(list(answer["content"]) == ["application/problem+json"] for answer in refusals.values())
            assert ("401" in refusals) or not operation.get("security")


def test_who_has_no_token_gets_401_whatever_the_body(anonymous):
    for path, method in operations(anonymous.get("/openapi.json").json):
        if path not in OPEN:
            answer = anonymous.open(path.replace("{id}", "x"), method=method, data="nonsense")
            assert (answer.status_code, answer.json["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize(
    ("data", "content_type", "status", "code"),
    [
        ('{"links": ["wall-1_1"]}', "text/plain", 415, "wrong_content_type"),
        ('{"links": ["wall-1_1"]}', None, 415, "wrong_content_type"),
        ('{"links": ', "application/json", 400, "not_json"),
        ("", "application/json", 400, "not_json"),
        (b"\xff", "application/json", 400, "not_json"),
        ('"{}"', "application/json", 400, "not_json"),
        ("[" * 100_000, "application/json", 400, "not_json"),
        ("9" * 10_000, "application/json", 400, "not_json"),
        (" " * (LARGEST_BODY + 1), "application/json", 413, "body_too_large"),
    ],
    ids=range(9),
)
def test_bodies_that_are_no_json(client, data, content_type, status, code):
    answer = client.post("/batches", data=data, content_type=content_type)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.content_type == "application/problem+json"


def test_unknown_routes_and_methods_are_problems(client):
    missing, wrong = client.get("/nothing"), client.delete("/batches")
    assert (missing.status_code, missing.json["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json["code"]) == (405, "method_not_allowed")
    assert {"GET", "POST"} <= set(wrong.headers["Allow"].split(", "))


def test_a_failure_of_ours_tells_nothing(app, client, monkeypatch):
    monkeypatch.setitem(app.view_functions, "bg_tasks.get_bg_tasks", lambda: 1 / 0)
    answer = client.get("/get-bg-tasks")
    assert (answer.status_code, answer.json["code"]) == (500, "internal_error")
    assert "division" not in answer.text


def test_swagger_is_served_from_here(anonymous):
    page = anonymous.get("/docs/")
    assert page.status_code == 200
    for part in ("css/swagger-ui.css", "js/swagger-ui-bundle.js", "images/swagger.svg"):
        assert f"/docs/static/{part}" in page.text
        with anonymous.get(f"/docs/static/{part}") as answer:
            assert answer.status_code == 200
    assert "http" not in page.text
    with anonymous.get("/docs/docs.js") as answer:
        assert answer.status_code == 200
