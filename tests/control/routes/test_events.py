"""What users are told of their campaigns, from where they left off."""

import pytest
from sqlalchemy import select

from control.campaigns import events
from control.campaigns.events import WHOLE, Fact
from control.web.engine import db
from crawler.store.database import writing
from crawler.store.models.campaigns import Campaign
from crawler.store.models.events import EventKind
from tests.control.conftest import problem
from tests.control.routes.test_campaigns import add, made


@pytest.fixture
def tell():
    def write(campaign, number, kind=EventKind.VIEWS_FELL, position=0, **details):
        with writing(db.engine) as connection:
            id_ = connection.execute(select(Campaign.id).where(Campaign.public_id == campaign)).scalar_one()
            events.write(connection, [Fact(kind, id_, position, str(number), 1_790_000_000.0, details)])

    return write


def told(client, **query):
    return client.get("/events", query_string=query).json


def test_events_are_read_from_where_one_left_off(anna, boris, tell):
    campaign = made(anna)["id"]
    add(anna, campaign, ["https://vk.com/wall-1_1"])
    assert told(anna) == {"events": [], "next_since": 0}
    for number in range(3):
        tell(campaign, number, views_before=10 + number, views=5)
        tell(made(boris)["id"], number)
    page = told(anna, limit=2)
    assert [each["views_before"] for each in page["events"]] == [10, 11]
    rest = told(anna, since=page["next_since"])
    assert [each["views_before"] for each in rest["events"]] == [12]
    assert told(anna, since=rest["next_since"]) == {"events": [], "next_since": rest["next_since"]}
    assert {each["campaign"] for each in told(anna)["events"]} == {campaign}


def test_what_is_shown_of_each_kind(anna, tell):
    campaign = made(anna)["id"]
    add(anna, campaign, ["https://vk.com/wall-1_1"])
    tell(campaign, "2026-10", EventKind.MONTH_READY, WHOLE, month="2026-10")
    tell(campaign, 1, EventKind.ERID_LOST, erids=["2SDnjegvUsB"])
    tell(campaign, 1, EventKind.POST_GONE, last_seen_at=1_780_000_000.0)
    tell(campaign, 1, EventKind.POST_GONE)  # told already
    month, lost, gone = told(anna)["events"]
    assert (month["kind"], month["month"], month["position"], month["link"]) == ("month_ready", "2026-10", None, None)
    assert (lost["erids"], lost["position"], lost["link"]) == (["2SDnjegvUsB"], 0, "https://vk.com/wall-1_1")
    assert gone["last_seen_at"] == "2026-05-28T20:26:40.000Z"
    anna.delete(f"/campaigns/{campaign}/placements/0")
    assert [each["link"] for each in told(anna)["events"]] == [None] * 3
    anna.delete(f"/campaigns/{campaign}")
    assert told(anna)["events"] == []


@pytest.mark.parametrize("query", ["since=-1", "since=x", "limit=0", "limit=1001", "kind=post_gone"])
def test_a_bad_query_is_refused(anna, query):
    assert problem(anna.get(f"/events?{query}")) == (422, "invalid_query")
