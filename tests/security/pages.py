"""Every page there is, with what the tests have to know of it; `routes.py` has the API's.

A new page fails `test_pages.py` until it has its line here.
"""

import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient

from control.accounts import page_logins, users
from control.web.cross_site import _expected, _mask
from control.web.engine import db
from tests.security.routes import MISSING, Who

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
PAD = b"\1" * 32


@dataclass(frozen=True)
class Page:
    """`form` is a good one, or at least a whole one."""

    who: Who = Who.USER
    form: dict[str, str] = field(default_factory=dict)


PASSWORD = "correct horse battery staple"
CAMPAIGN = {"name": "November", "plan": "usual", "time_zone": "Europe/Moscow", "currency": "RUB", "ends_on": ""}
MONTH = "/followed/<id>/<string(length=7):month>"
PLACEMENT = "/followed/<id>/<int(max=1000000000):position>"
FIELDS = {"blogger": "Anna", "date": "", "cost": "12 000", "erid": "2SDnjegvUsB", "baseline": "", "ends_on": ""}
PAGES = {
    "GET /": Page(Who.ANYBODY),
    "GET /enter": Page(Who.ANYBODY),
    "POST /enter": Page(Who.ANYBODY, {"username": "nobody", "password": PASSWORD}),
    "POST /leave": Page(Who.ANYBODY),
    "GET /register": Page(Who.ANYBODY),
    "POST /register": Page(Who.ANYBODY, {"username": "new", "password": PASSWORD, "again": PASSWORD}),
    "GET /setup": Page(Who.ANYBODY),
    "POST /setup": Page(Who.ANYBODY, {"key": "k", "username": "new", "password": PASSWORD, "again": PASSWORD}),
    "POST /language": Page(Who.ANYBODY, {"language": "en"}),
    "POST /theme": Page(Who.ANYBODY, {"theme": "dark"}),
    "GET /account": Page(),
    "POST /account/name": Page(form={"username": "another name"}),
    "POST /account/password": Page(form={"current_password": "x", "password": PASSWORD, "again": PASSWORD}),
    "POST /account/choices": Page(form={"language": "en", "time_zone": "Asia/Omsk", "theme": "dark"}),
    "POST /account/logins/<id>/end": Page(),
    "POST /account/tokens": Page(form={"name": "report", "scope": "read", "expires_in": "90d"}),
    "POST /account/tokens/<id>/delete": Page(),
    "GET /system": Page(Who.ADMIN),
    "GET /system/news": Page(Who.ADMIN),
    "POST /system/users": Page(Who.ADMIN, {"username": "new", "password": PASSWORD, "make_password": "x"}),
    "POST /system/users/change": Page(Who.ADMIN, {"who": "boris", "action": "promote", "change_password": "x"}),
    "GET /checks": Page(),
    "POST /checks": Page(form={"links": "https://vk.com/wall-1_1", "name": "", "deadline": "24h", "key": "k"}),
    "GET /checks/<id>": Page(),
    "GET /checks/<id>/progress": Page(),
    "GET /checks/<id>/<int(max=1000000):position>": Page(),
    "POST /checks/<id>/name": Page(form={"name": "November"}),
    "POST /checks/<id>/retry": Page(form={"key": "k"}),
    "POST /checks/<id>/repeat": Page(form={"key": "k"}),
    "GET /checks/<id>/stop": Page(),
    "POST /checks/<id>/stop": Page(),
    "GET /checks/<id>/delete": Page(),
    "POST /checks/<id>/delete": Page(),
    "GET /checks/<id>/file": Page(),
    "POST /checks/<id>/exports": Page(),
    "GET /checks/files": Page(),
    "GET /checks/files/<id>": Page(),
    "POST /checks/files/<id>": Page(form={"link_column": "A", "own": "B", "name": "", "deadline": "24h"}),
    "POST /checks/files/<id>/delete": Page(),
    "GET /checks/exports/<id>": Page(),
    "GET /checks/exports/<id>/progress": Page(),
    "GET /checks/exports/<id>/file": Page(),
    "POST /checks/exports/<id>/delete": Page(),
    "GET /followed": Page(),
    "POST /followed": Page(form=CAMPAIGN | {"links": "https://vk.com/wall-1_1", "check": "", "key": "k"}),
    "GET /followed/<id>": Page(),
    "POST /followed/<id>/placements": Page(form={"links": "https://vk.com/wall-1_1", "check": "", "key": "k"}),
    "POST /followed/<id>/change": Page(form=CAMPAIGN),
    "GET /followed/<id>/delete": Page(),
    "POST /followed/<id>/delete": Page(),
    f"GET {PLACEMENT}": Page(),
    f"POST {PLACEMENT}/change": Page(form=FIELDS),
    f"POST {PLACEMENT}/pause": Page(form={"paused": "1"}),
    f"GET {PLACEMENT}/delete": Page(),
    f"POST {PLACEMENT}/delete": Page(),
    f"GET {MONTH}": Page(),
    f"GET {MONTH}/close": Page(),
    f"POST {MONTH}/close": Page(),
    f"POST {MONTH}/reopen": Page(form={"reason": "An erid was wrong"}),
    "GET /followed/<id>/missed": Page(),
    "GET /reports": Page(),
    "GET /followed/<id>/<month>/file": Page(),
    "GET /followed/<id>/<month>/forms/<form>": Page(),
    "POST /followed/<id>/<month>/exports": Page(),
    "GET /followed/<id>/<month>/evidence/<int(max=1000000000):position>": Page(),
    "POST /account/delete": Page(form={"account_name": "x", "account_password": "x"}),
}


def page_operations(app: Flask) -> set[str]:
    """Return `GET /account` and so on, from the URL map."""
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("pages.")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


@dataclass
class Reader:
    """Somebody logged in at the page, without a browser."""

    client: FlaskClient
    login: page_logins.PageLogin | None = None

    def get(self, path, **more):
        return self.client.get(path, **more)

    def token(self) -> str:
        assert self.login is not None
        return urlsafe_b64encode(PAD + _mask(_expected(self.login.id), PAD)).decode()

    def post(self, path, form=None, **more):
        sent = {"csrf": self.token() if self.login else "", **(form or {})}
        return self.client.post(path, data=sent, **({"headers": SAME_ORIGIN} | more))


def reader(app: Flask, name: str) -> Reader:
    """Make a user and log them in at the page."""
    user_id = users.insert(db.engine, name, "none")
    return log_in(app, user_id)


def log_in(app: Flask, user_id: str, password_hash: str = "none") -> Reader:
    client = app.test_client()
    secret = page_logins.start(db.engine, user_id, password_hash, "Firefox/1 Linux")
    client.set_cookie("views", secret)
    return Reader(client, page_logins.find(db.engine, secret))


def fill(rule: str, id_: str = MISSING) -> str:
    named = re.sub("<[^>]*month>", "2026-10", rule.replace("<id>", id_)).replace("<form>", "vk")
    return re.sub("<int[^>]*>", "0", named)
