"""What a campaign of 20,000 placements costs: its pages, its lists in every order, its month, and closing that."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from statistics import median

from sqlalchemy import Engine, insert, text

from control.campaigns.listing import PlacementState
from control.campaigns.months import Month
from control.campaigns.placement_order import PlacementSort
from control.campaigns.plan import Plan
from crawler.store import database
from crawler.store.database import writing
from crawler.store.models.campaigns import Campaign
from tests.bench import storage
from tests.bench.figures import Figure, p95
from tests.bench.million import POSTS, tidy
from tests.bench.pages import enter, processor_ms
from tests.bench.server import Server

DAY = 86_400
SINCE_DAYS, STEP_DAYS = 75, 6  # it has followed its posts for so long, and read them so often
PLAN = Plan((3_600.0, 10_800.0, 86_400.0, 259_200.0, 604_800.0, 2_592_000.0), until=400.0 * DAY)
PUBLISHED = "UPDATE posts SET owner = -1, erids = 'erid' || id, published_at = :begun + id % 70 * 86400 + id % 86000"
PLACEMENTS = """
INSERT INTO placements (campaign_id, position, url, platform, post_id, access_key, blogger, date, cost, erid, added_at)
SELECT :campaign, id - :last - 1, 'https://vk.com/' || key, 'vk', id, '', 'blogger ' || (id * 7919 % 20011),
'2026-10-0' || (1 + id % 9), CASE WHEN id % 5 > 0 THEN id * 104729 % 1000003 END,
CASE WHEN id % 3 > 0 THEN 'erid' || (id % 50) END, :begun
FROM posts WHERE id > :last
"""
OWN = """
INSERT INTO placement_rows (placement_id, row_number, cells, stored_bytes)
SELECT id, position + 2, '["Manager ' || (id % 7) || '", "Contract ' || id || '"]', 100
FROM placements WHERE campaign_id = :campaign
"""
FOLLOWINGS = """
INSERT INTO followings (placement_id, since) SELECT id, :begun FROM placements WHERE campaign_id = :campaign
"""
FOLLOWED = """
INSERT INTO followed_posts (post_id, access_key, kind, due_at, from_at, late_at, handled_until, missing_at)
SELECT id, '', 'month_end', :next, :next, :next, :now, CASE WHEN id % 97 = 0 THEN :now END FROM posts WHERE id > :last
"""
READINGS = """
INSERT INTO readings (post_id, access_key, views, likes, comments, reposts, source, http_status, asked_at, measured_at)
WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < :steps)
SELECT id, '', 1000 * (n + 1), 30, 2, 1, 'wall.getById 5.199', 200, published_at + n * :step + 3599,
published_at + n * :step + 3600
FROM posts, numbers
WHERE id > :last AND published_at + n * :step + 3600 < :now
"""
ENDS = """
INSERT INTO readings (post_id, access_key, views, likes, comments, reposts, source, http_status, asked_at, measured_at)
SELECT id, '', 100 * id, 30, 2, 1, 'wall.getById 5.199', 200, :end - 60, :end - 60 FROM posts WHERE id > :last
"""
MISSED = """
INSERT INTO points (post_id, access_key, kind, due_at, made_at, settled_at, reason)
SELECT id, '', 'age', published_at + 86400, :now, :now, 'too_late' FROM posts WHERE id > :last AND id % 10 = 0
"""
MOST_MS = {"page": 100, "list": 150}
EVERYTHING = (POSTS, PUBLISHED, PLACEMENTS, OWN, FOLLOWINGS, FOLLOWED, READINGS, ENDS, MISSED)


def measure(placements: int = 20_000, times: int = 5, names: tuple[str, ...] = storage.NAMES) -> list[Figure]:
    return [figure for name in names for figure in _measure(name, placements, times)]


def _measure(name: str, placements: int, times: int) -> Iterator[Figure]:
    with storage.storage(name) as url, Server(url) as server:
        engine = database.create(url=url)
        campaign = fill(engine, server.user, placements)
        tidy(engine)
        enter(server, engine)
        what = f"{placements:,} placements, {name}"
        month = Month.named(datetime.now(UTC).strftime("%Y-%m"), "UTC").before
        for kind, paths in kinds(campaign, month, placements).items():
            yield _figure(server, f"{kind} of {what}: processor, p95", paths, times, campaign)
        yield from _closed(server, engine, f"/campaigns/{campaign}/months/{month}", what)
        engine.dispose()


def kinds(campaign: str, month: str, placements: int) -> dict[str, list[str]]:
    """Return what is looked at: pages and lists, and then what reads a whole month."""
    page, list_ = f"/followed/{campaign}", f"/campaigns/{campaign}/placements"
    middle = placements // 2
    queries = [
        *("", "q=_77", f"cursor={middle}", "q=no+such+text"),
        *(f"sort={sort}" for sort in PlacementSort),
        *(f"sort={sort}&cursor={middle}" for sort in PlacementSort),
        *(f"state={state}" for state in PlacementState),
        *(f"state={state}&sort=-cost&cursor={middle}" for state in PlacementState if state == "followed"),
    ]
    report, there = f"/campaigns/{campaign}/months/{month}", f"{page}/{month}"
    return {
        "the slowest page": [
            *(f"{page}?{query}" for query in queries),
            *("/followed", "/reports", f"{page}/{middle}", there, f"{there}?cursor={middle}"),
            f"{there}/evidence/{middle}",
        ],
        "the slowest list of 100": [*(f"{list_}?{query}" for query in queries), report, f"{report}?cursor={middle}"],
        "the slowest sum of a month": [
            *(f"{report}/totals", f"{report}/sums?by=erid", f"{report}/forms/vk", f"{there}?sum=1"),
            f"{report}?only=unmeasured",
            f"{page}?curve=1",
        ],
    }


def _figure(server: Server, what: str, paths: list[str], times: int, campaign: str) -> Figure:
    looked = {path: [processor_ms(server, path) for _ in range(times)] for path in paths}
    slowest = sorted(looked, key=lambda path: p95(looked[path]), reverse=True)
    each = "; ".join(f"{path.replace(campaign, '<id>')} {p95(looked[path]):.0f}" for path in slowest)
    most = next((ms for kind, ms in MOST_MS.items() if kind in what), None)
    return Figure(what, p95(looked[slowest[0]]), "ms", at_most=most, how=each)


def _closed(server: Server, engine: Engine, path: str, what: str) -> Iterator[Figure]:
    """Close a month, and write something else all the while."""
    waits = list[float]()
    with ThreadPoolExecutor(1) as pool:
        closing = pool.submit(server.ask, "POST", f"{path}/close")
        while not closing.done():
            waits.append(_write(engine))
            time.sleep(0.02)
        seconds = closing.result()
    how = f"{len(waits)} writes meanwhile, median {1000 * median(waits):.0f} ms"
    yield Figure(f"closing a month of {what}", seconds, "s", how=how)
    yield Figure(f"the longest that another writes meanwhile, {what}", max(waits), "s", at_most=1)


def _write(engine: Engine) -> float:
    began = time.perf_counter()
    with writing(engine) as connection:
        connection.execute(text("UPDATE users SET admin = admin"))
    return time.perf_counter() - began


def fill(engine: Engine, user: str, placements: int) -> str:
    """Store a campaign with a past, whose last month is over. Return its id."""
    now = time.time()
    begun = int(now - SINCE_DAYS * DAY)
    month = Month.named(datetime.now(UTC).strftime("%Y-%m"), "UTC")
    values = {"name": "November", "time_zone": "UTC", "currency": "RUB", "plan": PLAN.as_json(), "user_id": user}
    with writing(engine) as connection:
        new = insert(Campaign).values(
            **values, created_at=begun, positions=placements, own_columns='["By", "Contract"]'
        )
        id_, public_id = connection.execute(new.returning(Campaign.id, Campaign.public_id)).one()
        given = {"owner": "1", "size": placements, "last": 0, "campaign": id_, "begun": begun, "now": now}
        given |= {"next": month.end, "steps": SINCE_DAYS // STEP_DAYS, "step": STEP_DAYS * DAY, "end": month.begin}
        for statement in EVERYTHING:
            connection.execute(text(statement), given)
    return str(public_id)
