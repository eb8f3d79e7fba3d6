"""Asks VK the way a spider does: in slots of the system's budgets, only VK's own hosts, and with a time limit."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import requests
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from crawler.platforms.contract import Call, Reply
from crawler.platforms.vk.access import Access
from crawler.queue import budgets
from crawler.settings import DOWNLOAD_MAXSIZE, DOWNLOAD_TIMEOUT, REDIRECT_MAX_TIMES
from crawler.store.database import writing

PIECE = 65_536
HEADERS = {  # those that Scrapy sends
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en",
}


class NotAsked(Exception):
    """Nothing was asked, or no answer came. The text says why."""


@dataclass(slots=True)
class Wire:
    """`kept` is called with every answer and the name of the question. `engine` is None without a usable database."""

    access: Access
    engine: Engine | None
    user_agent: str
    kept: Callable[[str, Call, Reply], None]
    session: requests.Session = field(default_factory=requests.Session)
    date: str = ""  # the header Date of VK's last answer

    def __post_init__(self) -> None:
        self.session.trust_env = False
        self.session.headers.update(HEADERS | {"User-Agent": self.user_agent})

    def ask(self, name: str, call: Call) -> Reply:
        """Send a call and return the reply. Raises NotAsked."""
        self._wait(call.budget)
        try:
            reply = self._follow(call)
        except requests.RequestException as error:
            raise NotAsked(f"{_host(call.url)} does not answer: {_why(error)}") from None
        self.kept(name, call, reply)
        return reply

    def _wait(self, key: str) -> None:
        """Take a slot and wait for it."""
        time.sleep(self._slot(key))

    def _slot(self, key: str) -> float:
        own = 1 / self.access.rate
        if self.engine is None:
            return own
        try:
            with writing(self.engine) as connection:
                delay = budgets.reserve(connection, [(key, self.access.rate)])[0]
            state = budgets.states(self.engine, [key]).get(key)
        except SQLAlchemyError:
            return own
        if delay is None:
            why = f"{state.why}; asked again in {state.paused:.0f} s" if state else ""
            raise NotAsked(f"is paused: {why}")
        return delay

    def _follow(self, call: Call) -> Reply:
        url = call.url
        for _ in range(REDIRECT_MAX_TIMES + 1):
            reply, leads_to = self._request(url, call)
            if not leads_to or call.form is not None:
                return reply
            there = urljoin(url, leads_to)
            if not self._may_lead(url, there):
                raise NotAsked(f"{_host(url)} leads to {_host(there)}, which is not asked")
            url = there
        raise NotAsked(f"{_host(url)} leads on and on")

    def _request(self, url: str, call: Call) -> tuple[Reply, str]:
        method = "GET" if call.form is None else "POST"
        with self.session.request(
            method, url, data=call.form, timeout=DOWNLOAD_TIMEOUT, allow_redirects=False, stream=True
        ) as answer:
            self.date = answer.headers.get("Date", self.date)
            content_type = answer.headers.get("Content-Type", "")
            leads_to = answer.headers.get("Location", "") if answer.is_redirect else ""
            return Reply(answer.status_code, url, content_type, _body(answer)), leads_to

    def _may_lead(self, here: str, there: str) -> bool:
        same = (urlsplit(here).scheme, _host(here)) == (urlsplit(there).scheme, _host(there))
        downgraded = here.startswith("https:") and not there.startswith("https:")
        return same or (not downgraded and {_host(here), _host(there)} <= self.access.site)


def _body(answer: requests.Response) -> bytes:
    """Read the body up to a limit of bytes and of time, however slowly it comes."""
    until, body = time.monotonic() + DOWNLOAD_TIMEOUT, b""
    for piece in answer.iter_content(PIECE):
        body += piece
        if len(body) > DOWNLOAD_MAXSIZE or time.monotonic() > until:
            raise NotAsked(f"{_host(answer.url)} sends more, or more slowly, than is read")
    return body


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()


def _why(error: requests.RequestException) -> str:
    for kind, words in (
        (requests.exceptions.SSLError, "its certificate is not trusted"),
        (requests.exceptions.Timeout, f"nothing came within {DOWNLOAD_TIMEOUT:.0f} s"),
        (requests.exceptions.ConnectionError, "no connection"),
    ):
        if isinstance(error, kind):
            return words
    return type(error).__name__
