"""A form that the server refuses before its end: a browser gets a page, whoever else a problem."""

import socket

import pytest
import requests
from sqlalchemy import func, select

from control.server import buffered_bodies
from control.web.body_sizes import FILE_BODY, MOST_BYTES, SMALL_BODY
from control.web.engine import db
from crawler.store.models.batches import Batch
from tests.security.pages import reader
from tests.security.routes import MISSING

BROWSER = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"
PATIENCE = 60


@pytest.fixture
def database_url(sqlite_url):
    """What is refused does not depend on the database."""
    return sqlite_url


@pytest.fixture
def cookie(app):
    return f"Cookie: views={reader(app, 'anna').client.get_cookie('views').value}"


def answer(server, path, length, *headers, sent=b""):
    """Announce a body, send a part of it at most, and return head and text of the answer."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {length}", *headers, "", ""]
    with socket.create_connection(("127.0.0.1", int(server.effective_port)), PATIENCE) as connection:
        connection.sendall("\r\n".join(lines).encode() + sent)
        received = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"HTTP/1.1" not in body
    return head.decode(), body.decode()


@pytest.mark.parametrize(
    ("path", "length"),
    [("/checks", FILE_BODY + 1), ("/account/name", SMALL_BODY + 1), (f"/checks/{MISSING}/name", 10**12)],
)
def test_a_browser_is_told_by_a_page(server, cookie, path, length):
    head, page = answer(server, path, length, BROWSER, cookie, "Content-Type: multipart/form-data; boundary=x")
    assert head.startswith("HTTP/1.1 413 ")
    assert "text/html" in head
    assert "connection: close" in head.lower()
    assert "файл до 64 МиБ" in page
    assert '<bdi class="name">anna</bdi>' in page
    assert server.bodies.total == 0


@pytest.mark.parametrize("headers", [[], ["Accept: application/json"], ["Accept: */*"]])
def test_others_are_told_by_a_problem(server, cookie, headers):
    head, text = answer(server, "/checks", FILE_BODY + 1, cookie, *headers)
    assert head.startswith("HTTP/1.1 413 ")
    assert "application/problem+json" in head
    assert "body_too_large" in text


@pytest.mark.parametrize("path", ["/batches", "/imports"])
def test_the_api_does_nothing_without_the_body(server, anna, path):
    token = f"Authorization: {anna.environ_base['HTTP_AUTHORIZATION']}"
    length = max(MOST_BYTES, FILE_BODY) + 1
    head, text = answer(server, path, length, token, "Accept: text/html, application/json", "Content-Type: text/plain")
    assert head.startswith("HTTP/1.1 413 ")
    assert "body_too_large" in text
    with db.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(Batch)).scalar_one() == 0


@pytest.mark.parametrize(("bound", "status"), [("OF_ONE", 429), ("OF_ALL", 503)])
def test_while_too_much_is_under_way_a_page_says_so(server, cookie, monkeypatch, bound, status):
    monkeypatch.setattr(buffered_bodies, bound, 100_000)
    head, page = answer(server, "/checks", 10**6, BROWSER, cookie, sent=bytes(200_000))
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert "Retry-After: 5" in head
    assert "<h1>" in page
    assert "База данных" not in page
    assert server.bodies.total == 0


def test_what_is_nowhere_is_not_found(server, cookie):
    assert answer(server, "/nowhere", SMALL_BODY + 1, BROWSER, cookie)[0].startswith("HTTP/1.1 404 ")


def test_so_is_who_is_not_known(address, server):
    head, page = answer(server, "/checks", SMALL_BODY + 1, BROWSER)
    assert head.startswith("HTTP/1.1 413 ")
    assert "<h1>" in page
    assert requests.get(f"{address}/healthz", timeout=PATIENCE).ok
