"""A client of one scrapyd, or of what speaks its protocol. Its answers are hints only: the truth is in the database.

scrapyd-k8s 0.9, which starts a pod for each run, differs in what is used here: it has no `status.json`, it answers a
second post of a run with HTTP 500, and it lists no jobs while Kubernetes does not answer it.
https://github.com/q-m/scrapyd-k8s/blob/ca52c5e/scrapyd_k8s/api.py
"""

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
STATES = ("pending", "running", "finished")  # of a job


class ScrapydError(Exception):
    """scrapyd could not be reached, refused, or gave a wrong answer. It may have done what it was asked anyway."""


class RefusedError(ScrapydError):
    """scrapyd answered and refused the request."""


class NoServiceError(ScrapydError):
    """scrapyd has no such service."""


class BrokenError(ScrapydError):
    """scrapyd broke over the request, of which some or all may be done."""


ERRORS = {requests.codes.not_found: NoServiceError, requests.codes.server_error: BrokenError}  # by HTTP status


@dataclass(frozen=True, slots=True)
class Jobs:
    """The ids of the runs that a scrapyd has. One that is not listed may be there all the same."""

    pending: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    finished: tuple[str, ...] = ()

    def __contains__(self, run_id: str) -> bool:
        """Whether the run waits or works there."""
        return run_id in self.pending or run_id in self.running


class Clients:
    """A client of each scrapyd, made when it is first asked for: nodes come and go.

    `ca` is a file with the authorities that may vouch for a scrapyd behind TLS; empty: those that everybody trusts.
    """

    def __init__(
        self, username: str, password: str, ca: str = "", timeout: tuple[float, float] = TIMEOUT_SECONDS
    ) -> None:
        self.user = (username, password)
        self.ca = ca
        self.timeout = timeout
        self.known: dict[str, Scrapyd] = {}

    def of(self, url: str) -> "Scrapyd":
        if url not in self.known:
            self.known[url] = Scrapyd(url, *self.user, self.ca, self.timeout)
        return self.known[url]


class Scrapyd(ScrapydClient):
    """scrapyd-client with time limits, which it lacks. scrapyd reports errors as HTTP 200 with `status: error`."""

    def __init__(
        self, url: str, username: str, password: str, ca: str = "", timeout: tuple[float, float] = TIMEOUT_SECONDS
    ) -> None:
        super().__init__(url, username, password)
        self.timeout = timeout
        self.session = requests.Session()
        self.session.trust_env = False  # no proxies between us and a loopback address
        self.session.auth = self.auth
        self.session.verify = ca or True

    def has(self, run_id: str) -> bool:
        """Whether the run waits or works there. False does not prove that it never will."""
        try:
            return self.status(run_id, PROJECT).get("currstate") in {"pending", "running"}
        except NoServiceError:
            return run_id in self.listed()

    def listed(self) -> Jobs:
        """Return the ids of the runs that wait or work there, and of some that are over."""
        answer = self.jobs(PROJECT)
        try:
            return Jobs(*(tuple(str(job["id"]) for job in answer[state]) for state in STATES))
        except (KeyError, TypeError) as error:
            raise ScrapydError(f"{self.url}: no list of jobs") from error

    def post(self, spider: str, run_id: str) -> None:
        """Schedule the run. The job has the run's id, which is also its only argument."""
        try:
            self.schedule(PROJECT, spider, [("jobid", run_id), ("run", run_id)])
        except BrokenError:
            if not self._has_taken(run_id):
                raise

    def _has_taken(self, run_id: str) -> bool:
        """Whether the run is there after all. Raises RefusedError where its job is over: it takes no second one."""
        listed = self.listed()
        if run_id in listed.finished and run_id not in listed:
            raise RefusedError(f"{self.url}: the job of this run is over there, and it started nothing")
        return run_id in listed

    def _get(self, basename: str, params: Any = None) -> dict[str, Any]:
        return self._ask("GET", basename, params=params)

    def _post(self, basename: str, data: Any) -> dict[str, Any]:
        return self._ask("POST", basename, data=data)

    def _ask(self, method: str, basename: str, **kwargs: Any) -> dict[str, Any]:
        address = f"{self.url}/{basename}.json"
        try:
            response = self.session.request(method, address, timeout=self.timeout, allow_redirects=False, **kwargs)
        except requests.exceptions.SSLError as error:
            why = "its certificate is not trusted, or is another's: SCRAPYD_CA names a file with its authority"
            raise ScrapydError(f"{self.url}: {why}") from error
        except requests.RequestException as error:
            raise ScrapydError(f"{self.url}: {type(error).__name__}") from error
        return self._read(response)

    def _read(self, response: requests.Response) -> dict[str, Any]:
        status = response.status_code
        if status == requests.codes.unauthorized:
            raise ScrapydError(f"{self.url}: HTTP 401: SCRAPYD_PASSWORD is not this scrapyd's")
        answer = _json(response)
        if status == requests.codes.ok and answer.get("status") == "ok":
            return answer
        message = str(answer.get("message", ""))[:200]
        kind = RefusedError if status == requests.codes.ok and message else ERRORS.get(status, ScrapydError)
        raise kind(f"{self.url}: HTTP {status} {message or 'without a message'}")


def _json(response: requests.Response) -> dict[str, Any]:
    """Read a JSON object, an empty one where it is none: an error may be told in HTML."""
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
