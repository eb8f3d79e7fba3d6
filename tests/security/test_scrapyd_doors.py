"""scrapyd's doors: whoever comes through one can run code as its user."""

import json
import socket
import stat
import subprocess
import sys
import time
from base64 import b64encode
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qsl

import pytest
import requests

from control.accounts import users
from control.app import create_app
from control.settings import Settings
from control.web import jwt
from control.web.engine import db
from crawler.process import environment
from crawler.queue import nodes
from tests.crawler.scrapyd.conftest import copied, scrapyd
from tests.crawler.scrapyd.daemon import AUTH, until
from tests.processes import marked
from tests.system import clean_environment, free_port

pytestmark = pytest.mark.process

__all__ = ["copied", "scrapyd"]

READ = ["", "jobs", "logs/", "logs/default/", "daemonstatus.json", "listjobs.json?project=default", "listprojects.json"]
CODE = ["addversion.json", "delversion.json", "delproject.json"]
HOSTILE = "x&jobid=../../x&setting=FEEDS=/tmp/x&project=other&spider=evil&_version=1"


def start(folder, **settings):
    """Start scrapyd by hand, which is refused; the one line that says so."""
    command = [sys.executable, "-m", "scrapyd", "--pidfile="]
    variables = clean_environment() | {"SCRAPYD_HTTP_PORT": str(free_port())} | settings
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize("given", [{}, {"SCRAPYD_USERNAME": "views"}, {"SCRAPYD_PASSWORD": "p" * 40}])
def test_T29_scrapyd_does_not_start_without_a_password(copied, given):
    assert "SCRAPYD_USERNAME and SCRAPYD_PASSWORD must be set" in start(copied, **given)


def test_T29_nor_beyond_loopback_with_one_that_can_be_guessed(copied):
    given = {"SCRAPYD_USERNAME": "views", "SCRAPYD_PASSWORD": "secret", "SCRAPYD_BIND_ADDRESS": "0.0.0.0"}
    assert "must be 32 characters or longer" in start(copied, **given)


@pytest.mark.parametrize(("username", "password"), [("имя", "p" * 40), ("a:b", "p" * 40), ("views", "п" * 40)])
def test_T29_nor_with_one_that_browsers_and_programs_would_spell_differently(copied, username, password):
    line = start(copied, SCRAPYD_USERNAME=username, SCRAPYD_PASSWORD=password)
    assert "must be of printable ASCII characters" in line
    assert password not in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VK_TOKENS", "vk1.a.канарейка"),
        ("VK_API_URL", "ftp://api.vk.com"),
        ("MAX_RUNS", "many"),
        ("LEASE_SECONDS", "-1"),
        ("SQLALCHEMY_DATABASE_URL", "mysql://localhost/x"),
    ],
)
def test_what_its_spiders_could_not_work_with_is_said_at_the_start(copied, name, value):
    line = start(copied, SCRAPYD_USERNAME="views", SCRAPYD_PASSWORD="p" * 40, **{name: value})
    assert line.startswith(f"scrapyd cannot start: {name}")
    assert "канарейка" not in line


def test_T29_the_generated_password_is_long_and_random(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "VAR", tmp_path)
    monkeypatch.delenv("SCRAPYD_PASSWORD", raising=False)
    one = Settings().scrapyd_password
    (tmp_path / "scrapyd_password").unlink()
    assert one != Settings().scrapyd_password
    assert len(one) >= 32
    assert set(one) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_T29_it_listens_on_loopback_and_strangers_are_let_in_nowhere(scrapyd):
    listening = subprocess.run(["cat", "/proc/net/tcp"], capture_output=True, text=True, check=True).stdout
    assert f" 0100007F:{scrapyd.port:04X} 00000000:0000 0A" in listening
    assert f" 00000000:{scrapyd.port:04X} 00000000:0000 0A" not in listening
    url = f"http://127.0.0.1:{scrapyd.port}"
    for wrong in (None, ("views", ""), ("", AUTH[1]), ("views", "guess")):
        assert {requests.get(f"{url}/{path}", auth=wrong, timeout=20).status_code for path in READ} == {401}
        for path in ("schedule.json", "cancel.json", *CODE):
            assert requests.post(f"{url}/{path}", auth=wrong, timeout=20).status_code == 401


def listening(pids):
    """The ports on which these processes listen, over IPv4 and IPv6."""
    tables = [Path(f"/proc/net/{name}").read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table]
    ports = {f"socket:[{row[9]}]": int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A"}
    held = {str(file.readlink()) for pid in pids for file in Path(f"/proc/{pid}/fd").iterdir() if file.is_symlink()}
    return {port for socket_, port in ports.items() if socket_ in held}


@pytest.mark.parametrize("scrapyd", [1], indirect=True)
def test_T29_nothing_else_listens_neither_spiders_nor_spares(scrapyd):
    scrapyd.run(["wall-1_1"])
    pids = marked(scrapyd.mark)
    assert len(pids) >= 2
    assert listening(pids) == {scrapyd.port}


def test_T21_strangers_who_hold_connections_keep_nobody_else_out(scrapyd):
    half = b"GET /jobs HTTP/1.1\r\nHost: localhost\r\nX: "
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_connection(("127.0.0.1", scrapyd.port), 20)) for _ in range(150)]
        for each in sockets:
            with suppress(OSError):  # it was let go already
                each.sendall(half)
        assert scrapyd.jobs("pending") == []
        assert sum(is_closed(each) for each in sockets) >= 50
    scrapyd.run(["wall-1_1"])


