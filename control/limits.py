"""How much a user or an address may ask for within a window of time; what is over it is answered 429.

Counted in this process's memory: that costs nothing. What a restart must not forget is counted in `control.tries`.
https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
"""

import math
import time

from flask import Flask, Response, current_app, g
from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from control.address import client
from control.errors import TooManyRequests
from control.settings import Settings

READS = "reads"
SUBMISSIONS = "submissions"
EXTENSION = "limits"  # its key among the app's extensions


class Limits:
    def __init__(self, settings: Settings) -> None:
        self.windows = FixedWindowRateLimiter(MemoryStorage())
        self.items: dict[str, RateLimitItem] = {
            READS: RateLimitItemPerSecond(settings.reads_per_second, namespace=READS),
            SUBMISSIONS: RateLimitItemPerMinute(settings.submissions_per_minute, namespace=SUBMISSIONS),
        }


def install(app: Flask, settings: Settings) -> None:
    app.extensions[EXTENSION] = Limits(settings)
    app.after_request(_write)


def take(name: str, who: str) -> None:
    """Count one request of somebody's. Raises TooManyRequests."""
    limits: Limits = current_app.extensions[EXTENSION]
    item = limits.items[name]
    within = limits.windows.hit(item, who)
    stats = limits.windows.get_window_stats(item, who)
    left = max(1, math.ceil(stats.reset_time - time.time()))
    tell(name, item.amount, item.get_expiry(), stats.remaining, left)
    if not within:
        raise TooManyRequests(f"More than {item.amount} {name} in {item.get_expiry()} s: come again in {left} s.", left)


def tell(name: str, most: int, seconds: int, remaining: int, left: int) -> None:
    """Let the answer say how much is left, and for how many seconds."""
    g.limits = {
        "RateLimit-Policy": f'"{name}";q={most};w={seconds}',
        "RateLimit": f'"{name}";r={remaining};t={left}',
    }


def by_address() -> None:
    """Guard a resource that asks for no token."""
    take(READS, client())


def _write(response: Response) -> Response:
    for name, value in g.get("limits", {}).items():
        response.headers[name] = value
    return response
