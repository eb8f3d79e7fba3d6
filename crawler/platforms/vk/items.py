"""Posts and videos as VK's API describes them, in its own answers and inside its pages."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from crawler.platforms.contract import Again, Gone, Measured, Outcome, Target, Want
from crawler.platforms.vk.about import NO_OWNERS, Owners, said_of
from crawler.platforms.vk.links import LARGEST
from crawler.platforms.vk.refusals import meaning_of
from crawler.reasons import Reason

Identity = tuple[int, int]  # owner and id
Read = Callable[[Want, Sequence[dict[str, Any]]], Outcome]
NOBODY = 0, 0
PATIENCE = 2  # answers that held other items instead of ours before we believe that our item is not there


def items_of(response: object) -> list[Any] | None:
    """Return the items of a response: a plain list before version 5.131, `{"items": […]}` since."""
    if isinstance(response, dict):
        response = response.get("items")
    return response if isinstance(response, list) else None


def outcomes(wants: Sequence[Want], items: list[Any], source: str, owners: Owners) -> dict[Target, Outcome]:
    """Pair the posts that were asked for, all of one kind, with the items that came, by owner and id: VK leaves posts
    out, changes their order, and returns a joint post under its first author's number.
    """
    kind, wanted = wants[0].target.kind, {_identity(want) for want in wants}
    found: dict[Identity, list[dict[str, Any]]] = defaultdict(list)
    joint: dict[Identity, list[dict[str, Any]]] = defaultdict(list)
    strange = False
    for item in items:
        identity, aliases = identity_of(item), wanted.intersection(_aliases(kind, item))
        if identity in wanted:
            found[identity].append(item)
        for alias in aliases:
            joint[alias].append(item)
        strange |= not (identity in wanted or aliases)
    others = bool(found or joint)
    read = partial(read_post, source=source, owners=owners)
    pairs = ((want, found.get(_identity(want)) or joint[_identity(want)]) for want in wants)
    return {want.target: _outcome(want, ours, read, strange=strange, others=others) for want, ours in pairs}


def of_post(want: Want, items: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the items that are this post: by its own number, or else by its number on another author's wall."""
    identity = _identity(want)
    own = [item for item in items if identity_of(item) == identity]
    return own or [item for item in items if identity in _aliases(want.target.kind, item)]


def _identity(want: Want) -> Identity:
    return want.target.owner, want.target.item


def identity_of(item: object, id_name: str = "id") -> Identity:
    """Return owner and id; (0, 0), which no item has, unless both are integers."""
    fields = item if isinstance(item, dict) else {}
    owner, id_ = fields.get("owner_id"), fields.get(id_name)
    return (owner, id_) if type(owner) is int and type(id_) is int else NOBODY


def _aliases(kind: str, item: object) -> Iterable[Identity]:
    """Return the numbers that a joint post has on its other authors' walls. A video has none. `coowners` was seen in
    live answers of `wall.getById` (2026-09: 68783531674, 68428986171 in public code).
    """
    coowners = item.get("coowners") if isinstance(item, dict) and kind == "wall" else None
    if not isinstance(coowners, dict):
        return ()
    listed = coowners.get("list")
    given = [coowners.get("coowner_post_id"), *(listed if isinstance(listed, list) else [])]
    return [identity for each in given if (identity := identity_of(each, "post_id")) != NOBODY]


def _outcome(want: Want, items: list[dict[str, Any]], read: Read, *, strange: bool, others: bool) -> Outcome:
    """Read what came for one post. If nothing came, the fault may be the answer's and not the post's."""
    if not items and strange and want.missed < PATIENCE:
        return Again(want._replace(missed=want.missed + 1), Reason.NOT_FOUND, "left out of an answer with other posts")
    if not items and strange and not others:
        return Again(want, Reason.NOT_FOUND, "an answer with other posts only", charged=True)
    if not items:
        return Gone(Reason.NOT_FOUND, "left out of the answer")
    return read(want, items)


def read_post(want: Want, items: Sequence[dict[str, Any]], source: str, owners: Owners = NO_OWNERS) -> Outcome:
    """Read what an answer says of one post. If it makes no sense we ask again, and that counts as an attempt."""
    readings = [measure(want.target.kind, item, source) for item in items]
    if any(reading != readings[0] for reading in readings):
        return Again(want, Reason.BAD_RESPONSE, "twice in the answer with different counts", charged=True)
    reading = readings[0]
    if isinstance(reading, Measured) and not want.target.opened_by:  # what follows is stored for everybody
        return reading._replace(canonical=_canonical(want, items[0]), about=said_of(items[0], owners))
    if isinstance(reading, Gone) and reading.reason == Reason.BAD_RESPONSE:
        return Again(want, reading.reason, reading.detail, charged=True)
    return reading


def _canonical(want: Want, item: dict[str, Any]) -> str:
    """Return the item's own key if it is not the key that was asked for."""
    owner, id_ = identity_of(item)
    known = owner and 0 < id_ <= LARGEST and abs(owner) <= LARGEST
    return f"wall{owner}_{id_}" if known and (owner, id_) != _identity(want) else ""


def measure(kind: str, item: dict[str, Any], source: str) -> Measured | Gone:
    """Read the counters of one item. Nothing is repaired: a value that is not an exact count is no count."""
    if item.get("is_deleted") == 1:  # or True
        return Gone(Reason.DELETED, "is_deleted")
    views = item.get("views")
    if kind == "wall" and views is not None:
        if not isinstance(views, dict):
            return Gone(Reason.BAD_RESPONSE, "views is no object")
        views = views.get("count")
    if kind == "video" and not views and (card := _card(item)):
        return card
    if views is None:
        return Gone(Reason.VIEWS_HIDDEN, "no views in the answer")
    if not is_count(views):
        return Gone(Reason.BAD_RESPONSE, "views is no count")
    likes, comments, reposts = (_companion(item.get(name)) for name in ("likes", "comments", "reposts"))
    return Measured(views, source, likes, comments, reposts)


def _card(item: dict[str, Any]) -> Gone | None:
    """Read the card that VK returns for a closed or deleted video. If the card has a number, it is a meaningless 0."""
    restriction = item.get("restriction")
    cannot_play = isinstance(restriction, dict) and restriction.get("can_play") == 0
    if item.get("content_restricted") != 1 and not cannot_play:
        return None
    message = item.get("content_restricted_message")
    meaning = meaning_of(message) if isinstance(message, str) else None
    if meaning and meaning.reason == Reason.DELETED:
        return Gone(Reason.DELETED, meaning.word)
    return Gone(Reason.PRIVATE, "content_restricted")


def is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= LARGEST


def _companion(value: object) -> int | None:
    """Read likes, comments or reposts: `{"count": n}`, of videos also a plain n."""
    count = value.get("count") if isinstance(value, dict) else value
    return count if is_count(count) else None  # type: ignore[return-value] # is_count says so
