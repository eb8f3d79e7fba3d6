"""Nobody sees what is another's: campaigns, months, events, and readings that others' plans have brought."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from tests.clock.followers import Follower

PATHS = ("", "/placements", "/placements/0", "/months", "/months/2026-10", "/months/2026-10/totals", "/months/2026-11")
SOME = 20  # posts whose readings are looked at


def check(follower: Follower, everybody: Iterable[Follower]) -> Counter[str]:
    """Raise AssertionError where it does not hold; else count the user's events by kind."""
    others = [other for other in everybody if other is not follower]
    ask = follower.client.insist
    for other in others:
        answers = {path: ask("GET", f"/campaigns/{other.campaign}{path}").status_code for path in PATHS}
        assert set(answers.values()) == {404}, answers
        assert ask("POST", f"/campaigns/{other.campaign}/months/2026-10/close").status_code == 404
    assert [each["id"] for each in ask("GET", "/campaigns").json()["campaigns"]] == [follower.campaign]
    assert ask("GET", "/batches").json()["batches"] == []
    events = follower.events()
    assert {event["campaign"] for event in events} <= {follower.campaign}
    _check_readings(follower, others)
    return Counter(event["kind"] for event in events)


def _check_readings(follower: Follower, others: Iterable[Follower]) -> None:
    """Of a post that several follow, each sees what was read since they did; of one of others', nothing."""
    since = {placed.link: placed.since for placed in reversed(follower.placed)}
    theirs = sorted({placed.link for other in others for placed in other.placed})
    alone = [link for link in theirs if link not in since][:SOME]
    both = [link for link in theirs if link in since][:SOME]
    for link in [*alone, *both]:
        answer = follower.client.insist("GET", f"/posts/vk/{link.rpartition('/')[2]}/readings?limit=1000")
        assert (answer.status_code == 404) == (link in alone), (link, answer.text)
        if answer.status_code == 200:
            times = [datetime.fromisoformat(each["measured_at"]).timestamp() for each in answer.json()["readings"]]
            assert all(time >= since[link] for time in times), (link, since[link], times)
