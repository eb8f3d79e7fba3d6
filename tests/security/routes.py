"""Every route there is, with what the tests have to know of it. They read the rest from the URL map and the document.

A new route fails `test_functions.py` until it has its line in CASES, and a new kind of id its maker in MAKERS.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

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
    """`body` and `query` are good ones."""

    who: Who = Who.USER
    body: dict[str, Any] | None = None
    query: dict[str, str] = field(default_factory=dict)
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
    "DELETE /batches/<id>": Case(),
    "GET /batches/<id>/links": Case(query={"limit": "1"}),
    "POST /batches/<id>/cancel": Case(),
    "POST /batches/<id>/retry": Case(body={"only": "failed"}),
    "GET /healthz": Case(Who.ANYBODY),
    "GET /readyz": Case(Who.ANYBODY),
    "GET /metrics": Case(Who.ADMIN),
    "GET /docs": Case(Who.ANYBODY, page=True),
    "GET /openapi.json": Case(Who.ANYBODY, page=True),
    "GET /docs/swagger/<path:filename>": Case(Who.ANYBODY, page=True),
    "GET /static/<path:filename>": Case(Who.ANYBODY, page=True),
}


def make_batch(client: FlaskClient) -> str:
    """Make a batch of the client's, one link of which can be tried again."""
    return str(client.post("/batches", json={"links": LINKS}).get_json()["id"])


def make_token(client: FlaskClient) -> str:
    return str(client.post("/tokens", json={"name": "report"}).get_json()["id"])


MAKERS: dict[str, Callable[[FlaskClient], str]] = {"/batches/<id>": make_batch, "/tokens/<id>": make_token}


def operations(app: Flask) -> set[str]:
    """Return `GET /batches/<id>` and so on, from the URL map."""
    return {
        f"{method} {rule.rule}" for rule in app.url_map.iter_rules() for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def split(label: str) -> tuple[str, str]:
    method, _, rule = label.partition(" ")
    return method, rule


def maker(rule: str) -> Callable[[FlaskClient], str]:
    """Find what makes the thing that the rule's id names."""
    for prefix, make in MAKERS.items():
        if rule.startswith(prefix):
            return make
    raise AssertionError(f"{rule}: add what makes its id to MAKERS in tests/security/routes.py")


def with_id(labels: Iterable[str] = CASES) -> list[str]:
    return [label for label in labels if "<id>" in label]


def path(rule: str, id_: str = MISSING) -> str:
    """Fill a rule in; a page's file is one that is there."""
    file = "docs.js" if rule.startswith("/static") else "css/swagger-ui.css"
    return re.sub(r"<path:\w+>", file, rule.replace("<id>", id_))


def ask(client: FlaskClient, label: str, id_: str = MISSING, **more: Any) -> Any:
    """Send a good request; `more` is for the client, such as headers."""
    method, rule = split(label)
    case = CASES[label]
    arguments: dict[str, Any] = {"query_string": case.query}
    if case.body is not None:
        arguments["json"] = case.body
    return client.open(path(rule, id_), method=method, buffered=True, **(arguments | more))


def rule_of(address: str) -> str:
    """Write a path of the document as the URL map does."""
    return address.replace("{", "<").replace("}", ">")


def schemas(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the schema of each operation's body, by label."""
    found = {}
    for address, item in document["paths"].items():
        for method, operation in item.items():
            if "requestBody" in operation:
                label = f"{method.upper()} {rule_of(address)}"
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                found[label] = resolve(document, schema)
    return found


def resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"][name] if name else schema
    return found
