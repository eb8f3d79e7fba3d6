"""The stand-in's web server."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl

from twisted.internet import reactor
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from tests.vk_standin import troubles, wire
from tests.vk_standin.api import NAME, Api
from tests.vk_standin.comments import padded
from tests.vk_standin.journal import Journal
from tests.vk_standin.pages import page
from tests.vk_standin.troubles import HTML, JSON, Reply

LISTS = ("posts", "videos", "code")  # parameters that hold ids


class StandIn(Resource):
    """Serves the API and the pages and, under /standin/, what tests plant and read."""

    isLeaf = True  # noqa: N815 - Twisted's name

    def __init__(self, api: Api) -> None:
        super().__init__()
        self.api = api
        self.settings = api.settings
        self.at_start = asdict(api.settings)
        self.journal = Journal()
        self.arrived_at = 0.0  # of the request that is looked at

    def render(self, request: Request) -> Any:
        self.arrived_at = reactor.seconds()
        path, _, query = request.uri.decode("latin-1").partition("?")
        fields = dict(parse_qsl(query))
        if path.startswith("/standin/"):
            return self._control(path.removeprefix("/standin/"), request)
        if path.startswith("/method/"):
            return self._method(path, fields, request)
        return self._page(path, fields, request)

    def _method(self, path: str, query: dict[str, str], request: Request) -> Any:
        """A token in the URL is none: VK would take it, but it would stand in every log on the way."""
        method = path.removeprefix("/method/")
        form = dict(parse_qsl(request.content.read().decode(errors="replace"), keep_blank_values=True))
        token = form.get("access_token") or _bearer(request)
        kind = self.api.tokens.get(token, "")
        asked = " ".join(form.get(name, "") for name in LISTS)
        ids = len(NAME.findall(asked))
        entry = self.journal.note(method, path, ids=ids, kind=kind, token=token, in_url="access_token" in query)
        fault = self.api.faults.take("call", method, kind, token, asked)
        if fault and "code" not in fault:
            return self._break(fault, request)
        trouble = entry["trouble"] = "" if fault else self._trouble()
        answer = self.api.answer(method, query | form, token, fault or troubles.fault(trouble))
        entry["error"] = answer.get("error", {}).get("error_code", 0)
        body = json.dumps(troubles.answer(trouble, answer)).encode()
        return self._send(request, Reply(200, JSON, body), trouble)

    def _page(self, path: str, query: dict[str, str], request: Request) -> Any:
        what = "robots.txt" if path == "/robots.txt" else "page"
        host = request.getHeader("Host") or ""
        entry = self.journal.note(what, path, ids=int(what == "page"), in_url="access_token" in query, host=host)
        if fault := self.api.faults.take("page", what):
            return self._break(fault, request)
        if what == "robots.txt":
            return self._send(request, Reply(200, "text/plain; charset=utf-8", self.settings.robots.encode()))
        shown = page(path, query, self.settings.mobile, host)
        found = padded(shown, self.settings.page_bytes)
        trouble = entry["trouble"] = self._trouble(page=True)
        charset = found.content_type.partition("charset=")[2]
        body = troubles.text(trouble, found.text).encode(charset, "xmlcharrefreplace")
        return self._send(request, Reply(found.status, found.content_type, body, found.location), trouble)

    def _trouble(self, *, page: bool = False) -> str:
        return troubles.draw(self.api.random, self.settings.trouble, self.settings.troubles, page=page)

    def _break(self, fault: dict[str, Any], request: Request) -> Any:
        if fault.get("drop"):
            request.transport.abortConnection()
            return NOT_DONE_YET
        if fault.get("hang"):
            return NOT_DONE_YET
        if kind := fault.get("flood"):
            wire.flood(request, kind, fault.get("content_type", HTML), fault.get("body", "").encode())
            return NOT_DONE_YET
        shown = fault.get("status", 200), fault.get("content_type", HTML), fault.get("body", "").encode()
        return self._send(request, Reply(*shown, fault.get("location", "")))

    def _send(self, request: Request, right: Reply, trouble: str = "") -> int:
        reply = troubles.reply(trouble, request.uri.decode("latin-1"), right)
        request.setResponseCode(reply.status)
        headers = {"Content-Type": reply.content_type, "Location": reply.location, "Content-Encoding": reply.encoding}
        for name, value in headers.items():
            if value:
                request.setHeader(name, value)
        gone: list[Any] = []
        request.notifyFinish().addErrback(gone.append)
        delay = max(0.0, self.arrived_at + self.settings.latency - reactor.seconds())
        reactor.callLater(delay, lambda: gone or wire.send(request, reply.body, trouble))
        return NOT_DONE_YET

    def _control(self, what: str, request: Request) -> bytes:
        request.setHeader("Content-Type", "application/json")
        try:
            return json.dumps(self._controls(what)(_given(request))).encode()
        except ValueError as error:
            request.setResponseCode(400)
            return json.dumps({"error": str(error)}).encode()

    def _controls(self, what: str) -> Callable[[dict[str, Any]], Any]:
        controls = {
            "journal": lambda _: self.journal.entries,
            "counts": lambda _: self.journal.counts(),
            "fault": self.api.faults.plant,
            "set": self.settings.change,
            "reset": self._reset,
        }
        if what not in controls:
            raise ValueError(f"no such control: {what}; there are {', '.join(controls)}")
        return controls[what]

    def _reset(self, _: dict[str, Any]) -> None:
        self.settings.change(self.at_start)
        self.journal.clear()
        self.api.reset()


def _given(request: Request) -> dict[str, Any]:
    given = json.loads(request.content.read() or b"{}")
    if not isinstance(given, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004 - it is the sender's mistake
    return given


def _bearer(request: Request) -> str:
    word, _, token = (request.getHeader("Authorization") or "").partition(" ")
    return token.strip() if word.lower() == "bearer" else ""
