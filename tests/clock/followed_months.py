"""The months of campaigns, as the API tells them: within their bounds, adding up, and the same for ever once closed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from tests.clock.followers import Follower
from tests.clock.true_posts import lies_within, post_of
from tests.vk_standin import growth
from tests.vk_standin.growth import Post, Shape

REFUSED = {"no_beginning", "no_reading", "gap"}  # flags of rows that have no number
OF_FALLS = {"fell", "made_up"}

Row = dict[str, Any]


def check(follower: Follower, closed: Sequence[str], unfinished: str) -> Counter[str]:
    """Raise AssertionError where one does not hold; else count rows by basis, and what was found about them."""
    for month in closed:
        assert follower.bytes_of(month) == follower.closed[month], f"{month} of {follower.client.name} has changed"
    months = [follower.rows(month) for month in (*closed, unfinished)]
    found = Counter[str]()
    for row in (row for rows in months for row in rows):
        found += _check_row(row)
    return found + _check_sums(months[: len(closed)])


def _check_row(row: Row) -> Counter[str]:
    post = post_of(row["link"])
    assert post.shape == Shape.FALL or not OF_FALLS & set(row["flags"]), row
    assert (row["views"] is None) <= bool(REFUSED & set(row["flags"])), row
    held = [_value_holds(post, row[end]) for end in ("begin", "end")]
    begin, end = (_moment(row[end]["at"]) for end in ("begin", "end"))
    true = growth.views(post, end) - growth.views(post, begin)
    if lies_within(true, row["low"], row["high"]):
        held.append(True)
    else:
        since = post.published_at if "made_up" in row["flags"] else _begin(post, row["begin"])
        assert growth.falls_within(post, since, _end(row["end"])), (row, true, post)
        held.append(False)
    return Counter({row["basis"]: 1, "rows": 1, "fell": not all(held), "unmeasured": row["views"] is None})


def _value_holds(post: Post, value: Row) -> bool:
    true = growth.views(post, _moment(value["at"]))
    if lies_within(true, value["low"], value["high"]):
        return True
    assert growth.falls_within(post, _begin(post, value), _end(value)), (value, true, post)
    return False


def _begin(post: Post, value: Row) -> float:
    return _moment(value["before"]["asked_at"]) if value["before"] else post.published_at


def _end(value: Row) -> float:
    return _moment(value["after"]["measured_at"] if value["after"] else value["at"])


def _moment(shown: str) -> float:
    return datetime.fromisoformat(shown).timestamp()


def _check_sums(months: Sequence[Sequence[Row]]) -> Counter[str]:
    """A month begins where the one before ended, if that was known when it was closed: what is learned later belongs to
    the later month. What the months have reported is what the counter showed at the end, or more where it fell.
    """
    found = Counter[str]()
    for rows in zip(*(_by_position(rows, len(months[-1])) for rows in months), strict=True):
        known = [row for row in rows if row is not None]
        for one, two in pairwise(known):
            unknown = one["end"]["basis"] == "none"
            assert unknown or _number(two["begin"]) == _number(one["end"]), (one, two)
        last = known[-1]
        if any(row["views"] is None for row in known):
            continue
        assert sum(row["views"] for row in known) + known[0]["baseline"] == last["reported"], known
        assert OF_FALLS & {flag for row in known for flag in row["flags"]} or last["reported"] == last["end"]["value"]
        found["added_up"] += 1
    return found


def _by_position(rows: Iterable[Row], count: int) -> list[Row | None]:
    by_position = {row["position"]: row for row in rows}
    return [by_position.get(position) for position in range(count)]


def _number(value: Row) -> tuple[Any, ...]:
    return tuple(value[name] for name in ("at", "value", "low", "high", "basis", "before", "after"))
