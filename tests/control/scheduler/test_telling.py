"""Users are told, once each, what the measurements of their campaigns have found."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select, update

from control.campaigns import campaigns, events, listing, placements
from control.campaigns.plan import Plan, next_month
from control.scheduler import months_ready, points, pruning
from control.scheduler.months_ready import PATIENCE_SECONDS, MonthTeller
from crawler.reasons import Reason
from crawler.store.database import now
from crawler.store.models.campaigns import Campaign, FollowedPost, Placement, Point, PointKind
from crawler.store.models.events import Event, EventKind
from crawler.store.models.posts import Post, Reading
from tests.control.scheduler.test_points import (
    HOUR,
    SETTINGS,
    change,
    clock,
    follow,  # noqa: F401 - fixtures
    make_due,
    measure,
    scalars,
    user,  # noqa: F401
)

DAY = 24 * HOUR
OFTEN = Plan((), month_ends=False, between=900.0)


def told(engine, user_id):
    with engine.connect() as connection:
        found = events.read(connection, user_id, 0, 100).rows
    return [(row.kind, row.position, json.loads(row.details)) for row in found]


def again(engine, **how):
    make_due(engine)
    assert measure(engine, **how) > 0


def test_views_that_fell_are_told_to_everybody_who_follows_the_post(engine, user, follow):  # noqa: F811
    anna, boris = user(), user()
    campaign = follow(anna, plan=OFTEN, published_ago=HOUR)
    follow(anna, plan=OFTEN, campaign=campaign)
    measure(engine, views=100)
    again(engine, views=100)
    assert told(engine, anna) == []
    follow(boris, plan=OFTEN)
    measure(engine, views=90)
    fell = {"views_before": 100, "views": 90}
    assert told(engine, anna) == [(EventKind.VIEWS_FELL, place, fell) for place in (0, 1)]
    assert told(engine, boris) == []  # who had not seen the reading before
    again(engine, views=95)
    again(engine, views=80)
    assert [each[2]["views"] for each in told(engine, anna)] == [90, 90, 80, 80]
    assert [each[2] for each in told(engine, boris)] == [{"views_before": 95, "views": 80}]


def test_an_erid_that_is_lost_is_told_once(engine, user, follow):  # noqa: F811
    anna = user()
    follow(anna, plan=OFTEN, published_ago=HOUR)
    measure(engine)
    points.gather(engine)
    change(engine, update(Post).values(erids="2SDnjegvUsB", erid_lost_at=now()))
    again(engine)
    again(engine)
    assert told(engine, anna) == [(EventKind.ERID_LOST, 0, {"erids": ["2SDnjegvUsB"]})]


def test_a_fall_between_points_that_somebody_else_saw_is_told_all_the_same(engine, user, follow):  # noqa: F811
    anna = user()
    follow(anna, plan=OFTEN, published_ago=HOUR)
    measure(engine, views=100)
    post = scalars(engine, select(Post.id))[0]
    change(engine, another_reading(post, 90))
    again(engine, views=90)
    assert [each[2] for each in told(engine, anna)] == [{"views_before": 100, "views": 90}]


def another_reading(post, views):
    return insert(Reading).values(post_id=post, views=views, source="test", http_status=200)


def test_a_post_that_is_gone_early_is_told_once_to_those_who_want_it_still(engine, user, follow):  # noqa: F811
    anna, boris, clara = user(), user(), user()
    for each in (anna, boris, clara):
        follow(each, plan=OFTEN, published_ago=HOUR)
    ends = {anna: None, boris: clock(engine) + 30 * DAY, clara: clock(engine) - DAY}
    for each, end in ends.items():
        mine = select(Campaign.id).where(Campaign.user_id == each)
        change(engine, update(Placement).where(Placement.campaign_id.in_(mine)).values(ends_at=end))
    measure(engine)
    for count in range(points.GONE_TIMES + 2):
        assert len(told(engine, anna)) == (count >= points.GONE_TIMES)
        again(engine, reason=Reason.NOT_FOUND)
    for each in (anna, boris):
        ((kind, place, details),) = told(engine, each)
        assert (kind, place) == (EventKind.POST_GONE, 0)
        assert details["last_seen_at"] < clock(engine)
    assert told(engine, clara) == []


def test_one_that_is_there_again_is_told_of_anew_when_it_goes_again(engine, user, follow):  # noqa: F811
    anna = user()
    follow(anna, plan=OFTEN, published_ago=HOUR)
    measure(engine)
    for _ in range(2):
        for _ in range(points.GONE_TIMES):
            again(engine, reason=Reason.NOT_FOUND)
        again(engine, views=200)
    assert [kind for kind, *_ in told(engine, anna)] == [EventKind.POST_GONE] * 2


def test_a_paused_placement_is_told_nothing(engine, user, follow):  # noqa: F811
    anna, boris = user(), user()
    campaign = follow(anna, plan=OFTEN, published_ago=HOUR)
    follow(boris, plan=OFTEN)
    measure(engine, views=100)
    with engine.begin() as connection:
        placement = listing.find(connection, campaigns.find(connection, anna, campaign), 0)
        placements.change(connection, SETTINGS, placement, {}, paused=True)
    again(engine, views=90)
    assert (told(engine, anna), len(told(engine, boris))) == ([], 1)


@pytest.fixture
def month(engine, user, follow):  # noqa: F811
    """A campaign whose month ended a quarter of an hour ago."""
    anna = user()
    campaign = follow(anna, published_ago=HOUR)
    measure(engine)
    months_ready.tell(engine)
    end = clock(engine) - 900
    change(engine, update(Campaign).values(month_ends_at=end))
    change(engine, update(Placement).values(added_at=end - 3 * DAY))
    return anna, campaign, end


def test_the_end_of_the_first_month_is_found(engine, user, follow):  # noqa: F811
    anna = user()
    follow(anna)
    months_ready.tell(engine)
    zone = ZoneInfo("Europe/Moscow")
    assert scalars(engine, select(Campaign.month_ends_at)) == [next_month(clock(engine), zone)]
    assert told(engine, anna) == []


def test_a_month_that_is_over_is_told_once(engine, month):
    anna, _, end = month
    name = datetime.fromtimestamp(end - 1, ZoneInfo("Europe/Moscow")).strftime("%Y-%m")
    for _ in range(2):
        months_ready.tell(engine)
        assert told(engine, anna) == [(EventKind.MONTH_READY, events.WHOLE, {"month": name})]
    assert scalars(engine, select(Campaign.month_ends_at))[0] > clock(engine)


def test_a_month_waits_for_its_last_readings_but_not_for_ever(engine, month):
    anna, _, end = month
    due = {"kind": PointKind.MONTH_BEGIN, "due_at": end}
    change(engine, update(FollowedPost).values(due))
    months_ready.tell(engine)
    assert told(engine, anna) == []
    change(engine, update(FollowedPost).values(kind=PointKind.AGE, due_at=end + DAY))
    change(engine, update(Point).values(kind=PointKind.MONTH_END, due_at=end - 60, settled_at=None))
    months_ready.tell(engine)
    assert told(engine, anna) == []
    change(engine, update(Campaign).values(month_ends_at=end - PATIENCE_SECONDS))
    months_ready.tell(engine)
    assert len(told(engine, anna)) == 1


def test_nothing_is_told_of_a_month_in_which_nothing_was_followed(engine, month):
    anna, _, end = month
    change(engine, update(Placement).values(added_at=end + 60))
    months_ready.tell(engine)
    assert told(engine, anna) == []


def test_another_time_zone_has_other_months(engine, month):
    anna, campaign, _ = month
    campaigns.change(engine, SETTINGS, anna, campaign, {"time_zone": "Asia/Omsk"})
    months_ready.tell(engine)
    assert scalars(engine, select(Campaign.month_ends_at)) == [next_month(clock(engine), ZoneInfo("Asia/Omsk"))]


def test_months_are_looked_for_once_in_a_while(engine, month):
    anna, *_ = month
    teller = MonthTeller(engine)
    teller.tell()
    change(engine, update(Campaign).values(month_ends_at=clock(engine) - 900))
    change(engine, "DELETE FROM events")
    teller.tell()
    assert told(engine, anna) == []


def test_events_go_after_90_days_and_with_their_campaign(engine, month):
    anna, campaign, _ = month
    months_ready.tell(engine)
    pruning.remove(engine)
    assert len(told(engine, anna)) == 1
    change(engine, update(Event).values(created_at=Event.created_at - 91 * DAY))
    pruning.remove(engine)
    assert told(engine, anna) == []
    change(engine, update(Campaign).values(month_ends_at=clock(engine) - 900))
    months_ready.tell(engine)
    campaigns.remove(engine, anna, campaign)
    assert scalars(engine, select(Event.id)) == []
