"""Attacking clients, each kind in a process of its own. To add one, write a function here and put its name below.

It gets the system's address and the tokens of two users, and goes on until its process is killed, whatever the system
answers.
"""

import json
import random
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count, cycle, islice
from typing import Any

import requests

SCRIPT = "/docs/swagger/js/swagger-ui-bundle.js"
MANY = 50
SMALL_BUFFER = 4096
DRIP_SECONDS = 0.5
REOPEN_SECONDS = 1.0
REFUSED_SECONDS = 0.1
TIMEOUT_SECONDS = 60.0
NOBODY = {"username": "nobody", "password": "wrong horse battery staple"}
HOSTILE_OWNER = 666  # of posts about which the stand-in is told to answer so
LARGE = 8_000_000  # what a spider takes of an answer
HOSTILE_ANSWERS: tuple[dict[str, str], ...] = (
    {"flood": "headers"},
    {"flood": "interim answers"},
    {"body": f'{{"response": [{"[]," * (LARGE // 3)}0]}}'},
    {"body": f'{{"response": "{"9" * LARGE}"}}'},
)
Steps = Iterator[None]


@dataclass(frozen=True, slots=True)
class Target:
    host: str
    port: int
    rich: str  # a token of somebody with so many links that their list fits into no buffer
    poor: str  # and of somebody with none

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


def slow_readers(target: Target) -> None:
    """Ask for a long list on each of many connections, and take a byte now and then."""
    _keep_many(target, _request("GET", "/get-bg-tasks", f"Authorization: Bearer {target.rich}"), _sip)


def slow_senders(target: Target) -> None:
    """Announce a body on each of many connections, and send a byte of it now and then."""
    head = _request("POST", "/batches", f"Authorization: Bearer {target.poor}", "Content-Length: 16000000")
    _keep_many(target, head, _drip)


def refused_links(target: Target) -> None:
    """Hand in links that are none, as long and as many as are taken."""
    links = [f"https://example.com/{number:05d}{'x' * 2000}" for number in range(4090)]
    _post_for_ever(target, json.dumps({"links": links}).encode())


def costly_links(target: Target) -> None:
    """Hand in links that are nothing but fields, eight times at once."""
    body = json.dumps({"links": [f"https://vk.com/a?{number}&{'a&' * 65}" for number in range(100_000)]}).encode()
    _in_threads(8, partial(requests.post, f"{target.url}/batches", data=body, **_by(target.poor)))


def retries(target: Target) -> None:
    """Try a large batch of refused links again, eight times at once."""
    body = json.dumps({"links": [f"https://vk.com/a?{number}" for number in range(100_000)]}).encode()
    batch = _until_taken(target, body)
    _in_threads(8, partial(requests.post, f"{batch}/retry", data=b'{"only": "failed"}', **_by(target.poor)))


def anonymous_keys(target: Target) -> None:
    """Log in with a body that is nothing but keys, eight times at once."""
    keys = [f'"{number:x}":1' for number in range(6500)]
    body = ("{" + ",".join([*keys, keys[-1]]) + "}").encode()
    headers = {"Content-Type": "application/json"}
    login = f"{target.url}/users/login"
    _in_threads(8, partial(requests.post, login, data=body, headers=headers, timeout=TIMEOUT_SECONDS))


def same_keys(target: Target) -> None:
    """Send a quarter of a megabyte that is nothing but keys, one of them twice."""
    keys = [f'"k{number:05d}":1' for number in range(28_000)]
    _post_for_ever(target, ("{" + ",".join([*keys, keys[-1]]) + "}").encode())


def anonymous_readers(target: Target) -> None:
    """Ask for Swagger's script as often as fits into a packet, and take a byte now and then."""
    _keep_many(target, 100 * _request("GET", SCRIPT), _sip)


def slow_headers(target: Target) -> None:
    """Begin a request on each of many connections, and never end it."""
    _keep_many(target, b"GET /healthz HTTP/1.1\r\nX: ", _drip)


def anonymous_bodies(target: Target) -> None:
    """Send large bodies to a route that takes small ones, without a token."""
    head = _request("POST", "/users/login", "Content-Type: application/json", "Content-Length: 60000000")
    _keep_many(target, head, partial(_pour, b"x" * 65_536))


def endless_extension(target: Target) -> None:
    """Begin a chunk, and never come to its first byte."""
    head = _request("POST", "/users/login", "Transfer-Encoding: chunked")
    _keep_many(target, head + b"1;", partial(_pour, b"x" * 65_536), count=1)


def endless_trailers(target: Target) -> None:
    """End a body, and go on with headers."""
    head = _request("POST", "/users/login", "Transfer-Encoding: chunked")
    _keep_many(target, head + b"0\r\n", partial(_pour, b"X: y\r\n" * 10_000), count=1)


def many_connections(target: Target) -> None:
    """Open more connections than there may be, and say nothing."""
    _keep_many(target, b"", _listen, count=1200)


def quick_readers(target: Target) -> None:
    """Read a long list as fast as it comes, on ten connections."""
    headers = {"Authorization": f"Bearer {target.rich}"}
    _in_threads(10, partial(requests.get, f"{target.url}/get-bg-tasks", headers=headers, timeout=TIMEOUT_SECONDS))


def readiness_clients(target: Target) -> None:
    """Ask whether all is well, sixteen at once."""
    _in_threads(16, partial(requests.get, f"{target.url}/readyz", timeout=TIMEOUT_SECONDS))


