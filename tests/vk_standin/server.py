"""The stand-in's web server."""

import json
from hashlib import sha256
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl

from twisted.internet import reactor
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from tests.vk_standin.api import NAME, Api
from tests.vk_standin.pages import page

ROBOTS = "User-agent: *\nAllow: /\n"


class StandIn(Resource):
    """Serves the API, the pages and, under /standin/, what tests plant and read."""

    isLeaf = True  # noqa: N815 - Twisted's name

    def __init__(self, api: Api, latency: float = 0.0) -> None:
        super().__init__()
        self.api = api
        self.settings: dict[str, Any] = {"latency": latency, "robots": ROBOTS}
        self.faults: list[dict[str, Any]] = []
        self.journal: list[dict[str, Any]] = []

    def render(self, request: Request) -> Any:
        path = request.path.decode()
        query = dict(parse_qsl(request.uri.decode("latin-1").partition("?")[2]))
        if path.startswith("/standin/"):
            return self._control(path.removeprefix("/standin/"), request)
        if path.startswith("/method/"):
            return self._method(path.removeprefix("/method/"), query, request)
        if path == "/robots.txt":
            return self._send(request, 200, "text/plain", self.settings["robots"].encode())
        return self._page(path, query, request)

    def _method(self, method: str, query: dict[str, str], request: Request) -> Any:
        form = dict(parse_qsl(request.content.read().decode(), keep_blank_values=True))
        token = form.get("access_token", "")
        kind = self.api.tokens.get(token, "")
        text = f"{form.get('posts', '')} {form.get('videos', '')} {form.get('code', '')}"
        self._note(
            method, kind, sha256(token.encode()).hexdigest()[:16], len(NAME.findall(text)), "access_token" in query
        )
        fault = self._fault(method, kind)
        if fault and "code" not in fault:
            return self._break(fault, request)
        answer = self.api.answer(method, query | form, fault)
        return self._send(request, 200, "application/json; charset=utf-8", json.dumps(answer).encode())

    def _page(self, path: str, query: dict[str, str], request: Request) -> Any:
        self._note("page", "", "", 1, False)
        if fault := self._fault("page", ""):
            return self._break(fault, request)
        found = page(path, query)
        if found.location:
            request.setHeader("Location", found.location)
        charset = found.content_type.partition("charset=")[2]
        return self._send(request, found.status, found.content_type, found.text.encode(charset, "xmlcharrefreplace"))

    def _note(self, method: str, kind: str, token: str, ids: int, in_url: bool) -> None:
        entry = {
            "time": monotonic(),
            "method": method,
            "kind": kind,
            "token": token,
            "ids": ids,
            "token_in_url": in_url,
        }
        self.journal.append(entry)

    def _fault(self, method: str, kind: str) -> dict[str, Any] | None:
        """Take the next planted fault for such a call; it happens as many `times` as was said, 0 for always."""
        for fault in self.faults:
            if fault.get("method", method) == method and fault.get("kind", kind) == kind:
                fault["times"] = fault.get("times", 1) - 1
                if fault["times"] == 0:
                    self.faults.remove(fault)
                return fault
        return None

    def _break(self, fault: dict[str, Any], request: Request) -> Any:
        if fault.get("drop"):
            request.transport.abortConnection()
            return NOT_DONE_YET
        if fault.get("hang"):
            return NOT_DONE_YET
        content_type = fault.get("content_type", "text/html; charset=utf-8")
        return self._send(request, fault.get("status", 200), content_type, fault.get("body", "").encode())

    def _send(self, request: Request, status: int, content_type: str, body: bytes) -> int:
        request.setResponseCode(status)
        request.setHeader("Content-Type", content_type)
        gone: list[Any] = []
        request.notifyFinish().addErrback(gone.append)
        reactor.callLater(self.settings["latency"], lambda: gone or _finish(request, body))
        return NOT_DONE_YET

    def _control(self, what: str, request: Request) -> bytes:
        given = json.loads(request.content.read() or b"{}")
        request.setHeader("Content-Type", "application/json")
        if what == "journal":
            return json.dumps(self.journal).encode()
        if what == "fault":
            self.faults.append(given)
        elif what == "set":
            self.api.rate = given.pop("rate", self.api.rate)
            self.api.most_bytes = given.pop("most_bytes", self.api.most_bytes)
            self.settings |= given
        elif what == "reset":
            self.faults.clear()
            self.journal.clear()
            self.api.left_out.clear()
            self.api.arrivals.clear()
        else:
            request.setResponseCode(404)
        return b"{}"


def _finish(request: Request, body: bytes) -> None:
    request.write(body)
    request.finish()
