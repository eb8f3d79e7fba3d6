"""Every route there is, with what the tests have to know of it. They read the rest from the URL map and the document.

A new route fails `test_functions.py` until it has its line in CASES, and each of its parameters, whatever its name, a
maker in MAKERS or a value in DETAILS.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from io import BytesIO
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from control.exports import lease
from control.imports import storage
from control.web.engine import db
from crawler.store.models.accounts import User

PASSWORD = "correct horse battery staple"
MISSING = "0" * 12 + "4" + "0" * 3 + "8" + "0" * 15  # looks like an id and is nobody's
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
LINKS = ["https://vk.com/wall-1_1", "https://vk.com/wall-1_1", "spam"]


class Who(Enum):
    """Who may ask."""

    ANYBODY = "anybody"
    USER = "a user"
    ADMIN = "an administrator"
    REFRESHER = "who has a refresh token"


@dataclass(frozen=True)
class Case:
    """`body`, `query` and `text`, a body of text/plain, are good ones."""

    who: Who = Who.USER
    body: dict[str, Any] | None = None
    query: dict[str, str] = field(default_factory=dict)
    text: str | None = None
    page: bool = False  # for browsers, not in the document


CASES = {
    "POST /users": Case(Who.ANYBODY, {"username": "new", "password": PASSWORD}),
    "POST /users/login": Case(Who.ANYBODY, {"username": "nobody", "password": PASSWORD}),
    "POST /users/refresh": Case(Who.REFRESHER),
    "POST /users/logout": Case(),
    "GET /users/me": Case(),
    "PATCH /users/me": Case(body={"username": "another name"}),
    "DELETE /users/me": Case(),
    "GET /users/me/usage": Case(),
    "GET /tokens": Case(),
    "POST /tokens": Case(body={"name": "report", "scope": "read", "expires_in": "90d"}),
    "DELETE /tokens/<id>": Case(),
    "POST /get-views/vk": Case(body={"links": LINKS}),
    "GET /get-bg-tasks": Case(),
    "POST /batches": Case(body={"links": LINKS, "deadline": "2h"}),
    "GET /batches": Case(query={"limit": "1"}),
    "GET /batches/<id>": Case(),
    "PATCH /batches/<id>": Case(body={"name": "November"}),
    "DELETE /batches/<id>": Case(),
    "GET /batches/<id>/links": Case(query={"limit": "1"}),
    "GET /batches/<id>/links/<position>/readings": Case(query={"bucket": "1d"}),
    "GET /posts/<platform>/<key>/readings": Case(query={"limit": "1"}),
    "GET /posts/<platform>/<key>/views": Case(query={"at": "2026-10-31T21:00:00Z"}),
    "POST /batches/<id>/cancel": Case(),
    "POST /batches/<id>/retry": Case(body={"only": "failed"}),
    "POST /batches/<id>/repeat": Case(body={"deadline": "1h"}),
    "POST /campaigns": Case(body={"name": "November", "plan": {"ages": ["24h", "7d"]}}),
    "GET /campaigns": Case(query={"limit": "1"}),
    "GET /campaigns/<id>": Case(),
    "PATCH /campaigns/<id>": Case(body={"name": "December"}),
    "DELETE /campaigns/<id>": Case(),
    "POST /plans/price": Case(body={"posts": 100, "plan": {"ages": ["24h"]}}),
    "POST /campaigns/<id>/placements": Case(body={"links": LINKS}),
    "GET /campaigns/<id>/placements": Case(query={"limit": "1"}),
    "GET /campaigns/<id>/placements/<position>": Case(),
    "GET /campaigns/<id>/missed": Case(query={"limit": "1"}),
    "GET /campaigns/<id>/months": Case(),
    "GET /campaigns/<id>/months/<month>": Case(query={"limit": "1"}),
    "GET /campaigns/<id>/months/<month>/totals": Case(),
    "GET /campaigns/<id>/months/<month>/sums": Case(query={"by": "erid"}),
    "POST /campaigns/<id>/months/<month>/close": Case(),
    "POST /campaigns/<id>/months/<month>/reopen": Case(body={"reason": "the erid was wrong"}),
    "GET /campaigns/<id>/months/<month>/file": Case(query={"lang": "en"}),
    "GET /campaigns/<id>/months/<month>/forms/<form>": Case(query={"lang": "en"}),
    "GET /campaigns/<id>/months/<month>/forms/<form>/body": Case(),
    "PATCH /campaigns/<id>/placements/<position>": Case(body={"cost": 1500}),
    "DELETE /campaigns/<id>/placements/<position>": Case(),
    "GET /events": Case(query={"limit": "1"}),
    "POST /imports": Case(text="\n".join(LINKS)),
    "GET /imports": Case(),
    "GET /imports/<id>": Case(),
    "DELETE /imports/<id>": Case(),
    "POST /imports/<id>/accept": Case(body={"deadline": "2h"}),
    "POST /exports": Case(body={"batch": MISSING}),
    "GET /exports": Case(),
    "GET /exports/<id>": Case(),
    "GET /exports/<id>/file": Case(),
    "DELETE /exports/<id>": Case(),
    "GET /healthz": Case(Who.ANYBODY),
    "GET /readyz": Case(Who.ANYBODY),
    "GET /servez": Case(Who.ANYBODY),
    "GET /metrics": Case(Who.ADMIN),
    "GET /docs": Case(Who.ANYBODY, page=True),
    "GET /openapi.json": Case(Who.ANYBODY, page=True),
    "GET /docs/swagger/<path:filename>": Case(Who.ANYBODY, page=True),
    "GET /static/<path:filename>": Case(Who.ANYBODY, page=True),
}


def make_batch(client: FlaskClient) -> str:
    """Make a batch of the client's, one link of which can be tried again."""
    return str(client.post("/batches", json={"links": LINKS}).get_json()["id"])


