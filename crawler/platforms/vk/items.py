"""Posts and videos as VK's API describes them, in its own answers and inside its pages."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from crawler.platforms.contract import Again, Gone, Measured, Outcome, Target, Want
from crawler.reasons import Reason

LARGEST = 2**63 - 1
PATIENCE = 2  # answers that may hold strange items in place of ours before we believe that ours is not there


def items_of(response: object) -> list[Any] | None:
    """Return the items of a response: a plain list before version 5.131, `{"items": […]}` since."""
    if isinstance(response, dict):
        response = response.get("items")
    return response if isinstance(response, list) else None


def outcomes(wants: Sequence[Want], items: list[Any], source: str) -> dict[Target, Outcome]:
    """Pair what was asked with what came, by owner and id: VK leaves posts out and changes their order."""
    wanted = {_identity(want) for want in wants}
    found: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    strange = False
    for item in items:
        identity = identity_of(item)
        if identity in wanted:
            found[identity].append(item)
        else:
            strange = True
    others = bool(found)
    return {want.target: _outcome(want, found[_identity(want)], source, strange, others) for want in wants}


def _identity(want: Want) -> tuple[int, int]:
    return want.target.owner, want.target.item


def identity_of(item: object) -> tuple[int, int]:
    """Return owner and id; (0, 0), which nothing has, where they are not both integers."""
    fields = item if isinstance(item, dict) else {}
    owner, id_ = fields.get("owner_id"), fields.get("id")
    return (owner, id_) if type(owner) is int and type(id_) is int else (0, 0)


def _outcome(want: Want, items: list[dict[str, Any]], source: str, strange: bool, others: bool) -> Outcome:
    """Read what came of one post; it may be the answer's fault, not the post's."""
    if not items and strange and want.missed < PATIENCE:
        return Again(want._replace(missed=want.missed + 1), Reason.NOT_FOUND, "left out of an answer with other posts")
    if not items and strange and not others:
        return Again(want, Reason.NOT_FOUND, "an answer with other posts only", charged=True)
    if not items:
        return Gone(Reason.NOT_FOUND, "left out of the answer")
    return read_post(want, items, source)


def read_post(want: Want, items: Sequence[dict[str, Any]], source: str) -> Outcome:
    """Read what an answer says of one post, mostly once. What makes no sense is asked again, and counts as a try."""
    readings = [measure(want.target.kind, item, source) for item in items]
    if any(reading != readings[0] for reading in readings):
        return Again(want, Reason.BAD_RESPONSE, "twice in the answer with different counts", charged=True)
    reading = readings[0]
    if isinstance(reading, Gone) and reading.reason == Reason.BAD_RESPONSE:
        return Again(want, reading.reason, reading.detail, charged=True)
    return reading


def measure(kind: str, item: dict[str, Any], source: str) -> Measured | Gone:
    """Read the counters of one item. Nothing is repaired: what is no exact count is none."""
    if item.get("is_deleted") == 1:  # or True
        return Gone(Reason.DELETED, "is_deleted")
    views = item.get("views")
    if kind == "wall" and views is not None:
        if not isinstance(views, dict):
            return Gone(Reason.BAD_RESPONSE, "views is no object")
        views = views.get("count")
    if views is None:
        return Gone(Reason.VIEWS_HIDDEN, "no views in the answer")
    if not is_count(views):
        return Gone(Reason.BAD_RESPONSE, "views is no count")
    return Measured(views, source, *(_companion(item.get(name)) for name in ("likes", "comments", "reposts")))


def is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= LARGEST


def _companion(value: object) -> int | None:
    """Read likes, comments or reposts: `{"count": n}`, of videos also a plain n."""
    count = value.get("count") if isinstance(value, dict) else value
    return count if is_count(count) else None  # type: ignore[return-value] # is_count says so
