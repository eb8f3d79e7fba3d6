import pytest
from sqlalchemy.exc import OperationalError

from control.batches import progress, submission
from tests.control.conftest import problem

JSON = "application/json"


@pytest.fixture
def database_url(sqlite_url):
    """Errors do not depend on the database."""
    return sqlite_url


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/nowhere", (404, "not_found")),
        ("GET", "/users", (405, "method_not_allowed")),
        ("PUT", "/batches", (405, "method_not_allowed")),
        ("PUT", "/batches/x", (405, "method_not_allowed")),
        ("POST", "/get-bg-tasks", (405, "method_not_allowed")),
        ("POST", "/docs", (405, "method_not_allowed")),
        ("GET", "/static/nothing.js", (404, "not_found")),
        ("GET", "/docs/swagger/../../app.py", (404, "not_found")),
    ],
)
def test_what_the_framework_refuses(anna, method, path, expected):
    answer = anna.open(path, method=method, data=b"x")
    assert problem(answer) == expected
    assert ("Allow" in answer.headers) == (expected[0] == 405)


@pytest.mark.parametrize("path", ["/users", "/users/login", "/batches", "/get-views/vk"])
@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"{}", None, (415, "not_json")),
        (b"{}", "text/plain", (415, "not_json")),
        (b"links=x", "application/x-www-form-urlencoded", (415, "not_json")),
        (b"{}", "application/problem+json", (415, "not_json")),
        (b"", JSON, (400, "not_json")),
        (b"{", JSON, (400, "not_json")),
        (b"{} {}", JSON, (400, "not_json")),
        (b"[]", JSON, (400, "not_json")),
        (b"null", JSON, (400, "not_json")),
        (b'"{\\"links\\": [\\"x\\"]}"', JSON, (400, "not_json")),
        (b"\xff\xff\xff", JSON, (400, "not_json")),
        (b"[" * 10_000, JSON, (400, "not_json")),
        (b'{"x":' * 10_000, JSON, (400, "not_json")),
        (b"9" * 5000, JSON, (400, "not_json")),
        (b"{}", f"{JSON}; charset=utf-8", (422, "invalid_body")),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_body_that_is_no_json_object(anna, path, body, content_type, expected):
    assert problem(anna.post(path, data=body, content_type=content_type)) == expected


def test_a_body_over_16_mib(anna):
    body = b'{"links": ["%s"]}' % (b"x" * 16 * 1024 * 1024)
    assert problem(anna.post("/batches", data=body, content_type=JSON)) == (413, "body_too_large")


@pytest.mark.parametrize("path", ["/users", "/users/login"])
def test_a_stranger_may_send_less(anonymous, path):
    answer = anonymous.post(path, json={"username": "anna", "password": "x" * 64 * 1024})
    assert problem(answer) == (413, "body_too_large")


def test_a_body_of_almost_16_mib_is_taken(anna):
    body = b'{"links": ["%s"]}' % (b"x" * (16 * 1024 * 1024 - 20))
    assert anna.post("/batches", data=body, content_type=JSON).status_code == 202


def test_what_nobody_foresaw_is_logged_and_not_told(anna, monkeypatch, capsys):
    def fail(*_):
        password = "correct horse".replace(" ", "-")
        raise RuntimeError(f"secret in the message, {len(password)}")

    monkeypatch.setattr(progress, "own", fail)
    answer = anna.get("/batches/x")
    assert problem(answer) == (500, "internal")
    assert "secret" not in answer.text
    log = capsys.readouterr().err
    assert answer.get_json(force=True)["instance"] in log
    assert "secret in the message" in log
    assert "correct-horse" not in log


def test_a_database_that_fails_is_said_to(anna, monkeypatch, capsys):
    def fail(*_):
        raise OperationalError("INSERT", {"link": "private"}, Exception("database is locked"))

    monkeypatch.setattr(submission.acceptance, "store", fail)
    answer = anna.post("/batches", json={"links": ["x"]})
    assert problem(answer) == (503, "database_unavailable")
    assert answer.headers["Retry-After"]
    assert "private" not in "".join(capsys.readouterr())


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/batches", "/nowhere", "/static/docs.js"])
def test_every_answer_tells_browsers_to_be_careful(anna, path):
    with anna.get(path) as answer:
        headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert ("unsafe" in headers["Content-Security-Policy"]) == (path == "/docs")
