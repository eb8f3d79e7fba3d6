"""What every post of the stand-in has: a pure function of its kind, owner and item, so every right answer is known.

What happens to a post is in the last three digits of its item: 901 to 961 are special, all others ordinary. The posts
of `growth` change with time beside.
"""

import time
from enum import Enum
from hashlib import sha256
from struct import Struct

from tests.vk_standin import growth


class Fate(Enum):
    """What is special about a post."""

    MISSING = 901  # left out of answers; its page is a 404
    DELETED = 902  # `is_deleted` in the API; its page is a 404
    NO_VIEWS = 903
    NULL_VIEWS = 904
    NO_COUNT = 905  # `views` without `count`
    TEXT = 906  # what follows is no count
    NEGATIVE = 907
    FRACTION = 908
    TOO_LARGE = 909
    ACCESS_DENIED = 910  # these four fail the whole call that they are in
    USER_DELETED = 911
    PRIVATE_PROFILE = 912
    BAD_PARAMETER = 913
    LATE = 914  # left out twice, while a stranger stands in the answer
    REPLACED = 915  # left out always, while a stranger stands in the answer
    ZERO = 916
    TWICE = 917  # stands twice in the answer
    BOOLEAN = 918
    PAGE_SHORT = 919  # from here on, special on its page only
    PAGE_NO_COUNTER = 920
    PAGE_UNKNOWN = 921
    PAGE_CHALLENGE = 922
    PAGE_429 = 923
    PAGE_BADBROWSER = 924
    PAGE_LOGIN = 925
    PAGE_418 = 926
    PAGE_DATA_COUNT = 930  # the markups of the years
    PAGE_TITLE = 931
    PAGE_ACTION_PANEL = 932
    PAGE_ACTION_PANEL_COUNT = 933
    PAGE_MOBILE = 934
    PAGE_BOTTOM_ACTION = 935
    PAGE_JSON = 936
    PAGE_GROUPED = 937
    PAGE_NEIGHBOUR = 938
    PAGE_LAYOUT_2025 = 950  # shows the post without a counter
    PAGE_DELETED = 951  # what VK's site and player say in a post's place
    PAGE_CLOSED = 952
    PAGE_SENTENCE = 953  # of the player, which nobody knows
    PAGE_PROCESSING = 954  # of the player
    CARD_CLOSED = 956  # what stands in the place of a video in answers
    CARD_DELETED = 957
    CARD_NOT_TO_PLAY = 958
    LINK_ONLY = 960  # a video that is there for those who have its key
    JOINT = 961  # a post of two walls: shown under the number of `first_author`, this one is its alias


FATES = {fate.value: fate for fate in Fate}
NUMBERS = Struct("!4Q")  # the views and the companions of a post are the four parts of one hash
CODES = {Fate.ACCESS_DENIED: 15, Fate.USER_DELETED: 18, Fate.PRIVATE_PROFILE: 30, Fate.BAD_PARAMETER: 100}
NO_COUNTS = {
    Fate.TEXT: "1234",
    Fate.NEGATIVE: -1,
    Fate.FRACTION: 12.5,
    Fate.TOO_LARGE: 2**63,
    Fate.BOOLEAN: True,
}
BLOCKED = {Fate.PAGE_CHALLENGE, Fate.PAGE_429, Fate.PAGE_BADBROWSER, Fate.PAGE_LOGIN, Fate.PAGE_418}
WITHOUT_VIEWS = {Fate.NO_VIEWS, Fate.NULL_VIEWS, Fate.NO_COUNT}
OF_THE_API = {
    Fate.MISSING: "not_found",
    Fate.DELETED: "deleted",
    Fate.ACCESS_DENIED: "private",
    Fate.USER_DELETED: "not_found",
    Fate.PRIVATE_PROFILE: "private",
    Fate.BAD_PARAMETER: "invalid_link",
    Fate.REPLACED: "not_found",
}
NOT_THERE = {Fate.MISSING, Fate.DELETED, Fate.REPLACED}
OF_WALL_PAGES = {
    **dict.fromkeys(NOT_THERE, "not_found"),
    Fate.PAGE_SHORT: "views_hidden",
    Fate.PAGE_NO_COUNTER: "views_hidden",
    Fate.PAGE_UNKNOWN: "layout_changed",
    Fate.PAGE_LAYOUT_2025: "views_hidden",
    Fate.PAGE_DELETED: "deleted",
    Fate.PAGE_CLOSED: "private",
}
CLOSED = {"api": {Fate.LINK_ONLY: "not_found"}, "page": {Fate.LINK_ONLY: "private"}}
CARDS = {Fate.CARD_CLOSED: "private", Fate.CARD_DELETED: "deleted", Fate.CARD_NOT_TO_PLAY: "private"}
OF_VIDEO_PAGES = {
    **dict.fromkeys(NOT_THERE, "not_found"),
    Fate.PAGE_DELETED: "deleted",
    Fate.PAGE_CLOSED: "private",
    Fate.PAGE_SENTENCE: "not_found",
    Fate.PAGE_PROCESSING: "vk_error",
}


def fate(item: int) -> Fate | None:
    return FATES.get(item % 1000)


def views(kind: str, owner: int, item: int) -> int:
    """Return the true number: mostly some thousands, now and then beyond 32 bits. Of a post that grows, now."""
    if kind == "wall" and (post := growth.of(owner, item)):
        return growth.views(post, time.time())
    if fate(item) == Fate.ZERO:
        return 0
    owner, item = first_author(kind, owner, item)
    number = _numbers(kind, owner, item)[0]
    return number % 10**12 if number % 50 == 0 else number % 10**6


def companions(kind: str, owner: int, item: int) -> dict[str, int]:
    """Return likes, comments and reposts."""
    numbers = (number % 5000 for number in _numbers(kind, *first_author(kind, owner, item))[1:])
    return dict(zip(("likes", "comments", "reposts"), numbers, strict=True))


def first_author(kind: str, owner: int, item: int) -> tuple[int, int]:
    """Return the number under which the post is shown."""
    if kind == "wall" and fate(item) == Fate.JOINT:
        return (owner - 1 if owner < 0 else owner + 1), item - 500
    return owner, item


def key(owner: int, item: int) -> str:
    """Return what opens a video that is there by its link only, to the API and as `list` of its page."""
    return f"ln-Key{abs(owner)}-{item}"


def embed_hash(owner: int, item: int) -> str:
    """Return what opens the page of its player."""
    return f"{abs(owner):x}{item:x}"


def expected(kind: str, owner: int, item: int, mode: str) -> int | str:
    """Return the number, or the reason why there is none, for a link without a key. `mode` is `api` or `page`."""
    kind, which = "wall" if kind == "wall" else "video", fate(item)
    if which in WITHOUT_VIEWS:
        return "views_hidden"
    if which in NO_COUNTS:
        return "bad_response"
    return _planned(kind, mode).get(which) or views(kind, owner, item)


def _planned(kind: str, mode: str) -> dict[Fate | None, str]:
    """Return the reasons why posts of this kind have no number, asked in this way."""
    cards = {**CARDS, **CLOSED[mode]} if kind == "video" else {}
    if mode == "api":
        return {**OF_THE_API, **cards}
    of_pages = OF_WALL_PAGES if kind == "wall" else OF_VIDEO_PAGES
    return {**dict.fromkeys(BLOCKED, "blocked"), **of_pages, **cards}


def _numbers(kind: str, owner: int, item: int) -> tuple[int, ...]:
    kind = "wall" if kind == "wall" else "video"
    return NUMBERS.unpack(sha256(f"{kind} {owner} {item}".encode()).digest())
