"""What schemathesis loads: who asks, further cases where an operation takes nothing, and the figures.

`python -m tests.security.fuzz` sets the variables that are read here.
"""

import atexit
import json
import os
import re
from collections import Counter, defaultdict
from pathlib import Path
from uuid import uuid4

import requests
import schemathesis
from schemathesis.auths import AuthContext, set_on_case
from schemathesis.generation.case import Case
from sqlalchemy import update

from control.accounts import users
from control.app import create_app
from control.settings import Settings
from control.web import jwt
from control.web.engine import db
from crawler.store.models.accounts import User
from tests.security.served import SECRET_KEY

URL = os.environ["FUZZ_URL"]
CASES = int(os.environ["FUZZ_CASES"])
FIGURES = Path(os.environ["FUZZ_FIGURES"])
API = create_app(Settings(secret_key=SECRET_KEY, scrapyd_password="unused"))  # on the same database
KINDS = {"/metrics": "admin", "/readyz": "admin", "/users/refresh": "refresh"}  # of token, by path
FORESEEN = {
    "not_ready",  # there is neither a scrapyd nor a scheduler
    "idempotency_key_reused",  # what was sent before decides
    "unreadable_file",  # which bytes are a spreadsheet no schema says
    "no_links",  # nor whether there are links in it
    "body_too_large",  # nor how many bytes a body takes
    "nothing_to_retry",  # so it does here
    "month_unfinished",  # which month it is decides, and what was closed before
    "month_not_closed",
    "later_month_closed",
    "weak_password",  # the list of the common ones is too long
}
IN_WORDS = (
    "A file has all rows",
    "Use printable characters only",
    "Send `",
    "Send either ",
    "Send at least one of",
    "This is no cursor of a page",
    "must be the name of a time zone",
    "must be 15m or longer",
    ".[key]",  # of an object's names: flask-openapi3 leaves `propertyNames` out
)  # of fields that depend on each other, which a schema can say badly
ODD = ["", "0", "'", "%00", "../..", "\u202e", "[]", "{}", "null", "x" * 500, "<script>", "a=b;c", "é", "🎈"]

REAL = "id-of-the-users-own"  # stands for one that is made just before it is asked for
LINKS = {"links": ["https://vk.com/wall-1_1", "spam"]}  # the latter ends at once, so that there is something to retry
BODIES = {
    "PATCH /batches/{id}": {"name": "a name"},
    "POST /batches/{id}/retry": {"only": "failed"},
    "PATCH /campaigns/{id}": {"name": "a name"},
    "POST /campaigns/{id}/placements": LINKS,
    "POST /campaigns/{id}/months/{month}/reopen": {"reason": "the erid was wrong"},
    "PATCH /campaigns/{id}/placements/{position}": {"cost": 1},
}
WITH_IDS = ("/batches/{id}", "/imports/{id}", "/campaigns/{id}")

tokens: dict[str, str] = {}  # the newest, by kind
given: dict[str, str] = {}  # all there were, with their kind
statuses: dict[str, Counter[str]] = defaultdict(Counter)
failures: dict[str, Counter[str]] = defaultdict(Counter)


@schemathesis.auth(refresh_interval=None)
class Users:
    """Of the user who asks, with the kind of token that the operation wants."""

    def get(self, case, context):
        kind = KINDS.get(context.operation.path, "")
        return tokens.get(kind) or _new_token(kind)

    def set(self, case, data, context):
        case.headers["Authorization"] = data


@schemathesis.hook
def before_call(context, case, kwargs):
    _authorize(case)
    if case.path_parameters.get("id") == REAL:
        case.path_parameters["id"] = _make(case.operation.path, case.headers["Authorization"])
    key = case.headers.get("Idempotency-Key")
    if isinstance(key, str) and re.fullmatch("[!-~]{1,255}", key):
        case.headers["Idempotency-Key"] = uuid4().hex + key[32:]  # or it may answer for a batch that is deleted


def _authorize(case):
    """Ask as a user who is there: whatever ended the token of the case before, this one gets a new user's."""
    sent = case.headers.get("Authorization")
    if sent in given:
        case.headers["Authorization"] = tokens[given[sent]] if _lives(given[sent]) else _new_token(given[sent])


def _make(path, authorization):
    """Make a batch, an import or a campaign of theirs; its id."""
    asked = {"headers": {"Authorization": authorization}, "timeout": 60}
    if path.startswith("/imports"):
        asked["headers"]["Content-Type"] = "text/plain"
        return requests.post(f"{URL}/imports", data="\n".join(LINKS["links"]), **asked).json()["id"]
    if path.startswith("/campaigns"):
        made = requests.post(f"{URL}/campaigns", json={"name": "a name"}, **asked).json()["id"]
        requests.post(f"{URL}/campaigns/{made}/placements", json=LINKS, **asked)
        return made
    return requests.post(f"{URL}/batches", json=LINKS, **asked).json()["id"]


def _lives(kind):
    """Whether the token is good for something; one that refreshes is so once."""
    header = {"Authorization": tokens[kind]}
    return kind != "refresh" and requests.get(f"{URL}/batches?limit=1", headers=header, timeout=60).status_code != 401


def _new_token(kind):
    """Make a user and log them in as the API does, without hashing: that would take most of the time."""
    with API.app_context():
        user = users.insert(db.engine, f"fuzz {uuid4().hex}", "none")
        with db.engine.begin() as connection:
            connection.execute(update(User).where(User.id == user).values(admin=kind == "admin"))
        pair = jwt.start(user, "none")
    tokens[kind] = f"Bearer {pair.refresh if kind == 'refresh' else pair.access}"
    given[tokens[kind]] = kind
    return tokens[kind]


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Count the failure, unless it is one that no document can foresee."""
    if _code(response) in FORESEEN or any(words in response.text for words in IN_WORDS):
        return False
    failures[case.operation.label][type(failure).__name__] += 1
    return True


def _code(response):
    try:
        return response.json().get("code")
    except (ValueError, AttributeError):
        return None


@schemathesis.hook
def before_add_examples(context, examples: list[Case]):
    """An operation that takes little has few cases: ask it for what is not there, and with what it does not know.

    What takes an id is asked for one that is there, too.
    """
    operation = context.operation
    if operation.path.startswith(WITH_IDS):
        examples.append(_of_ones_own(operation))
    if operation.body or operation.query:
        return
    for number in range(CASES):
        odd, other = ODD[number % len(ODD)], ODD[number // len(ODD) % len(ODD)]
        odd_header = {"X-Odd": other.encode().hex()}
        ids = {each.name: f"{odd}{number}" for each in operation.path_parameters}
        case = operation.Case(path_parameters=ids, query={f"odd{number}": odd, other: odd}, headers=odd_header)
        set_on_case(case, AuthContext(operation, None), None)
        examples.append(case)


def _of_ones_own(operation):
    body = {"body": BODIES.get(operation.label, {}), "media_type": "application/json"} if operation.body else {}
    details = {each.name: "2026-10" if each.name == "month" else 0 for each in operation.path_parameters}
    case = operation.Case(path_parameters=details | {"id": REAL}, **body)
    set_on_case(case, AuthContext(operation, None), None)
    return case


@schemathesis.hook
def after_call(context, case, response):
    status = str(response.status_code)
    statuses[case.operation.label][f"{status} not_ready" if _code(response) == "not_ready" else status] += 1


@atexit.register
def _write():
    figures = {label: {"statuses": statuses[label], "failures": failures[label]} for label in statuses}
    FIGURES.write_text(json.dumps(figures))
