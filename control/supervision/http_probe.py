"""Probes servers over HTTP: whether they answer."""

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from twisted.internet import reactor
from twisted.internet.defer import TimeoutError as WaitedTooLong
from twisted.internet.error import ConnectError, ConnectingCancelledError, ConnectionClosed
from twisted.internet.task import deferLater
from twisted.web.client import Agent, ResponseFailed, readBody
from twisted.web.http_headers import Headers

PAUSE_SECONDS = 0.1
TIMEOUT_SECONDS = 5.0  # of one request
OK = 200


Asked = Callable[[], Awaitable[bool]]  # whether somebody is well


@dataclass(frozen=True, slots=True)
class Check:
    """`login` is a user's name and password."""

    url: str
    login: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def headers(self) -> Headers:
        headers: dict[bytes, list[bytes]] = {}
        if self.login:
            headers[b"Authorization"] = [b"Basic " + b64encode(":".join(self.login).encode())]
        return Headers(headers)


async def answer(checks: Mapping[str, Asked], patience: float, waiting: Callable[[str], None]) -> None:
    """Return once each is well; every `patience` seconds `waiting` hears the name of whom we wait for."""
    for name, is_well in checks.items():
        since = reactor.seconds()
        while not await is_well():
            if reactor.seconds() - since > patience:
                waiting(name)
                since = reactor.seconds()
            await deferLater(reactor, PAUSE_SECONDS)


async def ask(check: Check, seconds: float = TIMEOUT_SECONDS) -> bytes | None:
    """Return the body of a good answer, None where there is none in time."""
    code, body = await _ask(check, seconds)
    return body if code == OK else None


async def is_well(check: Check) -> bool:
    return await ask(check) is not None


async def is_alive(check: Check, seconds: float) -> bool:
    """Whether any answer comes: one that asks for fewer requests is a sign of life too."""
    code, _ = await _ask(check, seconds)
    return code > 0


async def _ask(check: Check, seconds: float) -> tuple[int, bytes]:
    """Return the status of an answer and its body; 0 where none came in time."""
    asked = Agent(reactor, connectTimeout=seconds).request(b"GET", check.url.encode(), check.headers)
    try:
        response = await asked.addTimeout(seconds, reactor)
        body = await readBody(response).addTimeout(seconds, reactor)
    except (ConnectError, ConnectingCancelledError, ConnectionClosed, ResponseFailed, WaitedTooLong):
        return 0, b""
    return response.code, body
