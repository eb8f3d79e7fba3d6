"""Bodies are refused for what they are before they cost anything, and fields that nobody may set are refused too."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from sqlalchemy import func, select, update

from control.errors import NotJson
from control.web import json_body
from control.web.engine import db
from control.web.json_body import MOST_DEPTH, MOST_PARTS
from crawler.store.models.accounts import User
from crawler.store.models.base import Base
from crawler.store.models.batches import Link
from crawler.store.models.runs import Run
from tests.control.conftest import SETTINGS, problem
from tests.security.routes import CASES, LINKS, MAKERS, MISSING, ask, has_id, maker, rule_of, schemas, split
from tests.thoroughness import every

JSON = "application/json"
READ_ONLY = [
    "status",
    "views",
    "user_id",
    "admin",
    "is_admin",
    "run",
    "code",
    "id",
    "public_id",
    "created_at",
    "__class__",
]
WITH_BODY = [label for label, case in CASES.items() if case.body is not None]
WITH_LINKS = [label for label in WITH_BODY if "links" in CASES[label].body]
SMALL = 64 * 1024
LARGE = 16 * 1024 * 1024


@pytest.fixture
def database_url(sqlite_url):
    """What a body may be does not depend on the database."""
    return sqlite_url


def maker_id(client, label):
    return maker(split(label)[1])(client) if has_id(split(label)[1]) else MISSING


@pytest.fixture
def send(anna):
    """Send a body to an operation, as a user, with an id of theirs where one is wanted."""

    def post(label, body, content_type=JSON, **headers):
        return ask(anna, label, maker_id(anna, label), json=None, data=body, content_type=content_type, headers=headers)

    return post


@pytest.mark.parametrize("label", WITH_BODY)
def test_T15_what_nobody_may_set_is_refused_and_changes_nothing(anna, rows, document, label):
    assert schemas(document)[label]["additionalProperties"] is False
    id_ = maker_id(anna, label)
    before = rows()
    for name in READ_ONLY:
        answer = ask(anna, label, id_, json=CASES[label].body | {name: 1})
        assert problem(answer) == (422, "invalid_body"), name
        assert [error["field"] for error in answer.get_json(force=True)["errors"]] == [name]
    after = rows()
    del before["tries"]  # that somebody tried is counted before the body is read
    assert {name: after[name] for name in before} == before


def test_T15_an_unknown_field_of_a_query_is_refused(anna, document):
    """Where a query is taken at all."""
    known = {
        f"GET {path}"
        for path, item in document["paths"].items()
        if "query" in str(item.get("get", {}).get("parameters"))
    }
    labels = [label for label in CASES if label.replace("<", "{").replace(">", "}") in known]
    assert labels
    for label in labels:
        id_ = maker_id(anna, label)
        for name in READ_ONLY:
            if name not in CASES[label].query and f"'{name}'" not in str(document["paths"]):
                assert problem(ask(anna, label, id_, query_string={name: "1"})) == (422, "invalid_query"), label


def answers(client_of):
    """Every good answer there is, by operation, each to an administrator of its own."""
    found = {}
    for label in CASES:
        client = client_of(label)
        with db.engine.begin() as connection:
            connection.execute(update(User).values(admin=True))
        answer = ask(client, label, maker_id(client, label))
        if answer.status_code < 300:
            found[label] = answer
    return found


@pytest.mark.process
def test_T16_every_answer_is_as_its_schema_and_schemas_allow_nothing_else(client_of, anonymous, document):
    found = answers(client_of)
    login = found["POST /users/login"] = anonymous.post("/users/login", json=CASES["POST /users"].body)
    refresh = {"Authorization": f"Bearer {login.json['refresh_token']}"}
    owner = client_of("an exporter")
    body = {"batch": maker_id(owner, "GET /batches/<id>")}
    found["POST /exports"] = ask(owner, "POST /exports", json=body)
    found["POST /users/refresh"] = ask(anonymous, "POST /users/refresh", headers=refresh)
    assert CASES.keys() - found.keys() <= {"GET /readyz"}, "give these a case that succeeds"
    for label, answer in found.items():
        if not CASES[label].page and answer.mimetype == JSON:
            method, rule = split(label)
            operation = document["paths"][rule.replace("<", "{").replace(">", "}")][method.lower()]
            schema = operation["responses"][str(answer.status_code)]["content"][JSON]["schema"]
            Draft202012Validator(schema | {"components": document["components"]}).validate(answer.json)


OTHERS = {("Problem", "Details"), ("FormShown", "Body")}  # the latter is what a register wants, as it wants it


def test_T16_no_object_of_an_answer_is_open(document):
    for name, schema in document["components"]["schemas"].items():
        for inner in [schema, *schema.get("properties", {}).values()]:
            said = inner.get(
                "additionalProperties", True
            )  # the shape of what a map holds by name, or whether more may come
            open_ = inner.get("type") == "object" and said is True
            assert not open_ or (name, inner.get("title")) in OTHERS, name


def test_T16_no_secret_and_nothing_of_the_engine_room_is_in_any_answer(app, anna, anonymous):
    MAKERS["/batches/<id>"](anna)
    token = anna.post("/tokens", json={"name": "report"}).json["token"]
    assert ask(anonymous, "POST /users").status_code == 201
    with db.engine.begin() as connection:
        connection.execute(Run.__table__.insert().values(batch_id=1, platform="vk", node="http://127.0.0.1:6800"))
        hidden = {
            str(value)
            for table in Base.metadata.sorted_tables
            for column in table.columns
            if re.search("hash|fingerprint|secret", column.name)
            for value in connection.execute(select(column)).scalars()
        }
        hidden |= set(connection.execute(select(Run.id)).scalars())
    hidden |= {"$argon2", "6800", "correct horse", token, SETTINGS["secret_key"]}
    hidden -= {"none"}
    for client in (anna, anonymous):
        for label in CASES:
            if not CASES[label].page and label not in ("POST /users/logout", "DELETE /users/me"):
                for more in ({}, {"json": {"unknown": 1}}):
                    text = ask(client, label, **more).text
                    assert not [secret for secret in hidden if secret in text], label


OPTIONAL = {  # what may be left out, and what comes of that
    "POST /batches/<id>/repeat": (202, None),
    "POST /batches/<id>/retry": (422, "nothing_to_retry"),
    "POST /imports/<id>/accept": (202, None),
}


@pytest.mark.parametrize("label", every(5, WITH_BODY))
class TestBodies:
    def test_T17_one_with_links_may_have_16_mib_any_other_64_kib(self, send, label):
        most = LARGE if label in WITH_LINKS else SMALL
        assert problem(send(label, b'{"x": "%s"}' % (b"x" * most))) == (413, "body_too_large")
        under = send(label, b'{"x": "%s"}' % (b"x" * (most - 100)))
        assert problem(under) == (422, "invalid_body")

    def test_T17_a_compressed_one_is_refused(self, send, label):
        for coding in ("gzip", "deflate", "br", "zstd", "GZip", "identity, gzip", "aes128gcm", "x"):
            answer = send(label, b"\x1f\x8b\x08\x00", **{"Content-Encoding": coding})
            assert problem(answer) == (415, "compressed_body"), coding
        taken = send(label, b"{}", **{"Content-Encoding": "identity"})
        assert taken.status_code == 422 or label in OPTIONAL

    @pytest.mark.parametrize(
        "body",
        [
            b'{"links":' + b"[" * MOST_DEPTH + b"]" * MOST_DEPTH + b"}",
            b'{"a":' * (MOST_DEPTH + 1) + b"1" + b"}" * (MOST_DEPTH + 1),
            b"[" * 60_000,
            b'{"":' * 15_000,
            b'{"links": ["\\""' + b", [" * 40 + b"]" * 41 + b"}",
            b'{"username": "a", "username": "b"}',
            b'{"links": ["x"], "links": ["y"]}',
            b'{"links": ["x"], "lin\\u006bs": ["y"]}',
            b'{"links": [{"a": 1, "a": 2}]}',
            b'{"links": ' + b"9" * 5000 + b"}",
            b'{"links": -' + b"9" * 60_000 + b"}",
            b'{"links": NaN}',
            b'{"links": [Infinity]}',
            b'{"deadline": -Infinity}',
            b'{"links": ["\xff"]}',
            b'{"links": ["\xc0\xaf"]}',
            b'{"links": ["\xed\xa0\x80"]}',
            b'{"links": ["\0"]}',
            b'{"links": ["\n"]}',
            b"\0",
            b"",
            b" ",
            b"\xef\xbb\xbf",
            b'\xef\xbb\xbf\xef\xbb\xbf{"links": ["x"]}',
            '{"links": ["x"]}'.encode("utf-16"),
            '{"links": ["x"]}'.encode("utf-32-le"),
            b'{"links": ["x"]',
            b'{"links": ["x"]}{}',
            b"{'links': ['x']}",
            b'{"links": ["x",]}',
            b'/**/{"links": ["x"]}',
            b'"{}"',
            b"[]",
            b"null",
            b"1",
        ],
        ids=lambda body: ascii(body[:30]),
    )
    def test_T17_what_is_no_plain_json_object_is_refused(self, send, label, body):
        answer = send(label, body)
        if not body and label in OPTIONAL:
            assert (answer.status_code, answer.get_json().get("code")) == OPTIONAL[label]
        else:
            assert problem(answer) == (400, "not_json")

    def test_T17_a_number_too_large_for_a_float_is_no_error_of_ours(self, send, label):
        for number in (b"1e999", b"-1e999", b"1" * 4000, b"1e-999", b"0." + b"1" * 4000):
            assert (
                problem(send(label, b'{"links": [%s], "username": %s, "only": %s}' % (number, number, number)))[0]
                == 422
            )


def test_T17_a_bom_before_the_object_is_taken(anna):
    assert anna.post("/batches", data=b'\xef\xbb\xbf{"links": ["x"]}', content_type=JSON).status_code == 202


def test_T17_lists_up_to_the_depth_are_parsed_and_one_more_is_not(anna):
    for depth, message in ((MOST_DEPTH - 1, "links.0"), (MOST_DEPTH, "deeper than 32")):
        body = b'{"links": ' + b"[" * depth + b'"x"' + b"]" * depth + b"}"
        assert message in anna.post("/batches", data=body, content_type=JSON).get_json(force=True)["detail"]


def test_T17_brackets_within_links_are_no_depth(anna):
    links = ["[" * 2000, '"' + "[{" * 500, "\\" + "[" * 100, '\\"' + "[" * 100 + '\\\\"', "]" * 99, *LINKS]
    made = anna.post("/batches", json={"links": links})
    assert made.status_code == 202
    assert [link["link"] for link in made.json["rejected_links"]][:5] == links[:5]


@pytest.mark.parametrize("part", [b"[],", b"{},", b"[[[[[[[[[[]]]]]]]]]],", b'"["[', b"["], ids=str)
def test_T17_a_body_of_brackets_is_refused_before_it_becomes_objects(anna, part, monkeypatch):
    parsed = []
    with monkeypatch.context() as patch:
        patch.setattr(json_body.DefaultJSONProvider, "loads", lambda *_, **__: parsed.append(1) or {})
        body = b'{"links": [' + part * (MOST_PARTS + 1) + b"1]}"
        answer = anna.post("/batches", data=body, content_type=JSON)
    assert problem(answer) == (400, "not_json")
    assert not parsed


texts = st.text(st.sampled_from('"\\[]{}a,:\n\u2200'), max_size=8)
values = st.recursive(
    texts | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=40,
)


@given(values, st.booleans(), st.integers(0, 40))
def test_T17_the_depth_counted_is_the_depth_there_is(value, ascii_, around):
    """By the definition: how many brackets are open at once outside strings."""
    for _ in range(around):
        value = [value]
    raw = json.dumps(value, ensure_ascii=ascii_).encode()
    assert depth(value) > MOST_DEPTH or refused(raw) is None
    assert depth(value) <= MOST_DEPTH or "deeper" in str(refused(raw))


def depth(value):
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


def refused(raw):
    try:
        json_body._bounded(raw)
    except NotJson as error:
        return error
    return None


@pytest.mark.parametrize("label", every(2, ["POST /batches", "POST /get-views/vk"]))
def test_T18_a_batch_has_1_to_100_000_links(anna, label):
    for links, code in (([], "no_links"), (["x"] * 100_001, "too_many_links")):
        assert problem(ask(anna, label, json={"links": links})) == (422, code)
    assert anna.get("/get-bg-tasks").json == []
    assert ask(anna, label, json={"links": ["x"] * 100_000}).status_code < 300
    with db.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(Link)).scalar_one() == 100_000


def test_T18_of_a_link_2048_characters_are_kept(anna):
    """Longer ones get their row, as every link does, and fail."""
    longest = "https://vk.com/wall-1_2?" + "x" * (2048 - 24)
    made = anna.post("/batches", json={"links": [longest, longest + "x", "🎈" * 5000]}).json
    assert (made["accepted"], made["rejected"]) == (1, 2)
    assert {rejected["detail"] for rejected in made["rejected_links"]} == {"too_long"}
    assert [len(row["link"]) for row in anna.get("/get-bg-tasks").json] == [2048] * 3


def test_T20_pages_have_at_most_1000_rows(anna, document):
    """Every list that is not streamed has its limit in the document, and keeps it."""
    limits = {
        path: parameter["schema"]["maximum"]
        for path, item in document["paths"].items()
        for parameter in item.get("get", {}).get("parameters", [])
        if parameter["name"] == "limit"
    }
    assert set(limits) >= {"/batches", "/batches/{id}/links"}
    assert max(limits.values()) <= 1000
    batch = anna.post("/batches", json={"links": ["x"] * 1500}).json["id"]
    campaign = anna.post("/campaigns", json={"name": "November"}).json["id"]
    for path, most in limits.items():
        owned = campaign if path.startswith("/campaigns") else batch
        address = path.format(id=owned, position=1, platform="vk", key="wall-1_2", month="2026-10")
        query = CASES[f"GET {rule_of(path)}"].query  # what it cannot do without
        assert problem(anna.get(address, query_string=query | {"limit": most + 1})) == (422, "invalid_query")
        answer = anna.get(address, query_string=query | {"limit": most})
        assert answer.status_code == (404 if "/readings" in path else 200)
    assert len(anna.get(f"/batches/{batch}/links?limit=1000").json["links"]) == 1000
    assert len(anna.get(f"/batches/{batch}/links").json["links"]) <= 1000


def test_T34_debugging_is_off_and_no_answer_of_ours_tells_what_failed(app, anna, monkeypatch):
    assert not app.debug
    assert not app.testing
    monkeypatch.setattr(db.engine, "connect", lambda: 1 // 0)
    monkeypatch.setattr(db.engine, "begin", lambda: 1 // 0)
    for label in CASES:
        answer = ask(anna, label)
        if answer.status_code == 500:
            body = answer.get_json(force=True)
            assert problem(answer) == (500, "internal")
            assert body["instance"].startswith("urn:uuid:")
            assert not re.search("Traceback|ZeroDivision|File |line |control|" + str(Path.cwd()), answer.text)
    assert ask(anna, "GET /batches").status_code == 500
