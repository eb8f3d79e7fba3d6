"""The hostile corpus against every route, as a stranger and as a user: no error of ours, every error a problem."""

import json
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from control.web.engine import db
from crawler.store.models.accounts import User
from tests.security.corpus import BROKEN, HEADERS, PATHS, QUERIES, bodies
from tests.security.routes import CASES, METHODS, MISSING, has_id, maker, path, split, takes_body
from tests.thoroughness import every

JSON = "application/json"
OF_THE_DATABASE = {"Authorization", "Idempotency-Key", "X-Forwarded-For"}  # headers that it may be asked about


class Sender:
    """Asks one route, and looks at every answer. A user asks with an id of theirs; who is gone, is another user."""

    def __init__(self, new_client, rule, *, known):
        self.new_client, self.rule = new_client, rule
        self.new_id = maker(rule) if known and has_id(rule) else lambda _: MISSING
        self.methods = [split(label)[0] for label in CASES if split(label)[1] == rule]
        self.begin()

    def begin(self):
        self.client = self.new_client()
        self.id = self.new_id(self.client)

    def send(self, method, address=None, **arguments):
        answer = self.client.open(address or path(self.rule, self.id), method=method, buffered=True, **arguments)
        if answer.status_code == 204:
            self.begin()
        check(answer, repr((method, address, arguments))[:300])


def check(answer, sent):
    body = json_of(answer)
    assert answer.status_code < 500 or (answer.status_code, body["code"]) == (503, "not_ready"), sent
    for name, value in answer.headers:
        assert name.lower() != "set-cookie", sent
        assert "evil" not in value, sent
    if answer.status_code >= 400 and answer.data:
        assert answer.content_type == "application/problem+json", sent
        assert body["code"], sent
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Traceback" not in answer.text


def json_of(answer):
    """As any program reads it: the API itself takes no object of a hundred names, which its own document is."""
    try:
        return json.loads(answer.text)
    except ValueError:
        return None


@pytest.fixture
def sender(who, rule, app, client_of):
    known = who == "user"
    return Sender(lambda: client_of(uuid4().hex) if known else app.test_client(), rule, known=known)


# What a stranger sends comes no further than to the database's tables of tries, whichever database that is.
ASKERS = [("sqlite", "stranger"), ("sqlite", "user"), ("postgresql", "user")]


@pytest.mark.parametrize(("database_url", "who"), ASKERS, indirect=["database_url"])
@pytest.mark.parametrize("rule", sorted({split(label)[1] for label in CASES}))
class TestCorpus:
    def test_queries(self, sender, rule):
        for method in sender.methods:
            for query in every(9, QUERIES):
                sender.send(method, query_string=query)

    def test_headers(self, sender, rule, database_url):
        heard = HEADERS if "sqlite" in database_url else [each for each in HEADERS if each.keys() & OF_THE_DATABASE]
        for method in sender.methods:
            for headers in every(9, heard):
                sender.send(method, headers=headers, data=b'{"links": ["x"]}')

    def test_paths(self, sender, rule):
        for method in METHODS:
            for piece in every(9, PATHS):
                sender.send(method, path(rule, piece) if has_id(rule) else f"{path(rule)}/{piece}")

    def test_bodies(self, sender, rule):
        """An operation without a body reads none: whatever one says comes to nothing, and may only be hard to read."""
        for method in {*sender.methods, "GET"}:
            for body in every(15, bodies() if takes_body(f"{method} {rule}") else BROKEN):
                sender.send(method, data=body, content_type=JSON)


def test_whatever_was_sent_the_rows_can_be_read(anna, anonymous):
    """What one request stores does not break the answers to others."""
    for body in bodies():
        for address in ("/users", "/users/login", "/batches", "/get-views/vk"):
            anna.post(address, data=body, content_type=JSON)
    assert anna.get("/get-bg-tasks").status_code == 200
    for batch in anna.get("/batches?limit=100").json["batches"]:
        assert anna.get(f"/batches/{batch['id']}/links").status_code == 200
    with db.engine.connect() as connection:
        assert not any(connection.execute(select(User.admin)).scalars())
        assert connection.execute(text("SELECT count(*) FROM links")).scalar_one() > 50


def test_markup_is_answered_as_text(anna):
    link = '"><script>alert(1)</script>'
    made = anna.post("/batches", json={"links": [link]})
    for answer in (made, anna.get("/get-bg-tasks"), anna.get(f"/batches/{made.json['id']}/links")):
        assert answer.content_type == JSON
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert link in repr(answer.json)
