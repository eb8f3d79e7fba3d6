"""What one client, and all clients together, can hold of the API's server."""

import re
import socket
from contextlib import suppress
from time import monotonic, sleep

import pytest
import requests
from sqlalchemy import select

from control.server import buffered_bodies, connections
from control.server.buffered_bodies import BufferedBodies, TooMuchOfAll, TooMuchOfOne
from control.server.connections import Connections
from control.server.http_channel import KEPT_SECONDS, SILENT_SECONDS
from control.server.pace import LEAST_BYTES, SECONDS, Pace
from control.web import open_streams
from control.web.engine import db
from crawler.store.models.accounts import User
from tests.bench.million import fill

LISTS_OF_ONE = open_streams.MOST[open_streams.LISTS][0]
SCRIPT = "/docs/swagger/js/swagger-ui-bundle.js"
LINKS = 20_000  # whose list fits into no buffer
PATIENCE = 60  # seconds: a hang, on a machine that does much else


@pytest.fixture
def database_url(sqlite_url):
    """What is held of the server does not depend on the database."""
    return sqlite_url


class Clock:
    """The server's: it goes on as any other, and jumps when told to. Then the server looks at its connections at once,
    and not when its second is over.
    """

    def __init__(self, server):
        self.server = server
        self.ahead = 0.0

    def __call__(self):
        return monotonic() + self.ahead

    def jump(self, seconds):
        self.ahead += seconds
        self.server.tidied = 0.0
        self.server.pull_trigger()
        until(lambda: self.server.tidied)


@pytest.fixture
def clock(server):
    server.clock = Clock(server)
    return server.clock


@pytest.fixture
def rich(anna):
    """A token of a user whose list of links is long."""
    with db.engine.connect() as connection:
        user = connection.execute(select(User.id).where(User.username == "anna")).scalar_one()
    fill(db.engine, user, 1, LINKS)
    return anna.environ_base["HTTP_AUTHORIZATION"]


@pytest.fixture
def connect(server):
    """Connect, with a small buffer, and send something."""
    opened = []

    def open_(sent=b"", buffer=4096):
        connection = socket.socket()
        opened.append(connection)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        connection.settimeout(PATIENCE)
        connection.connect(("127.0.0.1", int(server.effective_port)))
        connection.sendall(sent)
        return connection

    yield open_
    for connection in opened:
        connection.close()


def get(path, *headers):
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]).encode()


def post(path, *headers, body=b""):
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]).encode() + body


def status(connection):
    """The status of the answer that comes; the rest of it is left."""
    received = b""
    while b"\r\n" not in received:
        piece = connection.recv(256)
        assert piece, received
        received += piece
    return int(received.split(b" ")[1])


def everything(connection):
    received = bytearray()
    try:
        while piece := connection.recv(65_536):
            received += piece
    except ConnectionResetError:
        pass
    return bytes(received)


def until(true):
    end = monotonic() + PATIENCE
    while not true():
        assert monotonic() < end
        sleep(0.01)


def idle(server):
    """Whether no thread is held."""
    threads = server.task_dispatcher
    return not any(each.active_count or each.queue for each in (threads.readers, threads.writers, threads.streams))


def test_slow_readers_of_streams_hold_no_thread(server, address, connect, rich):
    readers = [connect(get("/get-bg-tasks", f"Authorization: {rich}")) for _ in range(LISTS_OF_ONE)]
    assert [status(reader) for reader in readers] == [200] * LISTS_OF_ONE
    until(lambda: idle(server))
    assert requests.get(f"{address}/healthz", timeout=PATIENCE).status_code == 200
    until(lambda: sum(size > 0 for size in unsent(server)) == LISTS_OF_ONE)  # the last answer may still be on its way
    assert max(unsent(server)) < 1_000_000


def unsent(server):
    return [channel.total_outbufs_len for channel in server.active_channels.values()]


def test_a_stream_that_was_held_comes_to_its_right_end(server, connect, rich):
    reader = connect(get("/get-bg-tasks", f"Authorization: {rich}"))
    assert status(reader) == 200
    until(lambda: idle(server))
    received = everything(reader)
    assert received.endswith(b"]\n\r\n0\r\n\r\n")
    assert received.count(b"https://vk.com/wall-1_") == LINKS