def many_small_batches(target: Target) -> None:
    """Hand in one link after the other, each a batch of its own, eight at once."""
    links = map("https://vk.com/wall-777_{}000".format, count(1))
    _in_threads(8, lambda: requests.post(f"{target.url}/batches", json={"links": [next(links)]}, **_by(target.poor)))


def hostile_vk(target: Target) -> None:
    """Hand in posts about which VK answers without end or measure, each in a batch of its own."""
    links = [f"https://vk.com/wall-{HOSTILE_OWNER}_{item}" for item in range(1, len(HOSTILE_ANSWERS) + 1)]
    turns = cycle(links)
    _in_threads(4, lambda: requests.post(f"{target.url}/batches", json={"links": [next(turns)]}, **_by(target.poor)))


def hashed_passwords(target: Target) -> None:
    """Ask for what hashes a password: log in, and change one without knowing it, twelve at once."""
    login = partial(requests.post, f"{target.url}/users/login", json=NOBODY, timeout=TIMEOUT_SECONDS)
    changed = {"password": "another horse battery staple", "current_password": "wrong horse battery staple"}
    change = partial(requests.patch, f"{target.url}/users/me", json=changed, **_by(target.poor))
    _in_threads(12, login, change)


def changes(target: Target) -> None:
    """Make tokens and cancel a batch that there is not, twelve at once."""
    names = map("token {}".format, count(1))
    make = partial(requests.post, f"{target.url}/tokens", **_by(target.poor))
    cancel = partial(requests.post, f"{target.url}/batches/{'0' * 32}/cancel", **_by(target.poor))
    _in_threads(12, lambda: make(json={"name": next(names)}), cancel)


ATTACKERS: dict[str, Callable[[Target], None]] = {
    "slow readers": slow_readers,
    "slow senders": slow_senders,
    "refused links": refused_links,
    "costly links": costly_links,
    "retries": retries,
    "keys twice": same_keys,
    "anonymous keys": anonymous_keys,
    "anonymous readers": anonymous_readers,
    "slow headers": slow_headers,
    "anonymous bodies": anonymous_bodies,
    "endless extension": endless_extension,
    "endless trailers": endless_trailers,
    "many connections": many_connections,
    "quick readers": quick_readers,
    "readiness clients": readiness_clients,
    "many small batches": many_small_batches,
    "hostile VK": hostile_vk,
    "hashed passwords": hashed_passwords,
    "changes": changes,
}


def _request(method: str, path: str, *headers: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]).encode()


def _keep_many(target: Target, sent: bytes, then: Callable[[socket.socket], Steps], count: int = MANY) -> None:
    """Hold so many connections, step by step in turn. One that is closed on us is opened anew after a while."""
    at_work = [_hold(target, sent, then) for _ in range(count)]
    while True:
        for steps in at_work:
            next(steps)
        time.sleep(0.01)


def _hold(target: Target, sent: bytes, then: Callable[[socket.socket], Steps]) -> Steps:
    while True:
        with suppress(OSError), socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
            connection.settimeout(2)
            connection.connect((target.host, target.port))
            connection.sendall(sent)
            connection.setblocking(False)
            yield from then(connection)
        yield from _pause(REOPEN_SECONDS)


def _pause(seconds: float) -> Steps:
    due = time.monotonic() + seconds
    while time.monotonic() < due:
        yield


def _sip(connection: socket.socket) -> Steps:
    yield from _pause(random.uniform(0, DRIP_SECONDS))
    while _is_open(connection):
        yield from _pause(DRIP_SECONDS)


def _drip(connection: socket.socket) -> Steps:
    yield from _pause(random.uniform(0, DRIP_SECONDS))
    while connection.send(b"x"):
        yield from _pause(DRIP_SECONDS)


def _listen(connection: socket.socket) -> Steps:
    while _is_open(connection):
        yield


def _pour(piece: bytes, connection: socket.socket) -> Steps:
    while True:
        with suppress(BlockingIOError):
            connection.send(piece)
        yield


def _is_open(connection: socket.socket) -> bool:
    """Take a byte, if there is one; whether there may be more."""
    try:
        return bool(connection.recv(1))
    except BlockingIOError:
        return True


def _post_for_ever(target: Target, body: bytes) -> None:
    _for_ever(partial(requests.post, f"{target.url}/batches", data=body, **_by(target.poor)))


def _by(token: str) -> dict[str, Any]:
    """What each request of somebody's has."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return {"headers": headers, "timeout": TIMEOUT_SECONDS}


def _until_taken(target: Target, body: bytes) -> str:
    """Hand a batch in until it is taken, whatever comes between; its address."""
    while True:
        try:
            return str(requests.post(f"{target.url}/batches", data=body, **_by(target.poor)).json()["url"])
        except (requests.RequestException, KeyError):
            time.sleep(REFUSED_SECONDS)


def _in_threads(number: int, *asks: Callable[[], requests.Response]) -> None:
    with ThreadPoolExecutor(number) as threads:
        for ask in islice(cycle(asks), number):
            threads.submit(_for_ever, ask)


def _for_ever(ask: Callable[[], requests.Response]) -> None:
    """Ask again at once; who is told to come later comes a little later."""
    while True:
        try:
            answer = ask()
        except requests.RequestException:
            continue
        if answer.status_code in {429, 503}:
            time.sleep(REFUSED_SECONDS)
