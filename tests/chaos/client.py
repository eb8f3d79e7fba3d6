"""A client that sends a request again, with the same key, until it is answered, and remembers every answer."""

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import requests

from tests.system import PASSWORD

FOR_LATER = frozenset({503, 507})  # answers that ask to come back
OF_A_PROXY = frozenset({502, 504})  # it got no answer, and nobody knows whether it was done
TIMEOUT_SECONDS = 60.0
PATIENCE_SECONDS = 120.0


@dataclass
class Client:
    """`accepted`: what the API has said yes to, links by batch. `cancelled`: their rows by batch since then.

    `seen`: how often which status was answered. `longest`: the seconds that the slowest request has taken.
    `later`: answers after which it comes back.
    """

    url: str
    name: str
    accepted: dict[str, list[str]] = field(default_factory=dict)
    cancelled: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    seen: dict[int, int] = field(default_factory=dict)
    unfinished: set[str] = field(default_factory=set)
    unanswered: int = 0
    longest: float = 0.0
    later: frozenset[int] = FOR_LATER

    def __post_init__(self) -> None:
        self.session = requests.Session()
        self.session.trust_env = False

    def login(self) -> None:
        who = {"username": self.name, "password": PASSWORD}
        self.insist("POST", "/users", who)
        self.session.headers["Authorization"] = f"Bearer {self.insist('POST', '/users/login', who).json()['token']}"

    def submit(self, links: list[str]) -> str:
        return self._accepted(links, self.insist("POST", "/batches", {"links": links}, key=uuid4().hex))

    def offer(self, links: list[str]) -> int:
        """Hand links in once; the status of the answer, 0 where there was none."""
        answer = self.ask("POST", "/batches", {"links": links})
        if answer is not None and answer.status_code not in self.later:
            self._accepted(links, answer)
        return 0 if answer is None else answer.status_code

    def _accepted(self, links: list[str], answer: requests.Response) -> str:
        assert answer.status_code == 202, answer.text
        self.accepted[answer.json()["id"]] = links
        self.unfinished.add(answer.json()["id"])
        return str(answer.json()["id"])

    def cancel(self, batch: str) -> None:
        """Cancel it; what its links are when that is answered they have to stay."""
        assert self.insist("POST", f"/batches/{batch}/cancel").status_code == 200
        self.cancelled[batch] = self.rows(batch)

    def erase(self, batch: str) -> None:
        """Delete it; an answer that was lost is followed by a 404."""
        assert self.insist("DELETE", f"/batches/{batch}").status_code in {204, 404}
        assert self.insist("GET", f"/batches/{batch}").status_code == 404
        del self.accepted[batch]
        self.unfinished.discard(batch)

    def rows(self, batch: str) -> list[dict[str, Any]]:
        """Every link of a batch, page after page."""
        rows: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.insist("GET", f"/batches/{batch}/links?limit=1000{cursor}").json()
            rows += page["links"]
            if not page["next_cursor"]:
                return rows
            cursor = f"&cursor={page['next_cursor']}"

    def wanted(self) -> int:
        """How many posts have to be asked for; those of batches that it gave up would flatter."""
        kept = (links for batch, links in self.accepted.items() if batch not in self.cancelled)
        return len({link for links in kept for link in links if "wall" in link})

    def insist(self, method: str, path: str, body: Any = None, key: str = "") -> requests.Response:
        """Ask until there is an answer that is none for later."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = self.ask(method, path, body, key)
            if answer is not None and answer.status_code not in self.later:
                return answer
            assert time.monotonic() < end, f"no answer to {method} {path} in {PATIENCE_SECONDS} s"
            time.sleep(0.2)

    def ask(self, method: str, path: str, body: Any = None, key: str = "") -> requests.Response | None:
        headers, began = {"Idempotency-Key": key} if key else {}, time.monotonic()
        try:
            answer = self.session.request(
                method, f"{self.url}{path}", json=body, headers=headers, timeout=TIMEOUT_SECONDS
            )
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
            self.unanswered += 1
            return None
        finally:
            self.longest = max(self.longest, time.monotonic() - began)
        self.seen[answer.status_code] = self.seen.get(answer.status_code, 0) + 1
        assert answer.status_code < 500 or answer.status_code in self.later, answer.text
        assert answer.status_code not in FOR_LATER or answer.headers["Retry-After"]
        return answer

    def open(self) -> int:
        """How many batches are not finished yet."""
        self.unfinished = {batch for batch in self.unfinished if self._links_left(batch)}
        return len(self.unfinished)

    def _links_left(self, batch: str) -> int:
        counts = self.insist("GET", f"/batches/{batch}").json()["counts"]
        return int(counts["created"] + counts["in progress"])
