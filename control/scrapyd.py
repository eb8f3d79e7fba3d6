"""A client of one scrapyd. Its answers are advice only: the database says what is true."""

from dataclasses import dataclass
from typing import Any

import requests
from scrapyd_client.pyclient import ScrapydClient

PROJECT = "default"  # the key in scrapy.cfg
TIMEOUT_SECONDS = (2, 10)  # to connect, to answer


class ScrapydError(Exception):
    """scrapyd cannot be reached, refused, or made no sense. What was asked of it may have happened all the same."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """The ids of the runs that a scrapyd has."""

    pending: tuple[str, ...] = ()
    running: tuple[str, ...] = ()


class Scrapyd(ScrapydClient):
    """scrapyd-client with time limits, which it lacks. Logical errors are HTTP 200 with `status: error`."""

    def __init__(self, url: str, username: str, password: str, timeout: tuple[float, float] = TIMEOUT_SECONDS) -> None:
        super().__init__(url, username, password)
        self.timeout = timeout
        self.session = requests.Session()
        self.session.trust_env = False  # no proxies between us and a loopback address
        self.session.auth = self.auth

    def has(self, run_id: str) -> bool:
        """Whether the run waits or works there. No is no proof that it never will."""
        return self.status(run_id, PROJECT).get("currstate") in {"pending", "running"}

    def listed(self) -> Jobs:
        """Name the runs that wait or work there."""
        answer = self.jobs(PROJECT)
        try:
            pending, running = (tuple(str(job["id"]) for job in answer[state]) for state in ("pending", "running"))
        except (KeyError, TypeError) as error:
            raise ScrapydError(f"{self.url}: no list of jobs") from error
        return Jobs(pending, running)

    def post(self, spider: str, run_id: str) -> None:
        """Schedule the run: the job's id is ours, and the run's id is its only argument."""
        self.schedule(PROJECT, spider, [("jobid", run_id), ("run", run_id)])

    def _get(self, basename: str, params: Any = None) -> dict[str, Any]:
        return self._ask("GET", basename, params=params)

    def _post(self, basename: str, data: Any) -> dict[str, Any]:
        return self._ask("POST", basename, data=data)

    def _ask(self, method: str, basename: str, **kwargs: Any) -> dict[str, Any]:
        try:
            response = self.session.request(method, f"{self.url}/{basename}.json", timeout=self.timeout, **kwargs)
            answer = response.json()
        except requests.RequestException as error:
            raise ScrapydError(f"{self.url}: {type(error).__name__}") from error
        if response.status_code != requests.codes.ok or not isinstance(answer, dict) or answer.get("status") != "ok":
            message = str(answer.get("message", ""))[:200] if isinstance(answer, dict) else ""
            raise ScrapydError(f"{self.url}: HTTP {response.status_code} {message}")
        return answer
