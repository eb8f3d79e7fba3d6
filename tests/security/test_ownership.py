"""What is another's is as if it were not there, on every route, in every answer, on both databases."""

import json
import re
from time import sleep
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from control.web.engine import db
from crawler.store.models.accounts import ApiToken, User
from crawler.store.models.batches import Batch, Part, Submission
from crawler.store.models.exports import Export
from crawler.store.models.runs import Run
from tests.control.conftest import problem
from tests.security.routes import CASES, METHODS, MISSING, ask, has_id, make_export, maker, path, split, with_id
from tests.thoroughness import every

MINE = "7777777"  # in every text of Anna's
THEIRS = "5555555"  # in every text of Boris's
NAMES = ("cursor", "id", "user_id", "batch", "status")  # of what a query might ask for
OF_THE_MOMENT = re.compile(
    "date|retry-after|(x-)?ratelimit.*", re.IGNORECASE
)  # headers that two equal requests differ by
IDS = re.compile(rb'"(?:id|[a-z_]*_id|[a-z]*_of)": ?"([^"]+)"')


def shown(answer):
    """What a caller sees of an answer, byte for byte."""
    headers = sorted((name, value) for name, value in answer.headers if not OF_THE_MOMENT.fullmatch(name))
    return answer.status_code, answer.data, headers


def links(marker):
    return [f"https://vk.com/wall-{marker}_{item}" for item in (1, 1, 2, 3)] + [f"spam {marker}", f"https://{marker}/"]


def fill(client, name, marker):
    """Do all that a user can: a batch each way, with keys; one that is worked on and waits; a retry. Return secrets."""
    for address in ("/batches", "/get-views/vk"):
        body = {"links": links(marker)}
        assert client.post(address, json=body, headers={"Idempotency-Key": f"{marker}{address}"}).status_code < 300
    made = client.post("/batches", json={"links": links(marker)}).json["id"]
    with db.engine.begin() as connection:
        batch = select(Batch.id).where(Batch.public_id == made)
        run = insert(Run).values(batch_id=batch.scalar_subquery(), platform="vk", node=f"node {marker}", alarm=marker)
        connection.execute(run)
        mine = Part.batch_id == batch.scalar_subquery()
        connection.execute(update(Part).where(mine).values(waiting_for=f"trouble {marker}"))
    client.post(f"/batches/{made}/cancel")
    client.post("/tokens", json={"name": f"token {marker}", "scope": "write"})
    client.patch("/users/me", json={"username": f"{name} {marker}"})
    client.post(f"/batches/{made}/retry", json={"only": "failed"})
    client.post("/exports", json={"batch": made, "q": marker})
    make_export(client)
    return secrets(f"{name} {marker}") | {marker}


def secrets(name):
    """Return every id that belongs to a user and to nobody else."""
    with db.engine.connect() as connection:
        user = connection.execute(select(User.id).where(User.username == name)).scalar_one()
        batches = connection.execute(select(Batch.id, Batch.public_id).where(Batch.user_id == user)).all()
        runs = connection.execute(select(Run.id).where(Run.batch_id.in_([row.id for row in batches]))).scalars()
        tokens = connection.execute(select(ApiToken.id).where(ApiToken.user_id == user)).scalars()
        exports = connection.execute(select(Export.id).where(Export.user_id == user)).scalars()
        return {user, *tokens, *exports, *(row.public_id for row in batches), *runs}


def crawl(client, ids):
    """Ask every GET there is with each of these ids, in the path or the query. Return the answers by address."""
    answers = {}
    document = json.loads(client.get("/openapi.json").text)
    for rule in [split(label)[1] for label in CASES if label.startswith("GET")]:
        for id_ in every(5, ids) if has_id(rule) else [""]:
            answers[path(rule, id_)] = client.get(path(rule, id_), buffered=True)
        for query in [query for id_ in every(5, ids) for query in queries(document, rule, id_)]:
            answers[f"{rule}?{query}"] = client.get(f"{path(rule)}?{query}", buffered=True)
    return answers


def queries(document, rule, id_):
    """Name the id by each name that the route knows, and once by all that it does not know."""
    known = {each["name"] for each in parameters(document, rule) if each["in"] == "query"}
    alone = [f"{name}={id_}" for name in NAMES if name in known]
    return [*alone, "&".join(f"{name}={id_}" for name in NAMES if name not in known)]


def parameters(document, rule):
    """Return what the document says of the parameters of a GET; nothing of a page."""
    address = rule.replace("<", "{").replace(">", "}")
    return document["paths"].get(address, {}).get("get", {}).get("parameters", [])


def as_json(answer):
    """Read an answer as a client does, with no limit to its names; None if it is no JSON."""
    try:
        return json.loads(answer.data)
    except ValueError:
        return None


def everything(answer):
    return repr(shown(answer)) + json.dumps(as_json(answer), ensure_ascii=False)


@pytest.mark.parametrize("label", with_id())
def test_T01_the_owner_of_an_id_gets_something_else_than_not_found(anna, label):
    make = maker(split(label)[1])
    assert ask(anna, label, make(anna)).status_code < 300
    assert problem(ask(anna, label)) == (404, "not_found")


