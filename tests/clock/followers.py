"""A user who follows placements of a campaign, and remembers what the API has said yes to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import uuid4

from tests.chaos.client import Client

PAGE = 1000


class Placed(NamedTuple):
    """A placement: `since` is a moment before the API said yes, `until` one after."""

    link: str
    since: float
    until: float


@dataclass
class Follower:
    """`ages` are those of the plan, in hours. `closed` are the bytes of the closed months, as they were then."""

    client: Client
    ages: tuple[int, ...]
    campaign: str = ""
    placed: list[Placed] = field(default_factory=list)
    closed: dict[str, bytes] = field(default_factory=dict)

    def begin(self) -> None:
        """Make a token, which is good for longer than a login, and a campaign."""
        self.client.login()
        token = self.client.insist("POST", "/tokens", {"name": "month", "scope": "write"}).json()["token"]
        self.client.session.headers["Authorization"] = f"Bearer {token}"
        plan = {"ages": [f"{age}h" for age in self.ages], "month_ends": True}
        wanted = {"name": f"Of {self.client.name}", "time_zone": "Europe/Moscow", "plan": plan}
        self.campaign = self.client.insist("POST", "/campaigns", wanted).json()["id"]

    def place(self, links: Sequence[str], clock: Any) -> None:
        since = clock.now()
        path, key = f"/campaigns/{self.campaign}/placements", uuid4().hex
        assert self.client.insist("POST", path, {"links": list(links)}, key=key).status_code == 201
        self.placed += [Placed(link, since, clock.now()) for link in links]

    def close(self, month: str) -> None:
        """Close it again and again: an answer that was lost may have been a yes."""
        answer = self.client.insist("POST", f"/campaigns/{self.campaign}/months/{month}/close")
        assert answer.status_code == 200, answer.text
        self.closed[month] = self.bytes_of(month)

    def rows(self, month: str) -> list[dict[str, Any]]:
        return [row for answer in self._pages(month) for row in answer.json()["placements"]]

    def bytes_of(self, month: str) -> bytes:
        """Return all that is told of a month, as it comes."""
        path = f"/campaigns/{self.campaign}/months/{month}"
        more = ("/totals", "/sums?by=wall&limit=1000", "/sums?by=erid&limit=1000", "/forms/neutral")
        answers = [*self._pages(month), *(self.client.insist("GET", f"{path}{each}") for each in more)]
        assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
        return b"\n".join(answer.content for answer in answers)

    def _pages(self, month: str) -> Iterator[Any]:
        cursor = ""
        while True:
            path = f"/campaigns/{self.campaign}/months/{month}?limit={PAGE}{cursor}"
            answer = self.client.insist("GET", path)
            yield answer
            after = answer.json()["next_cursor"]
            if after is None:
                return
            cursor = f"&cursor={after}"

    def events(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        since = 0
        while True:
            page = self.client.insist("GET", f"/events?limit={PAGE}&since={since}").json()
            found += page["events"]
            if not page["events"]:
                return found
            since = page["next_since"]