def test_one_user_has_some_streams_at_once_and_gets_them_back(app, address, connect, rich, boris):
    ask = get("/get-bg-tasks", f"Authorization: {rich}")
    readers = [connect(ask) for _ in range(LISTS_OF_ONE)]
    assert {status(reader) for reader in readers} == {200}
    refused = requests.get(f"{address}/get-bg-tasks", headers={"Authorization": rich}, timeout=PATIENCE)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert int(refused.headers["Retry-After"]) > 0
    assert requests.head(f"{address}/get-bg-tasks", headers={"Authorization": rich}, timeout=9).status_code == 429
    other = {"Authorization": boris.environ_base["HTTP_AUTHORIZATION"]}
    assert requests.get(f"{address}/get-bg-tasks", headers=other, timeout=PATIENCE).json() == []
    for reader in readers:
        reader.close()
    until(lambda: not app.extensions["open_streams"][open_streams.LISTS].open)
    assert status(connect(ask)) == 200


def test_all_users_together_have_some_streams(app, address, connect, rich):
    app.extensions[open_streams.EXTENSION][open_streams.LISTS].of_all = 1
    assert status(connect(get("/get-bg-tasks", f"Authorization: {rich}"))) == 200
    refused = requests.get(f"{address}/get-bg-tasks", headers={"Authorization": rich}, timeout=PATIENCE)
    assert (refused.status_code, refused.json()["code"]) == (503, "busy")
    assert int(refused.headers["Retry-After"]) > 0


def test_who_takes_nothing_for_30_seconds_is_closed(app, clock, server, connect, rich):
    assert status(connect(get("/get-bg-tasks", f"Authorization: {rich}"))) == 200
    assert status(connect(get(SCRIPT))) == 200
    until(lambda: all(channel.pace.began for channel in server.active_channels.values()))
    clock.jump(SECONDS)
    until(lambda: not server.active_channels)
    until(lambda: not app.extensions["open_streams"][open_streams.LISTS].open)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /healthz HTTP/1.1\r\nX: ",
        post("/users/login", "Content-Length: 1000", body=b"{"),
        post("/users/login", "Transfer-Encoding: chunked", body=b"5\r\n{"),
    ],
    ids=["nothing", "half a header", "half a body", "half a chunk"],
)
def test_who_sends_nothing_for_30_seconds_is_closed(clock, server, connect, sent):
    connection = connect(sent)
    until(lambda: any(each.request or not sent for each in server.active_channels.values()))
    clock.jump(SILENT_SECONDS / 2)
    sleep(0.1)
    until(lambda: not sent or all(each.pace.began for each in server.active_channels.values()))
    clock.jump(SECONDS)
    assert connection.recv(1) == b""
    assert server.bodies.total == 0


def test_a_connection_that_was_answered_is_kept_a_while(clock, server, connect):
    connection = connect()
    for ahead in (0, KEPT_SECONDS - 60):
        clock.jump(ahead)
        connection.sendall(get("/healthz"))
        assert status(connection) == 200
        while not connection.recv(256).endswith(b"}\n"):
            pass
    assert is_closed(connection, clock, KEPT_SECONDS + 1)


def is_closed(connection, clock, seconds):
    """Whether the server closes within so many seconds. It may note an answer after the client has read it: then the
    time counts from the moved clock, so it is moved again.
    """
    connection.settimeout(3)
    for _ in range(PATIENCE):
        clock.jump(seconds)
        with suppress(TimeoutError):
            return connection.recv(1) == b""
    return False


def test_pipelined_requests_are_taken_one_at_a_time(app, server, connect):
    taken = []
    app.before_request_funcs.setdefault(None, []).append(lambda: taken.append(1))
    reader = connect(50 * get(SCRIPT))
    assert status(reader) == 200
    until(lambda: idle(server))
    (channel,) = server.active_channels.values()
    assert len(taken) == 1
    assert not channel.requests
    assert 0 < len(channel.beyond) <= 8192


def test_pipelined_requests_are_all_answered_in_their_order(connect):
    paths = ["/healthz", "/nothing", "/openapi.json", "/healthz"]
    asks = b"".join(map(get, paths)) + post("/users/login", "Content-Length: 2", body=b"{}")
    received = everything(connect(asks + get("/healthz", "Connection: close"), buffer=1_000_000))
    assert re.findall(rb"HTTP/1.1 (\d+)", received) == [b"200", b"404", b"200", b"200", b"415", b"200"]


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 2", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: 2"),
        ("content-length: 2", "transfer-encoding: Chunked"),
        ("Content-Length: 2", "Transfer-Encoding:"),
        ("Content-Length: 2", "Transfer-Encoding: , "),
        ("Content-Length: 0", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked, chunked",),
        ("Transfer-Encoding: , chunked",),
        ("Transfer-Encoding:\r\n chunked", "Content-Length: 2"),
        ("Transfer-Encoding:\r\n chunked",),
    ],
)
def test_a_length_beside_chunks_is_refused_and_so_is_what_is_read_in_two_ways(connect, headers):
    connection = connect(post("/users/login", *headers, body=b"{}" + get("/healthz")))
    assert re.findall(rb"HTTP/1.1 (\d+)", everything(connection)) == [b"400"]


