"""The hostile corpus against every page, as a stranger and as a user: no error of ours, every error a page."""

from urllib.parse import urlencode

import pytest

from tests.security.corpus import HEADERS, PATHS, QUERIES, TEXTS
from tests.security.pages import PAGES, SAME_ORIGIN, Reader, fill, reader
from tests.security.routes import split
from tests.thoroughness import every

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


@pytest.fixture(params=["stranger", "user"])
def sender(request, app):
    return reader(app, "anna") if request.param == "user" else Reader(app.test_client())


def check(answer, sent):
    silent = answer.status_code == 503 and "База данных" not in answer.text
    assert answer.status_code < 500 or silent, sent
    assert answer.mimetype in {"text/html", "application/problem+json"}, sent
    assert "<script>alert" not in answer.text, sent
    assert "Traceback" not in answer.text, sent
    for name, value in answer.headers:
        assert name == "Location" or "evil" not in value, sent
    assert answer.headers.get("Location", "/").startswith(("/", "http://localhost/")), sent


@pytest.mark.parametrize("label", list(PAGES))
def test_whatever_is_sent_to_a_page_is_no_error_of_ours(sender, label):
    method, rule = split(label)
    for query in every(6, QUERIES):
        if method == "GET":
            check(sender.get(fill(rule), query_string=query), query)
    for headers in every(6, HEADERS):
        answer = sender.client.open(fill(rule), method=method, headers=headers, data=PAGES[label].form)
        check(answer, headers)
    for piece in every(6, PATHS) if "<id>" in rule else []:
        check(sender.post(fill(rule, piece)), piece)
    fields = [*PAGES[label].form, "unknown", "next"]
    for number, text in enumerate(every(6, TEXTS) if method == "POST" else []):
        body = _form(sender, label, fields[number % len(fields)], text)
        check(sender.client.post(fill(rule), data=body, headers=SAME_ORIGIN, content_type=FORM), text)


def _form(sender, label, name, text):
    token = sender.token() if sender.login else ""
    return urlencode(PAGES[label].form | {"csrf": token, name: text}, errors="surrogatepass")
