"""No route of campaigns and their months reads a whole table. None sorts all placements of a campaign to show a page of
them, unless it is asked for another order than the one in which they were added (`SORTED`).
"""

import pytest
from sqlalchemy import insert, select, update

from control.web.engine import db
from crawler.store.database import now
from crawler.store.models.campaigns import FollowedPost, Placement
from crawler.store.models.posts import Post, Reading
from tests.control.test_query_plans import WHOLE, executed, explaining, faults  # noqa: F401 - a fixture

TABLES = {
    *("campaigns", "placements", "placement_rows", "followings", "followed_posts", "points", "events", "own_columns"),
    *("closed_months", "closed_values", "closed_placements", "reopenings", "posts", "readings", "links", "users"),
}
LARGE = TABLES | {f"{table}_{number}" for table in TABLES for number in (1, 2)}  # as aliases are named
LINKS = ["https://vk.com/wall-1_1", "https://vk.com/wall-1_2", "https://vk.com/wall-1_1", "spam"]
MONTH = "/campaigns/{campaign}/months/2025-11"
CLOSED = "/campaigns/{campaign}/months/2025-10"
LIST = "/campaigns/{campaign}/placements"
ROUTES = {
    "make": ("POST", "/campaigns", {"name": "December"}),
    "campaigns": ("GET", "/campaigns", None),
    "campaigns further on": ("GET", "/campaigns?cursor={campaign}", None),
    "a campaign": ("GET", "/campaigns/{campaign}", None),
    "change": ("PATCH", "/campaigns/{campaign}", {"name": "December"}),
    "follow by another plan": ("PATCH", "/campaigns/{campaign}", {"plan": {"ages": ["24h"]}}),
    "delete": ("DELETE", "/campaigns/{campaign}", None),
    "price": ("POST", "/plans/price", {"posts": 10, "plan": {"ages": ["24h"]}}),
    "add placements": ("POST", LIST, {"links": LINKS}),
    "placements": ("GET", LIST, None),
    "placements further on": ("GET", f"{LIST}?cursor=1", None),
    "placements from the end": ("GET", f"{LIST}?sort=-position&cursor=1", None),
    "placements of a state": ("GET", f"{LIST}?state=followed&cursor=1", None),
    "placements that contain a text": ("GET", f"{LIST}?q=WALL&cursor=1", None),
    "placements by cost": ("GET", f"{LIST}?sort=-cost&cursor=1", None),
    "placements by publication": ("GET", f"{LIST}?sort=published_at&cursor=1", None),
    "placements by views": ("GET", f"{LIST}?sort=-views&cursor=1", None),
    "a placement": ("GET", f"{LIST}/0", None),
    "change a placement": ("PATCH", f"{LIST}/0", {"cost": 5, "paused": True}),
    "remove a placement": ("DELETE", f"{LIST}/0", None),
    "missed": ("GET", "/campaigns/{campaign}/missed?cursor=0", None),
    "months": ("GET", "/campaigns/{campaign}/months", None),
    "a month": ("GET", MONTH, None),
    "a month further on": ("GET", f"{MONTH}?cursor=0", None),
    "a closed month": ("GET", f"{CLOSED}?cursor=0", None),
    "totals": ("GET", f"{MONTH}/totals", None),
    "sums": ("GET", f"{CLOSED}/sums?by=wall", None),
    "a form": ("GET", f"{CLOSED}/forms/neutral", None),
    "close": ("POST", f"{MONTH}/close", None),
    "reopen": ("POST", f"{CLOSED}/reopen", {"reason": "An erid was wrong"}),
    "events": ("GET", "/events?since=5", None),
}
SORTED = {name for name in ROUTES if name.startswith("placements by")}


@pytest.fixture
def campaign(anna):
    """One with a reading of each post, and a month that is closed."""
    made = anna.post("/campaigns", json={"name": "November", "time_zone": "UTC"}).json["id"]
    assert anna.post(f"/campaigns/{made}/placements", json={"links": LINKS}).status_code == 201
    with db.engine.begin() as connection:
        connection.execute(update(FollowedPost).values(kind=None, due_at=None, handled_until=now()))
        posts = connection.execute(select(Post.id)).scalars().all()
        of = {"views": 5, "source": "test", "http_status": 200}
        connection.execute(insert(Reading), [{"post_id": post, **of} for post in posts])
        connection.execute(update(Placement).values(cost=5))
    assert anna.post(CLOSED.format(campaign=made) + "/close").status_code == 200
    return made


@pytest.mark.parametrize("route", ROUTES)
def test_a_route_of_campaigns_uses_indexes(anna, campaign, executed, route):  # noqa: F811
    method, path, body = ROUTES[route]
    answer = anna.open(path.format(campaign=campaign), method=method, json=body)
    assert answer.status_code < 300, answer.text
    statements = list(executed)
    assert len(statements) > 1
    with explaining() as connection:
        found = [fault for each in statements for fault in faults(connection, *each, large=LARGE)]
    assert [each for each in found if _is_wrong(route, *each)] == []


def _is_wrong(route, statement, line, _plan):
    """What is sorted without a LIMIT is bounded otherwise: the months of a campaign, or the points of a page."""
    return bool(WHOLE.search(line)) or ("LIMIT" in statement and route not in SORTED)