def test_chunks_are_for_http_1_1(connect):
    sent = post("/users/login", "Transfer-Encoding: chunked", body=b"2\r\n{}\r\n0\r\n\r\n").replace(b"/1.1", b"/1.0")
    assert status(connect(sent)) == 400


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/users/login", ["Content-Length: 65537"]),
        ("/users/login", ["Content-Length: 65537", "Expect: 100-continue"]),
        ("/users/login", ["Content-Length: 65537", "Authorization: {}"]),
        ("/batches", ["Content-Length: 65537"]),
        ("/batches", ["Content-Length: 16777217", "Authorization: {}"]),
        ("/nothing", ["Content-Length: 65537", "Authorization: {}"]),
        ("/batches", ["Transfer-Encoding: chunked"]),
    ],
)
def test_a_body_that_is_too_long_is_refused_by_its_length(server, anna, connect, path, headers):
    """Nothing of it has been sent yet but, in chunks, the size of the first."""
    headers = [header.format(anna.environ_base["HTTP_AUTHORIZATION"]) for header in headers]
    body = b"10001\r\n" if "chunked" in headers[0] else b""
    assert status(connect(post(path, *headers, body=body))) == 413
    assert server.bodies.total == 0


def test_a_body_that_is_not_too_long_is_asked_for(connect, anna):
    token = f"Authorization: {anna.environ_base['HTTP_AUTHORIZATION']}"
    headers = [token, "Content-Length: 16777216", "Expect: 100-continue"]
    assert status(connect(post("/batches", *headers))) == 100
    assert status(connect(post("/users/login", "Content-Length: 2", "Expect: 100-continue"))) == 100


@pytest.mark.parametrize(
    "endless",
    [b"1;" + b"x" * 2000, b"0\r\n" + b"X: y\r\n" * 1000, b"1\r\nx\r\n" * 20_000, b"1;a=b\r\nx\r\n" * 9000],
    ids=["extension", "trailers", "small chunks", "many extensions"],
)
def test_what_has_no_end_is_cut_off(connect, endless):
    connection = connect(post("/users/login", "Transfer-Encoding: chunked"))
    connection.sendall(endless)
    assert status(connection) == 400


def test_reasonable_chunks_extensions_and_trailers_are_taken(connect):
    chunks = b"1;name=value\r\n{\r\n1\r\n}\r\n0\r\nX: y\r\n\r\n"
    headers = ["Transfer-Encoding: chunked", "Content-Type: application/json"]
    assert status(connect(post("/users/login", *headers, body=chunks))) == 422


@pytest.fixture(params=["OF_ONE", "OF_ALL"])
def refused(request, monkeypatch):
    """How a large body is refused by the one bound or the other, which is low."""
    monkeypatch.setattr(buffered_bodies, request.param, 300_000)
    return {"OF_ONE": (429, "too_many_requests"), "OF_ALL": (503, "busy")}[request.param]


def test_large_bodies_under_way_are_bounded(server, address, anna, connect, refused):
    token = anna.environ_base["HTTP_AUTHORIZATION"]
    head = post("/batches", f"Authorization: {token}", "Content-Length: 1000000")
    first = connect(head + b" " * 200_000)
    until(lambda: server.bodies.total == 200_000)
    body, headers = b" " * 200_000, {"Authorization": token}
    answer = requests.post(f"{address}/batches", data=body, headers=headers, timeout=PATIENCE)
    assert (answer.status_code, answer.json()["code"]) == refused
    assert int(answer.headers["Retry-After"]) > 0
    small = requests.post(f"{address}/batches", json={"links": ["https://vk.com/wall-1_1"]}, headers=headers, timeout=9)
    assert small.status_code == 202
    first.close()
    until(lambda: server.bodies.total == 0)
    assert requests.post(f"{address}/batches", data=body, headers=headers, timeout=PATIENCE).status_code == 415


