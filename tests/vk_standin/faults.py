"""What tests plant to go wrong."""

import re
from collections.abc import Mapping
from typing import Any, Literal

EFFECTS = {
    "code",  # an error of the API, with its `message` and more `fields` of the error object
    "status",  # a bare HTTP answer with this status, `body`, `content_type` and `location`
    "body",
    "drop",  # the connection is closed without an answer
    "hang",  # no answer ever comes
    "flood",  # one of wire.FLOODS comes in place of the headers, and in the end `body` with `content_type`
}
DETAILS = {"message", "fields", "content_type", "location"}
CONDITIONS = {
    "method",  # only for this method of the API, or `page`, or `robots.txt`
    "inner",  # only for this method inside of `execute`
    "kind",  # only for tokens of this kind
    "token",  # only for this token
    "post",  # only for calls that ask for this one, such as -1_2
    "times",  # how often it happens: 1 unless said, 0 for always
}
Place = Literal["call", "inner", "page"]


class Faults:
    def __init__(self) -> None:
        self._planted: list[dict[str, Any]] = []

    def plant(self, fault: Mapping[str, Any]) -> None:
        """Add a fault; ValueError says what is wrong with it."""
        if unknown := fault.keys() - EFFECTS - DETAILS - CONDITIONS:
            raise ValueError(f"no such field of a fault: {', '.join(sorted(unknown))}")
        if not fault.keys() & EFFECTS:
            raise ValueError(f"a fault needs one of {', '.join(sorted(EFFECTS))}")
        if "inner" in fault and "code" not in fault:
            raise ValueError("a fault inside of execute needs a code")
        self._planted.append(dict(fault))

    def take(
        self, place: Place, method: str, kind: str = "", token: str = "", asked: str = ""
    ) -> dict[str, Any] | None:
        """Take the first fault that was planted for such a request. `asked` is the text that names its posts."""
        given = {"method": method, "inner": method, "kind": kind, "token": token}
        for fault in self._planted:
            right = all(fault.get(name, value) == value for name, value in given.items())
            if right and _fits(fault, place) and _names(asked, fault.get("post", "")):
                self._use(fault)
                return fault
        return None

    def clear(self) -> None:
        self._planted.clear()

    def _use(self, fault: dict[str, Any]) -> None:
        fault["times"] = fault.get("times", 1) - 1
        if fault["times"] == 0:
            self._planted.remove(fault)


def _names(asked: str, post: str) -> bool:
    return not post or re.search(rf"(?<![\d-]){re.escape(post)}(?!\d)", asked) is not None


def _fits(fault: dict[str, Any], place: Place) -> bool:
    if "inner" in fault or place == "inner":
        return "inner" in fault and place == "inner"
    return place == "call" or "code" not in fault
