"""T17: what is read from outside takes time that grows with its length, and not faster.

Each case is read at a length and at four times that length, several times, and the fastest of each are compared: what
is linear takes about 4 times as long, what is quadratic 16 times.
"""

import gc
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from ipaddress import ip_network
from time import process_time

import pytest
from pydantic import ValidationError
from werkzeug.wrappers import Request

from control.accounts import passwords
from control.accounts.usernames import spelling
from control.app import create_app
from control.errors import ApiError, InvalidBody
from control.routes import batch_links, tokens, users
from control.routes.submission import Links
from control.settings import Settings
from control.web import auth, idempotency_key, trusted_hosts
from control.web.client_address import Proxies
from control.web.problems import invalid
from crawler import platforms
from crawler.queue import acceptance
from tests.control.conftest import SETTINGS
from tests.thoroughness import every

TIMES = 4
MOST = 9  # times as long; a machine that does other things too measures up to 6
SHORT = 30_000  # bytes


@pytest.fixture(scope="module")
def app():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SQLALCHEMY_DATABASE_URL", "sqlite:////nonexistent/views.db")
        return create_app(Settings(**SETTINGS))


BODIES: dict[str, Callable[[int], str]] = {
    "names that are there twice, at the end": lambda n: "{" + ",".join(f'"{k}":1' for k in [*range(n // 9), 0]) + "}",
    "every name twice": lambda n: "{" + ",".join(f'"{k // 2}":1' for k in range(n // 9)) + "}",
    "one name, again and again": lambda n: "{" + ",".join(['"a":1'] * (n // 6)) + "}",
    "objects with a name twice": lambda n: "[" + ",".join(['{"a":1,"b":2}'] * (n // 14)) + "]",
    "deep lists": lambda n: "[" * (n // 2) + "]" * (n // 2),
    "lists side by side": lambda n: "[" + ",".join(["[]"] * (n // 3)) + "]",
    "brackets in texts": lambda n: "[" + ",".join(['"[["'] * (n // 5)) + "]",
    "quotes and backslashes": lambda n: '["' + '\\"\\\\' * (n // 4) + '"]',
    "a number of many digits": lambda n: '{"links":' + "9" * n + "}",
    "a fraction of many digits": lambda n: '{"links":0.' + "9" * n + "}",
    "spaces": lambda n: "{" + " " * n + "}",
}
LINKS: dict[str, Callable[[int], str]] = {
    "fields of a query": lambda n: "https://vk.com/a?" + "a&" * (n // 2),
    "fields that may be ours": lambda n: "https://vk.com/a?" + "%61&" * (n // 4),
    "fields in an address": lambda n: "https://vk.com/away.php?to=vk.com/a?" + "%61%26" * (n // 6),
    "letters that are not ASCII": lambda n: "https://vk.com/" + "я" * n,
    "fields with values": lambda n: "https://vk.com/feed?" + "w=wall-1_1&" * (n // 11),
    "parts of a path": lambda n: "https://vk.com/" + "a/" * (n // 2),
    "percents": lambda n: "https://vk.com/" + "%25" * (n // 3),
    "entities": lambda n: "https://vk.com/?" + "&amp;" * (n // 5),
    "an address within addresses": lambda n: "https://vk.com/away.php?to=" * (n // 27),
    "brackets around": lambda n: "(" * (n // 2) + "vk.com" + ")" * (n // 2),
    "digits": lambda n: "wall-1_" + "1" * n,
    "dots": lambda n: "https://" + "vk.com." * (n // 7),
    "blanks": lambda n: " " * n + "x" + " " * n,
    "colons": lambda n: ":" * n,
}


MARKS = "\u0301\u0316"  # of different classes: whoever composes them has to sort them first


def validated(shape, **fields):
    """Validate what was sent, and write the answer that refuses it."""

    def work():
        try:
            shape.model_validate(fields)
        except ValidationError as error:
            raise invalid(error, InvalidBody) from None

    return work


OTHERS: dict[str, Callable[[int], Callable[[], object]]] = {
    "an Idempotency-Key": lambda n: partial(idempotency_key._usable, "k" * n),
    "an Authorization of spaces": lambda n: partial(auth.BEARER.fullmatch, "Bearer" + " " * n),
    "an Authorization": lambda n: partial(auth.BEARER.fullmatch, "Bearer " + "a" * n + "!"),
    "a Host": lambda n: partial(trusted_hosts.PORT.sub, "", ":1" * n),
    "proxies": lambda n: partial(Proxies(None, [ip_network("10.0.0.0/8")]).origin, "10.0.0.1", "10.0.0.1," * (n // 90)),
    "a name": lambda n: validated(users.NewUser, username="e" + MARKS * n, password="p" * 20),
    "a name of many words": lambda n: validated(users.NewUser, username="e " * n, password="p" * 20),
    "a password": lambda n: validated(users.NewUser, username="anna", password="p" + MARKS * n),
    "a login": lambda n: validated(users.Credentials, username="e" + MARKS * n, password="p"),
    "a token's name": lambda n: validated(tokens.NewToken, name="\0" * n),
    "a span of time": lambda n: validated(tokens.NewToken, name="a", expires_in="9" * n + "d"),
    "a cursor": lambda n: validated(batch_links.LinksQuery, cursor="9" * n),
    "unknown fields of a query": lambda n: validated(
        batch_links.LinksQuery, **{f"f{number}": "" for number in range(n // 20)}
    ),
    "links that are no texts": lambda n: validated(Links, links=[1] * n),
    "half characters": lambda n: partial(acceptance.storable, "\ud800" * n),
    "the fields of an address": lambda n: partial(Request({"QUERY_STRING": "a&" * (n // 8)}).args.get, "a"),
}


def seconds(work: Callable[[], object], rounds: int = 5) -> float:
    """The fastest of some rounds, in seconds of the processor: what others do meanwhile does not count."""
    found = []
    gc.disable()  # it would look through all that other tests have left
    for _ in range(rounds):
        began = process_time()
        with suppress(ApiError, ValueError):
            work()
        found.append(process_time() - began)
    gc.enable()
    return min(found)


def compare(work: Callable[[int], Callable[[], object]], short: int = SHORT) -> None:
    """Grow what is too fast to be measured, then compare."""
    while (took := seconds(work(short))) < 0.002 and short < 8 * SHORT:
        short *= 2
    longer = seconds(work(TIMES * short))
    assert longer < MOST * max(took, 0.004), f"{TIMES} times {short:,} bytes took {longer / took:.0f} times as long"


@pytest.mark.parametrize("name", BODIES)
def test_T17_a_body(app, name):
    def work(size):
        body = BODIES[name](size)
        return lambda: app.json.loads(body)

    compare(work)


@pytest.mark.parametrize("name", OTHERS)
def test_T17_what_else_comes_from_outside(name):
    compare(OTHERS[name])


@pytest.mark.parametrize("sign", [MARKS, "\ufdfa"])
def test_T17_to_fold_the_longest_text_costs_little_beside_a_hash(sign):
    """Marks are sorted in quadratic time, and some letters become 18: texts are bounded before they are folded."""
    text = sign * (passwords.LONGEST // len(sign))
    assert seconds(lambda: spelling(text)) < seconds(lambda: passwords.hasher.hash("p"), rounds=1) / 4


@pytest.mark.parametrize("name", LINKS)
def test_T17_a_link(name):
    def work(size):
        text = LINKS[name](size)
        return lambda: platforms.identify(text)

    compare(work)


@pytest.mark.parametrize("name", LINKS)
def test_T17_links_that_are_not_too_long(name):
    """Of 100,000 links each may be 160 characters, and each of 8,000 may be 2,000."""

    def work(size):
        text = LINKS[name](size // 100)[:2000]
        return lambda: [platforms.identify(text) for _ in range(40)]

    compare(work)


@pytest.mark.parametrize("name", every(4, list(LINKS)))
def test_T17_no_link_costs_much_more_than_others_of_its_length(name):
    text = LINKS[name](1990)[:2000]
    plain = "https://vk.com/" + "x" * (len(text) - 15)
    usual = seconds(lambda: [platforms.identify(plain) for _ in range(50)])
    took = seconds(lambda: [platforms.identify(text) for _ in range(50)])
    assert took < 3 * usual


LINKS_OF_A_BATCH = ["no link", "https://vk.com/wall-1_1", "x" * 3000, "https://vk.com/a?" + "a&" * 1000]


@pytest.mark.parametrize("link", every(2, LINKS_OF_A_BATCH))
def test_T17_a_batch_of_links(link):
    def work(size):
        links = [link] * (size // 10)
        return lambda: acceptance.entries(links, platforms.identify)

    compare(work, SHORT // 4)
