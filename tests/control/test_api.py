import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from sqlalchemy.exc import OperationalError

from control.batches import all_links

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def database_url(sqlite_url):
    """What is served does not depend on the database."""
    return sqlite_url


@pytest.fixture
def session(anna):
    with requests.Session() as session:
        session.headers["Authorization"] = anna.environ_base["HTTP_AUTHORIZATION"]
        yield session


def test_links_go_in_and_rows_come_out(address, session):
    made = session.post(f"{address}/batches", json={"links": ["https://vk.com/wall-1_1"]})
    assert made.headers["Location"].startswith(address)
    assert session.get(f"{made.headers['Location']}/links").json()["links"][0]["position"] == 0
    assert "Server" not in made.headers


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_16_mib_is_read_and_refused(address, session, chunked):
    piece = b"x" * 1024 * 1024
    body = iter([piece] * 17) if chunked else piece * 17
    answer = session.post(f"{address}/batches", data=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (b"GARBAGE\r\n\r\n", "bad_request"),
        (b"POST /users HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", "body_too_large"),
        (b"POST /users HTTP/1.1\r\nContent-Length: x\r\n\r\n", "bad_request"),
    ],
    ids=["garbage", "body", "length"],
)
def test_what_the_server_itself_refuses_is_a_problem_too(address, request_, code):
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request_)
        head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    assert b"Content-Type: application/problem+json" in head
    assert f'"code": "{code}"'.encode() in body


def test_a_stream_that_fails_is_seen_to(address, session, monkeypatch):
    session.post(f"{address}/batches", json={"links": ["https://vk.com/wall-1_1"] * 9})
    monkeypatch.setattr(all_links, "ROWS_AT_ONCE", 3)
    rest = all_links._rest

    def fail_later(batch_id, position):
        if position > 5:
            raise OperationalError("SELECT", {}, Exception("disk"))
        return rest(batch_id, position)

    monkeypatch.setattr(all_links, "_rest", fail_later)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        session.get(f"{address}/get-bg-tasks")


@pytest.fixture
def process(sqlite_url):
    """Start `python -m control.api` with these settings on top."""
    started = []

    def start(**settings):
        environment = os.environ | {"SQLALCHEMY_DATABASE_URL": sqlite_url, "SECRET_KEY": "k" * 32} | settings
        environment["SCRAPYD_PASSWORD"] = "unused"
        command = [sys.executable, "-m", "control.api"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen(command, cwd=ROOT, env=environment, **pipes))
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.communicate()


@pytest.mark.process
def test_a_port_in_use_is_one_clear_line(process):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        api = process(PORT=port)
        output, errors = api.communicate(timeout=30)
    assert (api.returncode, output) == (1, "")
    assert errors == f"HOST 127.0.0.1, PORT {port}: Address already in use; set another HOST or PORT\n"


@pytest.mark.process
@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"PORT": "http"}, "PORT"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY must be 32 bytes or longer"),
        ({"SQLALCHEMY_DATABASE_URL": "mysql://x"}, "SQLALCHEMY_DATABASE_URL must name SQLite or PostgreSQL"),
        ({"HOST": "no.such.host.invalid"}, "HOST no.such.host.invalid"),
    ],
)
def test_a_bad_setting_is_one_clear_line(process, settings, line):
    api = process(**settings)
    _, errors = api.communicate(timeout=30)
    assert api.returncode == 1
    assert errors.startswith(line)
    assert errors.count("\n") == 1


@pytest.mark.process
def test_it_ends_in_order_when_told_to(process):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
    api = process(PORT=port)
    assert f"http://127.0.0.1:{port}" in api.stderr.readline()
    api.send_signal(signal.SIGTERM)
    assert api.wait(10) == 0
