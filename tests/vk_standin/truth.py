"""What every post of the stand-in has: a pure function of its kind, owner and item, so every right answer is known.

What happens to a post is in the last three digits of its item: 901 to 938 are special, all others ordinary.
"""

from enum import Enum
from hashlib import sha256
from struct import Struct


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
OF_THE_PAGE = {
    Fate.MISSING: "not_found",
    Fate.DELETED: "not_found",
    Fate.REPLACED: "not_found",
    Fate.PAGE_SHORT: "views_hidden",
    Fate.PAGE_NO_COUNTER: "views_hidden",
    Fate.PAGE_UNKNOWN: "layout_changed",
}


def fate(item: int) -> Fate | None:
    return FATES.get(item % 1000)


def views(kind: str, owner: int, item: int) -> int:
    """Return the true number: mostly some thousands, now and then beyond 32 bits."""
    if fate(item) == Fate.ZERO:
        return 0
    number = _numbers(kind, owner, item)[0]
    return number % 10**12 if number % 50 == 0 else number % 10**6


def companions(kind: str, owner: int, item: int) -> dict[str, int]:
    """Return likes, comments and reposts."""
    numbers = (number % 5000 for number in _numbers(kind, owner, item)[1:])
    return dict(zip(("likes", "comments", "reposts"), numbers, strict=True))


def expected(kind: str, owner: int, item: int, mode: str) -> int | str:
    """Return the number, or the reason why there is none. `mode` is `api` or `page`."""
    kind, which = "wall" if kind == "wall" else "video", fate(item)
    if which in WITHOUT_VIEWS:
        return "views_hidden"
    if which in NO_COUNTS:
        return "bad_response"
    if mode == "api" and which in OF_THE_API:
        return OF_THE_API[which]
    if mode == "page" and which in BLOCKED:
        return "blocked"
    on_a_wall = kind == "wall" or which in {Fate.MISSING, Fate.DELETED, Fate.REPLACED}
    if mode == "page" and which in OF_THE_PAGE and on_a_wall:
        return OF_THE_PAGE[which]
    return views(kind, owner, item)


def _numbers(kind: str, owner: int, item: int) -> tuple[int, ...]:
    kind = "wall" if kind == "wall" else "video"
    return NUMBERS.unpack(sha256(f"{kind} {owner} {item}".encode()).digest())
