"""The corpus below HTTP: raw bytes against the server as it runs, which nobody's client would send."""

import json
import re
import socket
from contextlib import ExitStack

import pytest
import requests

from tests.security.served import served

pytestmark = pytest.mark.process

HALF = (
    b"POST /users/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
)
PATIENCE = 60  # seconds: a hang, on a machine that does much else


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with served(tmp_path_factory.mktemp("served")) as url:
        yield url


def connect(url):
    host, port = url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=PATIENCE)


def exchange(url, sent):
    """Send bytes and no more; return all that comes until the server closes, which it must."""
    with connect(url) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has refused already
        received = b""
        try:
            while piece := connection.recv(65_536):
                received += piece
        except ConnectionResetError:
            pass
    return received


def statuses(received):
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", received)]


def post(*headers, body=b'{"username": "nobody", "password": "12345678"}', version=b"HTTP/1.1"):
    return b"\r\n".join(
        [b"POST /users/login " + version, b"Host: 127.0.0.1", b"Content-Type: application/json", *headers, b"", body]
    )


def get(*headers, path=b"/healthz", version=b"HTTP/1.1", host=b"Host: 127.0.0.1"):
    return b"\r\n".join([b"GET " + path + b" " + version, host, *headers, b"Connection: close", b"", b""])


REFUSED = {
    "two lengths": post(b"Content-Length: 46", b"Content-Length: 5"),
    "length and chunks": post(b"Content-Length: 46", b"Transfer-Encoding: chunked"),
    "a list of lengths": post(b"Content-Length: 46, 46"),
    "a signed length": post(b"Content-Length: +46"),
    "a negative length": post(b"Content-Length: -1"),
    "a length in hex": post(b"Content-Length: 0x2e"),
    "a huge length": post(b"Content-Length: " + b"9" * 40),
    "chunked in doubt": post(b"Transfer-Encoding: xchunked"),
    "chunked last": post(b"Transfer-Encoding: chunked, identity"),
    "gzip transfer": post(b"Transfer-Encoding: gzip, chunked"),
    "vertical tab": post(b"Transfer-Encoding: \x0bchunked"),
    "a bad chunk": post(b"Transfer-Encoding: chunked", body=b"zz\r\n{}\r\n0\r\n\r\n"),
    "a negative chunk": post(b"Transfer-Encoding: chunked", body=b"-1\r\n{}\r\n0\r\n\r\n"),
    "a space before the colon": post(b"Content-Length : 46"),
    "a folded header": get(b"X: a", b" b"),
    "a bare LF": b"GET /healthz HTTP/1.1\nHost: 127.0.0.1\nX: a\n\n",
    "a NUL in a name": get(b"X\0: a"),
    "no name": get(b": a"),
    "huge headers": get(*[b"X%d: " % number + b"x" * 4000 for number in range(100)]),
    "a huge path": get(path=b"/" + b"x" * 300_000),
    "no version": b"GET /healthz\r\n\r\n",
    "a version of the future": get(version=b"HTTP/9.9"),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "garbage": bytes(range(256)) * 40 + b"\r\n\r\n",
    "an address of elsewhere": get(path=b"http://evil.example/batches"),
    "a CONNECT": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "injection": get(path=b"/healthz%0d%0aSet-Cookie:%20a=b"),
    "a raw NUL": get(path=b"/\0"),
    "raw bytes": get(path=b"/\xff\xfe"),
    "two hosts": get(b"Host: evil.example"),
    "a lower-case verb": b"get /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_T17_raw_bytes_never_hurt(url, name):
    """Refused, or taken for one request where they are one; never two, never an error of ours, never a hang."""
    received = exchange(url, REFUSED[name])
    answered = statuses(received)
    assert len(answered) <= 1, received
    assert all(status < 500 or status == 501 for status in answered), received
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"evil" not in head
    assert b"set-cookie" not in head.lower()
    if answered and answered[0] >= 400:
        assert b"application/problem+json" in head, head
        assert json.loads(body)["code"]
    assert requests.get(f"{url}/healthz", timeout=PATIENCE).status_code == 200


def test_T17_a_request_within_a_body_is_a_body(url):
    """Smuggled behind a length, or behind chunks: the answers are as many as the requests sent."""
    inner = get(path=b"/openapi.json")
    received = exchange(url, post(b"Content-Length: %d" % len(inner), body=inner) + get())
    assert statuses(received) == [400, 200]
    chunks = b"%x\r\n" % len(inner) + inner + b"\r\n0\r\n\r\n"
    received = exchange(url, post(b"Transfer-Encoding: chunked", body=chunks) + get())
    assert statuses(received) == [400, 200]


def test_T17_a_body_without_a_length_is_counted_as_it_comes(url):
    piece = b"x" * 65_536
    chunks = b"".join(b"%x\r\n" % len(piece) + piece + b"\r\n" for _ in range(2)) + b"0\r\n\r\n"
    received = exchange(url, post(b"Transfer-Encoding: chunked", b"Connection: close", body=chunks))
    assert statuses(received) == [413]
    assert b"body_too_large" in received


def test_T17_what_is_far_too_large_is_cut_off(url):
    """Beyond what is read to be polite, nobody may go on sending."""
    with connect(url) as connection:
        connection.sendall(post(b"Transfer-Encoding: chunked", body=b""))
        piece = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        with pytest.raises(OSError, match=r"reset|pipe|aborted"):
            connection.sendall(piece * 200)


def test_T21_200_half_open_connections_keep_nobody_out(url):
    with ExitStack() as stack:
        for number in range(200):
            connection = stack.enter_context(connect(url))
            connection.sendall(HALF if number % 2 else b"GET /healthz HTTP/1.1\r\nX: ")
        for _ in range(20):
            assert requests.get(f"{url}/healthz", timeout=PATIENCE).status_code == 200
