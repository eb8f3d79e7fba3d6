"""A client of one scrapyd. Its answers are hints only: the truth is in the database."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import requests

from crawler.process.environment import PROJECT


@contextmanager
def _without_scrapy() -> Iterator[None]:
    """Keep scrapyd-client from importing Scrapy and Twisted. It would use them to read scrapy.cfg, but we pass the
    address ourselves, and they would take memory in the API and in the scheduler.

    If they are imported already, nothing is done. https://docs.python.org/3/reference/import.html#the-module-cache
    """
    empty = {name: ModuleType(name) for name in ("scrapy", "scrapy.utils", "scrapy.utils.conf")}
    empty["scrapy.utils"].conf = empty["scrapy.utils.conf"]  # type: ignore[attr-defined]
    if "scrapy" in sys.modules:
        empty = {}
    sys.modules.update(empty)
    try:
        yield
    finally:
        for name in empty:
            del sys.modules[name]


with _without_scrapy():
    from scrapyd_client.pyclient import ScrapydClient

TIMEOUT_SECONDS = (2, 10)  # to connect, to answer


class ScrapydError(Exception):
    """scrapyd could not be reached, refused, or gave a wrong answer. It may have done what it was asked anyway."""


class RefusedError(ScrapydError):
    """scrapyd answered and refused the request."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """The ids of the runs that a scrapyd has."""

    pending: tuple[str, ...] = ()
    running: tuple[str, ...] = ()


class Clients:
    """A client of each scrapyd, made when it is first asked for: nodes come and go."""

    def __init__(self, username: str, password: str, timeout: tuple[float, float] = TIMEOUT_SECONDS) -> None:
        self.user = (username, password)
        self.timeout = timeout
        self.known: dict[str, Scrapyd] = {}

    def of(self, url: str) -> "Scrapyd":
        if url not in self.known:
            self.known[url] = Scrapyd(url, *self.user, timeout=self.timeout)
        return self.known[url]


class Scrapyd(ScrapydClient):
    """scrapyd-client with time limits, which it lacks. scrapyd reports errors as HTTP 200 with `status: error`."""

    def __init__(self, url: str, username: str, password: str, timeout: tuple[float, float] = TIMEOUT_SECONDS) -> None:
        super().__init__(url, username, password)
        self.timeout = timeout
        self.session = requests.Session()
        self.session.trust_env = False  # no proxies between us and a loopback address
        self.session.auth = self.auth

    def has(self, run_id: str) -> bool:
        """Whether the run waits or works there. False does not prove that it never will."""
        return self.status(run_id, PROJECT).get("currstate") in {"pending", "running"}

    def listed(self) -> Jobs:
        """Return the ids of the runs that wait or work there."""
        answer = self.jobs(PROJECT)
        try:
            pending, running = (tuple(str(job["id"]) for job in answer[state]) for state in ("pending", "running"))
        except (KeyError, TypeError) as error:
            raise ScrapydError(f"{self.url}: no list of jobs") from error
        return Jobs(pending, running)

    def post(self, spider: str, run_id: str) -> None:
        """Schedule the run. The job has the run's id, which is also its only argument."""
        self.schedule(PROJECT, spider, [("jobid", run_id), ("run", run_id)])

    def _get(self, basename: str, params: Any = None) -> dict[str, Any]:
        return self._ask("GET", basename, params=params)

    def _post(self, basename: str, data: Any) -> dict[str, Any]:
        return self._ask("POST", basename, data=data)

    def _ask(self, method: str, basename: str, **kwargs: Any) -> dict[str, Any]:
        address = f"{self.url}/{basename}.json"
        try:
            response = self.session.request(method, address, timeout=self.timeout, allow_redirects=False, **kwargs)
            if response.status_code == requests.codes.unauthorized:
                raise ScrapydError(f"{self.url}: HTTP 401: SCRAPYD_PASSWORD is not this scrapyd's")
            answer = response.json()
        except (requests.RequestException, ValueError) as error:
            raise ScrapydError(f"{self.url}: {type(error).__name__}") from error
        if response.status_code != requests.codes.ok or not isinstance(answer, dict) or answer.get("status") != "ok":
            message = str(answer.get("message", ""))[:200] if isinstance(answer, dict) else ""
            kind = RefusedError if response.status_code == requests.codes.ok and message else ScrapydError
            raise kind(f"{self.url}: HTTP {response.status_code} {message}")
        return answer
