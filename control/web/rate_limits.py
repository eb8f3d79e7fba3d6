"""How much a user or an address may ask for within a window of time. What goes beyond is answered with 429.

Requests are counted in this process's memory, which costs nothing, and where several processes share a PostgreSQL they
tell each other. `control.accounts.attempts` counts what a restart must not forget.
https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
"""

from collections.abc import Sequence

from flask import Flask, Response, current_app, g
from sqlalchemy import Engine

from control.accounts import attempts
from control.accounts.attempts import Counted, Taken, TooManyAttempts
from control.errors import TooManyRequests
from control.settings import Settings
from control.web.client_address import client
from control.web.engine import db
from control.web.shared_windows import SharedWindows
from control.web.windows import Limit, Windows

READS = "reads"
CHANGES = "changes"  # everything that is not a read, submissions too
SUBMISSIONS = "submissions"
LINKS = "links"  # in submissions, even if they are refused or sent again
USUAL = 200  # characters of a link: a longer one takes more time and counts as several
EXTENSION = "limits"  # its key among the app's extensions


class Limits:
    """`engine` is given where other processes may count as well."""

    def __init__(self, settings: Settings, engine: Engine | None = None) -> None:
        self.windows = Windows()
        self.shared = SharedWindows(engine) if engine else None
        self.by_name = {
            READS: Limit(READS, settings.reads_per_second, 1),
            CHANGES: Limit(CHANGES, settings.changes_per_minute, 60),
            SUBMISSIONS: Limit(SUBMISSIONS, settings.submissions_per_minute, 60),
            LINKS: Limit(LINKS, settings.links_per_minute, 60),
        }


def install(app: Flask, settings: Settings) -> None:
    with app.app_context():
        several = db.engine.dialect.name == "postgresql"
        app.extensions[EXTENSION] = Limits(settings, db.engine if several else None)
    app.after_request(_write)


def take(name: str, who: str, cost: int = 1) -> None:
    """Count a request, or the `cost` of what it contains. Raises TooManyRequests.

    A cost above the limit of the window counts as the whole limit. A `cost` of 0 only asks whether it is used up.
    """
    limits: Limits = current_app.extensions[EXTENSION]
    limit = limits.by_name[name]
    window = limits.windows.of(limit, who)
    place = window.add(min(cost, limit.most))
    if limits.shared:
        place = limits.shared.settle(limit, who, window, place)
    left = limits.windows.left(window)
    announce(name, limit.most, limit.seconds, max(0, limit.most - window.own - window.others), left)
    if place + window.others > limit.most:
        raise TooManyRequests(f"More than {limit.most:,} {name} in {limit.seconds} s: come again in {left} s.", left)


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
