import json
import os
import re
import shutil

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from playwright.sync_api import expect, sync_playwright

PAGES = {"/docs", "/openapi.json", "/docs/swagger/<path:filename>", "/static/<path:filename>"}  # for browsers


@pytest.fixture
def database_url(sqlite_url):
    """The document does not depend on the database."""
    return sqlite_url


@pytest.fixture
def document(anonymous):
    return json.loads(anonymous.get("/openapi.json").text)


def operations(document):
    return [(path, method, operation) for path, item in document["paths"].items() for method, operation in item.items()]


def is_public(operation):
    """Whether it wants no token; it may take one all the same."""
    return not operation.get("security") or {} in operation["security"]


def test_the_document_is_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


def test_T38_it_lists_exactly_the_routes_there_are(app, document):
    listed = {(path, method.upper()) for path, method, _ in operations(document)}
    there = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method)
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule not in PAGES and not rule.endpoint.startswith(("pages.", "assets."))
    }
    assert listed == there


def test_every_error_is_documented_as_a_problem(document):
    for path, _, operation in operations(document):
        errors = {status: answer for status, answer in operation["responses"].items() if status >= "4"}
        assert "500" in errors
        assert ("401" in errors) == (not is_public(operation) or path == "/users/login")
        assert ("415" in errors) == ("requestBody" in operation)
        for answer in errors.values():
            assert answer["content"].keys() == {"application/problem+json"}


def test_all_but_registration_and_login_want_a_token(document):
    public = {path for path, _, operation in operations(document) if is_public(operation)}
    assert public == {"/users", "/users/login", "/healthz", "/readyz", "/servez"}
    assert document["components"]["securitySchemes"]["bearer"] == {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
    }


@pytest.mark.parametrize("path", ["/docs", "/docs/"])
def test_the_page_runs_no_script_of_its_own_and_asks_no_other_host(anonymous, path):
    page = anonymous.get(path)
    assert page.status_code == 200
    addresses = re.findall(r'(?:src|href|data-document)="([^"]*)"', page.text)
    assert len(addresses) == 5
    for address in addresses:
        assert address.startswith("/")
        with anonymous.get(address) as answer:
            assert answer.status_code == 200, address
    assert re.findall(r"<script[^>]*>([^<]*)</script>", page.text) == ["", ""]


@pytest.fixture
def page():
    chromium = shutil.which("chromium")
    if chromium is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


@pytest.mark.process
def test_a_browser_can_authorize_and_try_a_route_out(address, anna, page):
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    token = anna.environ_base["HTTP_AUTHORIZATION"].removeprefix("Bearer ")

    page.goto(f"{address}/docs")
    page.get_by_role("button", name="Authorize").first.click()
    page.get_by_label("auth-bearer-value").fill(token)
    page.locator(".auth-container").get_by_role("button", name="Apply credentials").click()
    page.locator(".auth-container").get_by_role("button", name="Close").click()
    page.locator("#operations-Batches-list_batches .opblock-summary-control").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table tbody .response-col_status").first).to_contain_text("200")

    assert complaints == []
    assert {url.split("/")[2] for url in asked if not url.startswith("data:")} == {address.split("/")[2]}