def test_of_too_many_connections_the_oldest_goes(monkeypatch, server, connect):
    monkeypatch.setattr(connections, "OF_ONE", 3)
    answered = connect(get("/healthz"))
    assert status(answered) == 200
    until(lambda: idle(server))
    half = connect(b"GET /healthz HTTP/1.1\r\n")
    others = [connect(), connect()]
    assert everything(answered).endswith(b"}\n")
    others.append(connect())
    assert half.recv(1) == b""
    for other in others:
        other.sendall(get("/healthz"))
        assert status(other) == 200
    assert server.connections.count == 3


class One:
    """A connection, for the rules alone."""

    at_work = False
    total_outbufs_len = 0

    def __init__(self, since, site="a"):
        self.since, self.site, self.closed = since, site, False

    def handle_close(self):
        self.closed, self.total_outbufs_len = True, 0
        self.all.leave(self)


def test_of_too_many_connections_the_largest_site_loses_one(monkeypatch):
    all_ = One.all = Connections(4, lambda _: False)
    ones = [One(number, "abbb"[number]) for number in range(4)]
    for one in ones:
        all_.admit(one)
    ones[1].at_work = True
    all_.admit(One(9, "c"))
    assert [one.closed for one in ones] == [False, False, True, False]
    assert all_.count == 4


def test_the_only_connection_is_taken_however_few_there_may_be():
    all_ = One.all = Connections(0, lambda _: False)
    ones = [One(0, "a"), One(1, "b")]
    for one in ones:
        all_.admit(one)
    assert [one.closed for one in ones] == [True, False]


def test_a_proxy_speaks_for_many(monkeypatch):
    monkeypatch.setattr(connections, "OF_ONE", 1)
    all_ = One.all = Connections(9, lambda address: address == "10.0.0.1")
    ones = [One(number, all_.site("10.0.0.1")) for number in range(5)]
    for one in ones:
        all_.admit(one)
    assert not any(one.closed for one in ones)
    assert all_.site("2001:db8::1") == all_.site("2001:db8::2") != all_.site("10.0.0.1")


def test_answers_that_nobody_takes_are_bounded(monkeypatch):
    monkeypatch.setattr(connections, "UNSENT_BYTES_OF_ONE", 100)
    monkeypatch.setattr(connections, "UNSENT_BYTES_OF_ALL", 150)
    all_ = One.all = Connections(9, lambda _: False)
    ones = [One(number, site) for number, site in enumerate("aaab")]
    for one in ones:
        all_.admit(one)
        one.total_outbufs_len = 60
    all_.make_room("b")
    assert not any(one.closed for one in ones)
    all_.make_room("a")
    assert [one.closed for one in ones] == [True, False, False, False]
    all_.make_room_for_all()
    assert [one.closed for one in ones] == [True, True, False, False]


def test_bodies_are_counted_by_site_and_in_all(monkeypatch):
    monkeypatch.setattr(buffered_bodies, "OF_ONE", 100)
    monkeypatch.setattr(buffered_bodies, "OF_ALL", 250)
    bodies = BufferedBodies()
    assert bodies.add("a", 100) is None
    assert isinstance(bodies.add("a", 1), TooMuchOfOne)
    assert bodies.add(None, 150) is None
    assert isinstance(bodies.add("b", 1), TooMuchOfAll)
    bodies.remove("a", 100)
    assert bodies.add("b", 100) is None
    assert bodies.kept.keys() == {None, "b"}


@pytest.mark.parametrize(
    ("moves", "slow_at"),
    [
        ([], SECONDS),  # nothing at all
        ([(second, LEAST_BYTES // 60) for second in range(1, 60)], SECONDS),  # half of what is least
        ([(second, 4) for second in (10, 20)], SECONDS),
        ([(second, LEAST_BYTES // 28) for second in range(1, 90)], None),
        ([(1, 10 * LEAST_BYTES)], SECONDS + 1),  # and then nothing
    ],
)
def test_the_least_pace(moves, slow_at):
    pace, given = Pace(), dict(moves)
    found = []
    for second in range(90):
        if second in given:
            pace.move(given[second], second)
        if pace.too_slow(second):
            found.append(second)
    assert found[:1] == ([] if slow_at is None else [slow_at])


def test_pauses_of_ours_count_against_nobody():
    pace = Pace()
    assert not pace.too_slow(0)
    pace.rest()
    assert not any(pace.too_slow(second) for second in (100, 101, 129))
    assert pace.too_slow(130)