def make_campaign(client: FlaskClient) -> str:
    """Make a campaign of the client's with placements, and close a month of it."""
    campaign = str(client.post("/campaigns", json={"name": "November"}).get_json()["id"])
    client.post(f"/campaigns/{campaign}/placements", json={"links": LINKS})
    client.post(f"/campaigns/{campaign}/months/{DETAILS['month']}/close")
    return campaign


def make_post(client: FlaskClient) -> str:
    """Let a link of the client's name a post."""
    make_batch(client)
    return "wall-1_1"


def make_token(client: FlaskClient) -> str:
    return str(client.post("/tokens", json={"name": "report"}).get_json()["id"])


def make_import(client: FlaskClient) -> str:
    """Store a file of the client's as if a child had read it."""
    name = client.get("/users/me").get_json()["username"]
    with db.engine.connect() as connection:
        user_id = connection.execute(select(User.id).where(User.username == name)).scalar_one()
    for open_ in client.get("/imports").get_json()["imports"][3:]:
        assert client.delete(f"/imports/{open_['id']}").status_code == 204
    public_id = storage.reserve(db.engine, user_id, "links.txt", 10)
    nothing = {"sheet": None, "encoding": "utf-8", "delimiter": None, "header_row": None, "link_column": "A"}
    lists: dict[str, Any] = {name: [] for name in ("sheets", "columns", "own", "first_rows", "problems")}
    counts: dict[str, Any] = {"rows": 2, "links": 2, "rows_without_link": 0, "problem_counts": {}}
    storage.fill(db.engine, public_id, BytesIO("\n".join(LINKS).encode()), {"kind": "txt"} | nothing | lists | counts)
    return public_id


def make_export(client: FlaskClient) -> str:
    """Order a file of a batch of the client's, and make it, as the scheduler does."""
    made = client.post("/exports", json={"batch": make_batch(client)}).get_json()
    for taken, worker, _ in iter(lambda: lease.take(db.engine), None):
        if taken == made["id"]:
            lease.store(db.engine, taken, worker, 0, f"file of {taken}".encode())
            lease.finish(db.engine, taken, worker, 1)
    return str(made["id"])


PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
# What makes the value of the last parameter of a rule that begins so. That thing is its maker's and nobody else's.
MAKERS: dict[str, Callable[[FlaskClient], str]] = {
    "/batches/<id>": make_batch,
    "/campaigns/<id>": make_campaign,
    "/tokens/<id>": make_token,
    "/posts/<platform>/<key>": make_post,
    "/imports/<id>": make_import,
    "/exports/<id>": make_export,
}
DETAILS: dict[str, str] = {
    "platform": "vk",
    "position": "0",
    "month": "2025-10",
    "form": "vk",
}  # good values of the other parameters, by name: they say which part of that thing
FILES = {"/docs/swagger/<path:filename>": "css/swagger-ui.css", "/static/<path:filename>": "docs.js"}  # everybody's


def operations(app: Flask) -> set[str]:
    """Return `GET /batches/<id>` and so on, from the URL map. Pages are told apart: `pages.py` has them."""
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        if not rule.endpoint.startswith(("pages.", "assets."))
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def split(label: str) -> tuple[str, str]:
    method, _, rule = label.partition(" ")
    return method, rule


def has_id(rule: str) -> bool:
    """Whether a parameter of the rule may name what is somebody's."""
    return rule not in FILES and bool(PARAMETER.search(rule))


def maker(rule: str) -> Callable[[FlaskClient], str]:
    """Find what makes the thing that the rule's parameter names."""
    return MAKERS[_owned(rule)]


def _owned(rule: str) -> str:
    """The part of the rule that names somebody's thing."""
    for prefix in MAKERS:
        if rule == prefix or rule.startswith(f"{prefix}/"):
            return prefix
    raise AssertionError(f"{rule}: add what makes its parameter to MAKERS in tests/security/routes.py")


def takes_body(label: str) -> bool:
    case = CASES.get(label, Case())
    return case.body is not None or case.text is not None


def with_id(labels: Iterable[str] = CASES) -> list[str]:
    return [label for label in labels if has_id(split(label)[1])]


def path(rule: str, id_: str = MISSING) -> str:
    """Fill a rule in; a page's file is one that is there."""
    if not has_id(rule):
        return PARAMETER.sub(FILES.get(rule, ""), rule)
    values = DETAILS | {PARAMETER.findall(_owned(rule))[-1]: id_}
    return PARAMETER.sub(lambda found: values[found[1]], rule)


def ask(client: FlaskClient, label: str, id_: str = MISSING, **more: Any) -> Any:
    """Send a good request; `more` is for the client, such as headers."""
    method, rule = split(label)
    case = CASES[label]
    arguments: dict[str, Any] = {"query_string": case.query}
    if case.body is not None:
        arguments["json"] = case.body
    if case.text is not None and not more.keys() & {"json", "data"}:
        arguments |= {"data": case.text, "content_type": "text/plain"}
    return client.open(path(rule, id_), method=method, buffered=True, **(arguments | more))


def rule_of(address: str) -> str:
    """Write a path of the document as the URL map does."""
    return address.replace("{", "<").replace("}", ">")


def schemas(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the schema of each operation's body, by label."""
    found = {}
    for address, item in document["paths"].items():
        for method, operation in item.items():
            if "application/json" in operation.get("requestBody", {"content": {}})["content"]:
                label = f"{method.upper()} {rule_of(address)}"
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                found[label] = resolve(document, schema)
    return found


def resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"][name] if name else schema
    return found