def is_closed(connection):
    connection.settimeout(0.01)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_a_stranger_gets_one_answer_a_connection_however_much_was_sent_ahead(scrapyd):
    with socket.create_connection(("127.0.0.1", scrapyd.port), 20) as connection:
        connection.sendall(b"GET /jobs HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200)
        said = b""
        with suppress(ConnectionResetError):
            while chunk := connection.recv(65_536):
                said += chunk
    assert said.count(b"HTTP/1.1 401") == 1
    assert said.count(b"HTTP/1.1") == 1


OUTSIDE = [
    "logs/%2e%2e/dbs/default.db",
    "logs/../../../scrapy.cfg",
    "items/%2e%2e%2fdbs/default.db",
    "logs//etc/passwd",
]


@pytest.mark.parametrize("path", [*OUTSIDE, "logs/..%5c..", "logs/%00", "%2e%2e/scrapy.cfg"])
def test_no_path_leads_out_of_the_logs(scrapyd, path):
    login = b64encode(":".join(AUTH).encode())
    with socket.create_connection(("127.0.0.1", scrapyd.port), 20) as connection:
        connection.sendall(b"GET /%s HTTP/1.0\r\nAuthorization: Basic %s\r\n\r\n" % (path.encode(), login))
        assert connection.makefile("rb").readline().split()[1] in {b"400", b"404"}


def test_T29_no_code_can_be_uploaded(scrapyd):
    for service in CODE:
        url = f"http://127.0.0.1:{scrapyd.port}/{service}"
        assert requests.post(url, auth=AUTH, timeout=20).status_code == 404


def test_T34_what_scrapyd_answers_to_mistakes_is_no_traceback(scrapyd):
    for path, form in (
        ("schedule.json", {}),
        ("schedule.json", {"project": "other", "spider": "x"}),
        ("cancel.json", {}),
    ):
        url = f"http://127.0.0.1:{scrapyd.port}/{path}"
        answer = requests.post(url, data=form, auth=AUTH, timeout=20)
        assert answer.json()["status"] == "error"
        assert "Traceback" not in answer.text


def test_T35_what_scrapyd_and_its_spiders_write_is_their_users_only_whatever_the_umask(scrapyd):
    scrapyd.run(["wall-1_1"])
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (scrapyd.folder / "var").rglob("*")}
    assert any(name.endswith(".log") for name in modes)
    assert not [(name, oct(mode)) for name, mode in modes.items() if mode & 0o077]


@contextmanager
def recording(target):
    """Stand before scrapyd, pass everything on, and note each POST: its path and every field of it."""
    posts = []

    class Recorder(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posts.append((self.path, sorted(parse_qsl(body.decode(), keep_blank_values=True))))
            self.forward("POST", body)

        def do_GET(self):
            self.forward("GET", None)

        def forward(self, method, body):
            headers = {name: self.headers[name] for name in ("Authorization", "Content-Type") if self.headers[name]}
            answer = requests.request(method, target + self.path, data=body, headers=headers, timeout=20)
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", posts
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def anna(scrapyd, monkeypatch):
    """A user with a hostile name, on scrapyd's database."""
    monkeypatch.setenv("SQLALCHEMY_DATABASE_URL", scrapyd.environment["SQLALCHEMY_DATABASE_URL"])
    app = create_app(Settings(secret_key="a key of the tests' own, long enough", scrapyd_password="unused"))
    with app.app_context():
        client = app.test_client()
        user = users.insert(db.engine, HOSTILE, "none")
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {jwt.start(user, 'none').access}"
        yield client
        db.engine.dispose()


def test_T30_scrapyd_hears_of_a_batch_by_the_id_of_its_run_only(scrapyd, anna):
    links = [f"https://vk.com/wall-1_1?{HOSTILE}", f"https://vk.com/wall-1_2#{HOSTILE}", HOSTILE, "../../x", "-a x=y"]
    headers = {"Idempotency-Key": HOSTILE[:60]}
    assert anna.post("/batches", json={"links": links}, headers=headers).status_code == 202
    itself = f"http://127.0.0.1:{scrapyd.port}"
    until(
        lambda: nodes.set_draining(db.engine, itself, draining=True), "registered", 20
    )  # to be asked by the way round
    with recording(itself) as (url, posts):
        variables = scrapyd.environment | {"SCRAPYD_URLS": url, "SECRET_KEY": "k" * 40}
        command = [sys.executable, "-m", "control.scheduler"]
        with subprocess.Popen(command, cwd=scrapyd.folder, env=variables, stderr=subprocess.DEVNULL) as scheduler:
            until(lambda: posts, "posted", 40)
            time.sleep(1)
            scheduler.terminate()
    run = dict(posts[0][1])["run"]
    assert posts == [("/schedule.json", [("jobid", run), ("project", "default"), ("run", run), ("spider", "vk_views")])]
    assert len(run) == 32
    assert set(run) <= set("0123456789abcdef")
    assert HOSTILE not in json.dumps(scrapyd.ask("listjobs.json?project=default"))
