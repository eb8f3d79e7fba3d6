"""robots.txt, whoever sends it, parsed in time that grows only linearly with its length."""

import re
from typing import Self

from scrapy.crawler import Crawler
from scrapy.robotstxt import ProtegoRobotParser, decode_robotstxt

LONGEST = 500 * 1024  # bytes: RFC 9309 demands at least so many
MOST_NAMES = 10  # of user agents that match ours
AGENT = re.compile(r"\s*user[\s-]*agent[\s:]*", re.IGNORECASE)
ANOTHER = "nobody-we-know"


class RobotParser(ProtegoRobotParser):
    """Protego copies every rule of a group to every user agent that the group names, which takes quadratic time. So it
    is given only the names that match ours, and a single name in place of all others.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler, robotstxt_body: bytes) -> Self:
        text = decode_robotstxt(robotstxt_body[:LONGEST], None)
        reduced = _for_us(text, crawler.settings["USER_AGENT"].lower())
        return super().from_crawler(crawler, reduced.encode())


def _for_us(text: str, us: str) -> str:
    names: set[str] = set()
    return "\n".join(_line(line, us, names) for line in text.splitlines())


def _line(line: str, us: str, names: set[str]) -> str:
    """Return a line unchanged, unless it names a user agent that is not ours: then with the placeholder."""
    found = AGENT.match(line)
    if not found:
        return line
    name = line[found.end() :].partition("#")[0].strip().lower()
    if name.strip("*") == "":
        return line
    if name.replace("*", "") in us and (name in names or len(names) < MOST_NAMES):
        names.add(name)
        return line
    return f"User-agent: {ANOTHER}"
