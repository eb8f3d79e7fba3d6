"""robots.txt as VK sends it and as somebody in its place might."""

import time

import pytest
from protego import Protego
from scrapy.settings import Settings

from crawler.robots import RobotParser
from crawler.settings import USER_AGENT

WALL = "https://vk.com/wall-1_5"
SMALL = 20_000
LEAST = 0.005  # seconds, below which no time tells anything


class Crawler:
    spider = None
    settings = Settings({"USER_AGENT": USER_AGENT})


def parsed(text):
    return RobotParser.from_crawler(Crawler, text.encode())


ROBOTS = [
    "User-agent: *\nDisallow: /feed\nDisallow: *?w=wall\nDisallow: /wall*?reply=\n",
    "User-agent: *\nDisallow: /\n",
    "User-agent: *\nDisallow: /\nAllow: /wall\n",
    "User-agent: Yandex\nDisallow: /\n\nUser-agent: *\nDisallow: /feed\n",
    "User-agent: Yandex\nUser-agent: *\nDisallow: /wall\n",
    "User-agent: Yandex\nUser-agent: Googlebot\nDisallow: /wall\n",
    "User-agent: Yandex\nUser-agent: views-stats # us\nDisallow: /wall\n\nUser-agent: *\nAllow: /\n",
    "User agent: views*\nDisallow: /wall\n\nUSERAGENT *\nAllow: /\n",
    "user-agent views-stats\nDisallow: /wall\n",
    "User-agent:\nDisallow: /wall\n",
    "User-agent: **\nDisallow: /wall\n",
    "Disallow: /wall\n",
    "User-agent: *\n\nDisallow: /wall-1_5$\n",
    "\ufeffUser-agent: *\r\nDisallow: /wall*_5\r\n",
    "<html>User-agent: *</html>",
    "",
]


@pytest.mark.parametrize("text", ROBOTS)
@pytest.mark.parametrize("url", [WALL, f"{WALL}?reply=6", "https://vk.com/feed", "https://vk.com/"])
def test_what_is_allowed_is_what_protego_says(text, url):
    expected = Protego.parse(text.removeprefix("\ufeff")).can_fetch(url, USER_AGENT)
    assert parsed(text).allowed(url, USER_AGENT) is expected


HOSTILE = {
    "agents and rules": lambda size: _many("User-agent: a{}\n", size // 2) + _many("Disallow: /a{}*b\n", size // 2),
    "our names and rules": lambda size: _names(size // 2) + _many("Disallow: /a{}*b\n", size // 2),
    "our agent again and again": lambda size: "User-agent: views-stats\n" * (size // 24),
    "agents in words": lambda size: _many("user  agent  a{}\n", size // 2) + _many("Allow: /a{}\n", size // 2),
    "groups": lambda size: _many("User-agent: *\nDisallow: /{}\n", size),
    "asterisks": lambda size: "User-agent: *\nDisallow: /" + "*w" * (size // 2),
    "dollars": lambda size: "User-agent: *\nDisallow: /" + "$" * size,
    "percents": lambda size: "User-agent: *\nDisallow: /" + "%zz%41" * (size // 6),
    "spaces": lambda size: "User-agent: *\nDisallow: /" + " " * size,
    "a line": lambda size: "user agent " * (size // 11),
    "dashes": lambda size: "user" + "-" * size,
}


def _many(form, size):
    return "".join(form.format(number) for number in range(size // len(form)))


def _names(size):
    """Parts of our own name, which could all be meant for us."""
    parts = [USER_AGENT[start:end] for start in range(len(USER_AGENT)) for end in range(start + 1, len(USER_AGENT))]
    text = "".join(f"User-agent: {part}\n" for part in parts)
    return (text * (size // len(text) + 1))[:size] + "\n"


def seconds(text):
    return min(_seconds(text) for _ in range(3))


def _seconds(text):
    start = time.process_time()
    parsed(text).allowed(WALL, USER_AGENT)
    return time.process_time() - start


@pytest.mark.parametrize("kind", HOSTILE)
def test_four_times_the_length_takes_about_four_times_as_long(kind):
    short, long = (HOSTILE[kind](size) for size in (SMALL, 4 * SMALL))
    assert seconds(long) < 10 * max(seconds(short), LEAST)


@pytest.mark.parametrize("kind", HOSTILE)
def test_the_largest_is_read_soon(kind):
    """A second where it is quiet; the bound is for machines that are slow or busy."""
    assert _seconds(HOSTILE[kind](5_000_000)) < 8