@pytest.mark.parametrize("label", with_id())
def test_T01_anothers_id_is_answered_byte_for_byte_as_a_missing_one(anna, boris, rows, label):
    rule = split(label)[1]
    foreign = maker(rule)(anna)
    before = rows()
    for method in METHODS:
        for more in (
            {},
            {"json": CASES[label].body or {}},
            {"json": {"unknown": 1}},
            {"data": b"{", "content_type": "x"},
        ):
            query = {"query_string": CASES[label].query, "method": method, **more}
            theirs, nobodys = boris.open(path(rule, foreign), **query), boris.open(path(rule, MISSING), **query)
            assert shown(theirs) == shown(nobodys), (method, more)
    assert rows() == before
    assert problem(ask(boris, label, foreign)) == (404, "not_found")


@pytest.mark.parametrize("label", [label for label in CASES if label.startswith("GET")])
def test_T01_anothers_id_in_the_query_too(anna, boris, document, label):
    names = [
        each["name"]
        for each in parameters(document, split(label)[1])
        if each["in"] == "query" and "integer" not in str(each["schema"])
    ]
    own, foreign = maker("/batches/<id>")(boris), maker("/batches/<id>")(anna)
    for name in names:
        answers = [ask(boris, label, own, query_string={name: id_}) for id_ in (foreign, MISSING)]
        assert shown(answers[0]) == shown(answers[1]), name


@pytest.mark.timeout(900)  # every route is asked for every id, which takes long on a busy machine
def test_T02_nothing_of_anothers_is_in_any_answer(anna, boris, client_of):
    hers, his = fill(anna, "anna", MINE), fill(boris, "boris", THEIRS)
    ids = [id_ for id_ in hers | his if not id_.isdigit()]
    seen_by_her, seen_by_him = crawl(anna, ids), crawl(boris, ids)
    nobody = crawl(client_of("carl"), ids)
    assert MINE in everything(seen_by_her["/get-bg-tasks"])  # so that what is not found could have been
    assert THEIRS in everything(seen_by_him["/get-bg-tasks"])
    for answers, foreign in ((seen_by_her, his), (seen_by_him, hers), (nobody, hers | his)):
        for address, answer in answers.items():
            text, sent = everything(answer), {id_ for id_ in foreign if id_ in address}
            assert not {secret for secret in foreign - sent if secret in text}, address
            if sent and answer.status_code < 300:
                assert not {secret for secret in sent if secret in text}, address


@pytest.mark.parametrize("label", every(4, [label for label in CASES if not label.startswith("GET")]))
def test_T02_nor_in_what_answers_a_change(anna, boris, label):
    hers = fill(anna, "anna", MINE)
    for id_ in {MISSING, *hers} if has_id(split(label)[1]) else {MISSING}:
        for more in ({}, {"json": {"unknown": 1}}, {"headers": {"Idempotency-Key": f"{MINE}/batches"}}):
            text = everything(ask(boris, label, id_, **more))
            assert not {secret for secret in hers if secret in text}


def leaves(value, where=""):
    """Every number and text of an answer, by where it stands."""
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        return {name: leaf for key, each in inner for name, leaf in leaves(each, f"{where}/{key}").items()}
    return {where: value}


def test_T02_no_count_of_a_users_depends_on_anothers(anna, boris):
    fill(boris, "boris", THEIRS)
    ids = sorted(id_ for id_ in secrets(f"boris {THEIRS}") if not id_.isdigit())

    def read():
        answers = crawl(boris, ids)
        found = {f"{at}: {where}": leaf for at, a in answers.items() for where, leaf in leaves(as_json(a)).items()}
        return found | {at: answer.status_code for at, answer in answers.items()}

    first = read()
    sleep(1.0)  # what counts the seconds has moved by then
    second = read()
    fill(anna, "anna", MINE)
    third = read()
    moving = {at for at in first if first[at] != second.get(at)}  # his own requests are counted too
    assert {at for at in second.keys() | third.keys() if second.get(at) != third.get(at)} <= moving


def test_T03_ids_are_random(anna):
    fill(anna, "anna", MINE)
    registered = ask(anna, "POST /users")
    assert registered.status_code == 201
    for answer in [registered, *crawl(anna, sorted(secrets(f"anna {MINE}"))).values()]:
        if answer.status_code < 300 and answer.mimetype == "application/json" and b"openapi" not in answer.data:
            for id_ in IDS.findall(answer.data):
                assert UUID(id_.decode()).version == 4
                assert UUID(id_.decode()).variant == "specified in RFC 4122"
    made = {maker("/batches/<id>")(anna) for _ in range(50)}
    assert len(made) == 50


@pytest.mark.parametrize("label", ["POST /batches", "POST /get-views/vk", "POST /batches/<id>/retry"])
def test_T04_anothers_key_makes_a_new_batch(anna, boris, label):
    key = {"headers": {"Idempotency-Key": "the-same"}}
    mine, theirs = (maker("/batches/<id>")(client) for client in (anna, boris))
    first, second = ask(anna, label, mine, **key), ask(boris, label, theirs, **key)
    assert first.status_code == second.status_code < 300
    assert first.json["id"] != second.json["id"]
    assert ask(anna, label, mine, **key).json == first.json
    with db.engine.connect() as connection:
        assert len(connection.execute(select(Submission.user_id)).all()) == 2
