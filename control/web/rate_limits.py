"""How much a user or an address may ask for within a window of time. What goes beyond is answered with 429.

Requests are counted in this process's memory, which costs nothing. `control.accounts.attempts` counts what a restart
must not forget.
https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
"""

import math
import time
from collections.abc import Sequence

from flask import Flask, Response, current_app, g
from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from control.accounts import attempts
from control.accounts.attempts import Counted, Taken, TooManyAttempts
from control.errors import TooManyRequests
from control.settings import Settings
from control.web.client_address import client
from control.web.engine import db

READS = "reads"
CHANGES = "changes"  # everything that is not a read, submissions too
SUBMISSIONS = "submissions"
LINKS = "links"  # in submissions, even if they are refused or sent again
USUAL = 200  # characters of a link: a longer one takes more time and counts as several
EXTENSION = "limits"  # its key among the app's extensions


class Limits:
    def __init__(self, settings: Settings) -> None:
        self.windows = FixedWindowRateLimiter(MemoryStorage())
        self.items: dict[str, RateLimitItem] = {
            READS: RateLimitItemPerSecond(settings.reads_per_second, namespace=READS),
            CHANGES: RateLimitItemPerMinute(settings.changes_per_minute, namespace=CHANGES),
            SUBMISSIONS: RateLimitItemPerMinute(settings.submissions_per_minute, namespace=SUBMISSIONS),
            LINKS: RateLimitItemPerMinute(settings.links_per_minute, namespace=LINKS),
        }


def install(app: Flask, settings: Settings) -> None:
    app.extensions[EXTENSION] = Limits(settings)
    app.after_request(_write)


def take(name: str, who: str, cost: int = 1) -> None:
    """Count a request, or the `cost` of what it contains. Raises TooManyRequests.

    A cost above the limit of the window counts as the whole limit. A `cost` of 0 only asks whether it is used up.
    """
    limits: Limits = current_app.extensions[EXTENSION]
    item = limits.items[name]
    if limits.windows.get_window_stats(item, who).reset_time > time.time() + item.get_expiry() + 1:
        limits.windows.clear(item, who)  # the clock went back, and this window would last much too long
    within = limits.windows.hit(item, who, cost=min(cost, item.amount))
    stats = limits.windows.get_window_stats(item, who)
    left = max(1, math.ceil(stats.reset_time - time.time()))
    announce(name, item.amount, item.get_expiry(), stats.remaining, left)
    if not within:
        raise TooManyRequests(
            f"More than {item.amount:,} {name} in {item.get_expiry()} s: come again in {left} s.", left
        )


def take_links(who: str, links: Sequence[str]) -> None:
    """Count links that are handed in, a long one as several. Raises TooManyRequests."""
    take(LINKS, who, sum(len(link) // USUAL + 1 for link in links))


def announce(name: str, most: int, seconds: int, remaining: int, left: int) -> None:
    """Let the answer's headers say how much is left and for how many seconds. Of several limits the tightest counts."""
    share, headers = remaining / most, (f'"{name}";q={most};w={seconds}', f'"{name}";r={remaining};t={left}')
    if share <= g.get("limit", (1.0,))[0]:
        g.limit = share, headers


def count_attempts(*counted: Counted) -> None:
    """Count attempts that a restart must not forget. Raises TooManyAttempts."""
    try:
        _announce_attempt(attempts.count(db.engine, counted))
    except TooManyAttempts as refused:
        _announce_attempt(refused.taken)
        raise


def _announce_attempt(taken: Taken) -> None:
    window = taken.window
    announce(window.kind, window.most, int(window.seconds), max(0, taken.remaining), taken.left)


def by_address() -> None:
    """Guard a resource that needs no token, by counting the caller's address."""
    take(READS, client())


def _write(response: Response) -> Response:
    _, headers = g.pop("limit", (1.0, ()))
    for name, value in zip(("RateLimit-Policy", "RateLimit"), headers, strict=False):
        response.headers[name] = value
    return response
