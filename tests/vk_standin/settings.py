"""What tests may change while the stand-in runs."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from tests.vk_standin import troubles

ROBOTS = "User-agent: *\nAllow: /\n"


@dataclass
class Settings:
    """`rate`: calls a second and token beyond which, and `rate_tolerance` more, error 6 comes; 0 means no limit.

    `most_bytes`: the size of an answer of `execute` beyond which error 13 comes. `latency`: seconds from a request's
    arrival until its answer goes out. `robots`: the text of robots.txt. `trouble`: the share of the calls and pages
    that go wrong, in one of the ways of `troubles`: a comma separated list of kinds, the usual ones if it is empty.
    `page_bytes`: how long the page of a wall post is at least, for the comments below it. `mobile`: the address of the
    mobile site, where posts are led to: this server by another name of its host.
    """

    latency: float = 0.0
    rate: float = 0.0
    rate_tolerance: float = 0.0
    most_bytes: int = 5 * 1024 * 1024  # negezor/vk-io#447
    robots: str = ROBOTS
    trouble: float = 0.0
    troubles: str = ""
    page_bytes: int = 0
    mobile: str = ""

    def change(self, given: Mapping[str, Any]) -> None:
        """Take over what is given; ValueError names what is no setting, or not of its type, and changes nothing."""
        types = {field.name: field.type for field in fields(self)}
        given = {name: _joined(value) for name, value in given.items()}
        for name, value in given.items():
            if name not in types:
                raise ValueError(f"no such setting: {name}; there are {', '.join(types)}")
            wanted = (int, float) if types[name] is float else types[name]
            if not isinstance(value, wanted) or isinstance(value, bool):
                raise ValueError(f"{name} must be of type {types[name].__name__}")  # noqa: TRY004 - the sender's mistake
        troubles.listed(given.get("troubles", ""))
        if not 0 <= given.get("trouble", 0) <= 1:
            raise ValueError("trouble must be from 0 to 1")
        for name, value in given.items():
            setattr(self, name, value)


def _joined(value: Any) -> Any:
    return ",".join(map(str, value)) if isinstance(value, list) else value
