"""Due points become batches, and what comes of them is written down and seen by who follows the posts."""

import pytest
from sqlalchemy import func, insert, select, text, update

from control.campaigns import campaigns, listing, placements
from control.campaigns.listing import Wanted
from control.campaigns.plan import Plan
from control.scheduler import points
from control.scheduler.account_erasure import erase
from control.scheduler.closing import close
from control.settings import Settings
from crawler.reasons import Reason
from crawler.store.database import now, read_clock
from crawler.store.models.accounts import User, UserState
from crawler.store.models.base import random_id
from crawler.store.models.batches import Batch, Link, Status
from crawler.store.models.campaigns import FollowedPost, Placement, Point, PointKind, SharedUser
from crawler.store.models.posts import Post, Reading

HOUR = 3600
SETTINGS = Settings(secret_key="a key of the tests' own, long enough", scrapyd_password="unused")
PLAN = Plan((24 * HOUR, 72 * HOUR), month_ends=False)


def change(engine, statement, **values):
    with engine.begin() as connection:
        connection.execute(text(statement) if isinstance(statement, str) else statement, values)


def rows(engine, statement):
    with engine.connect() as connection:
        return connection.execute(statement).all()


def scalars(engine, statement):
    return [row[0] for row in rows(engine, statement)]


def clock(engine):
    with engine.connect() as connection:
        return read_clock(connection)


@pytest.fixture
def user(engine):
    def make():
        id_ = random_id()
        change(engine, insert(User).values(id=id_, username=id_, password_hash=""))
        return id_

    return make


@pytest.fixture
def follow(engine):
    """Let a user follow links by a plan; the campaign's id."""

    def start(user_id, *links, plan=PLAN, published_ago=None, campaign=None):
        values = {"name": "x", "time_zone": "Europe/Moscow", "currency": "RUB", "plan": plan.as_json()}
        campaign = campaign or campaigns.make(engine, user_id, values).public_id
        placements.add(engine, SETTINGS, user_id, campaign, links or ["https://vk.com/wall-1_1"], None)
        if published_ago is not None:
            change(engine, update(Post).values(published_at=int(clock(engine) - published_ago)))
        return campaign

    return start


def work(engine, views=100, reason=None, published_ago=None):
    """Let the batches of points end as runs would."""
    for link in rows(engine, select(Link).where(Link.status == Status.CREATED)):
        if reason:
            change(
                engine, update(Link).where(Link.id == link.id).values(status="failed", reason=reason, finished_at=now())
            )
            continue
        counts = {"views": views, "source": "test", "http_status": 200}
        with engine.begin() as connection:
            new = insert(Reading).values(post_id=link.post_id, access_key=link.access_key, **counts)
            id_ = connection.execute(new.returning(Reading.id)).scalar_one()
            done = {"status": "done", "reading_id": id_, "views": views, "finished_at": now()}
            connection.execute(update(Link).where(Link.id == link.id).values(**done))
    if published_ago is not None:
        change(engine, update(Post).values(published_at=int(clock(engine) - published_ago)))
    close(engine)
    points.settle(engine)


def measure(engine, **how):
    taken = points.gather(engine)
    work(engine, **how)
    return taken


def make_due(engine, seconds=0.0):
    """Let the next points be late by so much: nobody waits a day here."""
    moved = {"from_at": clock(engine) - seconds, "late_at": clock(engine) - seconds}
    change(engine, update(FollowedPost).where(FollowedPost.due_at.is_not(None)).values(moved))


def next_points(engine):
    return rows(engine, select(FollowedPost.kind, FollowedPost.due_at - now()).order_by(FollowedPost.post_id))


def test_what_is_followed_is_measured_at_once_and_then_by_plan(engine, user, follow):
    follow(user())
    assert measure(engine, published_ago=HOUR) == 1
    ((kind, seconds),) = next_points(engine)
    assert kind == PointKind.AGE
    assert 22.9 * HOUR < seconds < 23.1 * HOUR
    assert points.gather(engine) == 0
    ((point, reading),) = rows(engine, select(Point.kind, Point.reading_id))
    assert (point, reading) == (PointKind.FIRST, scalars(engine, select(Reading.id))[0])


def test_a_post_is_measured_once_for_all_who_follow_it(engine, user, follow):
    follow(user(), published_ago=30 * HOUR)
    follow(user(), published_ago=30 * HOUR)
    assert measure(engine) == 1
    make_due(engine)
    assert measure(engine) == 1
    assert len(scalars(engine, select(Reading.id))) == 2


def test_readings_are_seen_by_who_followed_the_post_then(engine, user, follow):
    anna, boris = user(), user()
    one = follow(anna)
    measure(engine, views=100)
    two = follow(boris)
    assert seen(engine, anna, one) == [100]
    assert seen(engine, boris, two) == [None]
    measure(engine, views=200)
    assert (seen(engine, anna, one), seen(engine, boris, two)) == ([200], [200])


def seen(engine, user_id, campaign):
    with engine.connect() as connection:
        found = campaigns.find(connection, user_id, campaign)
        return [row.views for row in listing.read(connection, found, Wanted()).rows]


def test_a_paused_placement_sees_nothing_of_its_pause(engine, user, follow):
    anna = user()
    campaign = follow(anna, published_ago=0)
    follow(user(), published_ago=0)
    measure(engine, views=100)
    pause(engine, anna, campaign, paused=True)
    make_due(engine)
    measure(engine, views=200)
    assert seen(engine, anna, campaign) == [100]
    pause(engine, anna, campaign, paused=False)
    measure(engine, views=300)
    assert seen(engine, anna, campaign) == [300]


def pause(engine, user_id, campaign, *, paused):
    with engine.begin() as connection:
        placement = listing.find(connection, campaigns.find(connection, user_id, campaign), 0)
        placements.change(connection, SETTINGS, placement, {}, paused=paused)


def test_what_nobody_follows_any_more_is_not_measured(engine, user, follow):
    anna = user()
    campaigns.remove(engine, anna, follow(anna))
    assert points.gather(engine) == 0
    assert scalars(engine, select(FollowedPost.post_id)) == []


def test_of_points_that_nobody_took_in_time_the_last_is_taken_and_the_others_are_missed(engine, user, follow):
    follow(user(), published_ago=10 * HOUR)
    measure(engine)
    change(engine, update(Post).values(published_at=int(clock(engine) - 80 * HOUR)))
    change(engine, update(FollowedPost).values(handled_until=clock(engine) - 70 * HOUR))
    change(engine, update(Placement).values(added_at=0))
    change(engine, "UPDATE followings SET since = 0")
    make_due(engine, seconds=500)
    assert measure(engine) == 1
    late = rows(engine, select(Point.due_at, Point.reason).where(Point.kind == PointKind.AGE).order_by(Point.due_at))
    ages = [round((due - clock(engine) + 80 * HOUR) / HOUR) for due, _ in late]
    assert (ages, [reason for _, reason in late]) == ([24, 72], ["too_late", None])
    assert next_points(engine)[0].kind is None


@pytest.mark.parametrize("reason", [Reason.NOT_FOUND, Reason.DELETED, Reason.PRIVATE])
def test_a_post_that_is_not_there_is_asked_again_before_it_is_called_gone(engine, user, follow, reason):
    follow(user(), published_ago=HOUR)
    waits = []
    for _ in range(points.GONE_TIMES + points.LOOKS_AT_GONE):
        make_due(engine)
        assert measure(engine, reason=reason) == 1
        waits.append(next_points(engine)[0][1])
    assert [wait and round(wait, -2) for wait in waits] == [600, HOUR, *[24 * HOUR] * points.LOOKS_AT_GONE, None]
    missing = scalars(engine, select(FollowedPost.missing_at))[0]
    assert missing == scalars(engine, select(func.min(Link.finished_at)))[0]


def test_a_post_that_is_back_goes_on_by_its_plan(engine, user, follow):
    follow(user(), published_ago=HOUR)
    measure(engine, reason=Reason.NOT_FOUND)
    make_due(engine)
    measure(engine)
    assert next_points(engine)[0].kind == PointKind.AGE
    assert rows(engine, select(FollowedPost.missing_at, FollowedPost.missing_times))[0] == (None, 0)


def test_points_that_come_up_while_a_post_is_not_there_are_missed(engine, user, follow):
    follow(user(), published_ago=10 * HOUR)
    measure(engine)
    change(engine, update(FollowedPost).values(missing_at=clock(engine) - 2 * HOUR, missing_times=1))
    change(engine, update(Post).values(published_at=int(clock(engine) - 25 * HOUR)))
    change(engine, update(Placement).values(added_at=0))
    change(engine, "UPDATE followings SET since = 0")
    make_due(engine)
    measure(engine)
    late = select(Point.due_at - now(), Point.reason).where(Point.kind == PointKind.AGE, Point.reason.is_not(None))
    ((seconds, reason),) = rows(engine, late)
    assert (round(seconds / HOUR), reason) == (-1, Reason.NOT_FOUND)


def test_a_failure_of_the_platform_is_tried_again_and_says_nothing_of_the_post(engine, user, follow):
    follow(user(), published_ago=HOUR)
    measure(engine, reason=Reason.CREDENTIAL)
    ((kind, seconds),) = next_points(engine)
    assert (kind, round(seconds, -1)) == (PointKind.AGAIN, 600)
    assert scalars(engine, select(FollowedPost.missing_times)) == [0]


def test_calls_are_filled_with_what_may_be_taken_already(engine, user, follow):
    links = [f"https://vk.com/wall-1_{number}" for number in range(1, 251)]
    follow(user(), *links)
    may = {"from_at": clock(engine) - 1, "late_at": clock(engine) + HOUR}
    change(engine, update(FollowedPost).where(FollowedPost.post_id > 3).values(may))
    assert points.gather(engine) == points.POSTS_A_CALL
    assert points.gather(engine) == 0


def test_each_batch_has_full_calls_of_its_own(engine, user, follow):
    follow(user(), *(f"https://vk.com/wall-1_{number}" for number in range(1, 251)))
    may = {"from_at": clock(engine) - 1, "late_at": clock(engine) + HOUR, "kind": PointKind.AGE}
    change(engine, update(FollowedPost).values(may))
    change(engine, update(FollowedPost).where(FollowedPost.post_id > 120).values(kind=PointKind.MONTH_BEGIN))
    first = {"late_at": clock(engine) - 1}
    change(engine, update(FollowedPost).where(FollowedPost.post_id.in_((1, 2, 201))).values(first))
    assert points.gather(engine) == 200
    in_batches = select(Batch.user_id, func.count()).join(Link, Link.batch_id == Batch.id).group_by(Batch.user_id)
    assert dict(rows(engine, in_batches)) == {SharedUser.MONTH_ENDS: 100, SharedUser.POINTS: 100}


def test_the_end_of_a_month_is_taken_by_what_execute_measures(engine, user, follow, monkeypatch):
    monkeypatch.setattr(points, "MONTHLY_AT_ONCE", 300)
    follow(user(), *(f"https://vk.com/wall-1_{number}" for number in range(1, 351)))
    may = {"from_at": clock(engine) - 1, "late_at": clock(engine) + HOUR, "kind": PointKind.MONTH_END}
    change(engine, update(FollowedPost).values(may))
    change(engine, update(FollowedPost).where(FollowedPost.post_id == 350).values(late_at=clock(engine) - 1))
    assert points.gather(engine) == 300
    change(engine, update(FollowedPost).where(FollowedPost.due_at.is_not(None)).values(late_at=clock(engine) - 1))
    assert points.gather(engine) == 50


def test_month_ends_have_a_turn_of_their_own(engine, user, follow):
    follow(user(), "https://vk.com/wall-1_1", "https://vk.com/wall-1_2")
    change(engine, update(FollowedPost).where(FollowedPost.post_id == 1).values(kind=PointKind.MONTH_END))
    points.gather(engine)
    assert sorted(scalars(engine, select(Batch.user_id))) == [SharedUser.MONTH_ENDS, SharedUser.POINTS]


def test_links_with_different_access_keys_are_different_points(engine, user, follow):
    follow(user(), "https://vk.com/video-1_1?list=abcdef0123456789ab", "https://vk.com/video-1_1")
    assert measure(engine) == 2
    assert sorted(scalars(engine, select(Reading.access_key))) == ["", "abcdef0123456789ab"]


def test_links_of_points_go_after_a_day_and_readings_stay(engine, user, follow):
    anna = user()
    campaign = follow(anna)
    measure(engine, views=100)
    points.remove_old(engine)
    assert len(scalars(engine, select(Link.id))) == 1
    change(engine, update(Batch).values(closed_at=Batch.closed_at - 25 * HOUR))
    points.remove_old(engine)
    assert scalars(engine, select(Batch.id)) == []
    assert seen(engine, anna, campaign) == [100]
    campaigns.remove(engine, anna, campaign)
    assert scalars(engine, select(Reading.id)) == []


def test_a_user_who_leaves_takes_their_campaigns_along(engine, user, follow):
    anna, boris = user(), user()
    follow(anna, "https://vk.com/wall-1_1", "https://vk.com/wall-1_2")
    kept = follow(boris, "https://vk.com/wall-1_2")
    measure(engine, views=7)
    change(engine, update(Batch).values(closed_at=Batch.closed_at - 25 * HOUR))
    points.remove_old(engine)
    change(engine, update(User).where(User.id == anna).values(state=UserState.LEAVING))
    while erase(engine):
        pass
    assert scalars(engine, select(User.id).where(User.id == anna)) == []
    assert (seen(engine, boris, kept), len(scalars(engine, select(Reading.id)))) == ([7], 1)


def test_who_follows_while_it_is_measured_gets_a_first_reading_too(engine, user, follow):
    follow(user(), published_ago=HOUR)
    points.gather(engine)
    boris = user()
    campaign = follow(boris)
    work(engine, views=1)
    assert measure(engine, views=2) == 1
    assert seen(engine, boris, campaign) == [2]


def test_a_point_that_was_noted_before_is_settled_again(engine, user, follow):
    follow(user(), published_ago=HOUR)
    ((due,),) = rows(engine, select(FollowedPost.due_at))
    missed = {"kind": PointKind.FIRST, "due_at": due, "made_at": due, "settled_at": due, "reason": "too_late"}
    change(engine, insert(Point).values(post_id=1, access_key="", **missed))
    measure(engine)
    assert next_points(engine)[0].kind == PointKind.AGE
    assert rows(engine, select(Point.kind, Point.reason)) == [(PointKind.FIRST, None)]


def test_batches_stay_until_their_points_are_settled(engine, user, follow):
    follow(user(), published_ago=HOUR)
    points.gather(engine)
    change(engine, update(Link).values(status="failed", reason=Reason.NETWORK, finished_at=now()))
    change(engine, update(Batch).values(closed_at=now() - 25 * HOUR))
    points.remove_old(engine)
    assert points.settle(engine) == 1


def test_what_hides_its_views_is_asked_until_its_end_only(engine, user, follow):
    follow(user(), plan=Plan((24 * HOUR,), month_ends=False, until=2.5 * HOUR), published_ago=HOUR)
    measure(engine, reason=Reason.VIEWS_HIDDEN)
    ((kind, seconds),) = next_points(engine)
    assert (kind, round(seconds, -1)) == (PointKind.AGAIN, HOUR)
    change(engine, update(Post).values(published_at=int(clock(engine) - 2 * HOUR)))
    make_due(engine)
    measure(engine, reason=Reason.VIEWS_HIDDEN)
    assert next_points(engine)[0].kind is None


def test_two_schedulers_gather_a_point_once(engine, user, follow):
    follow(user())
    other = engine.execution_options()
    assert (points.gather(engine), points.gather(other)) == (1, 0)
    work(engine)
    assert points.settle(other) == 0
    assert len(scalars(engine, select(Reading.id))) == 1


def test_what_fills_gaps_waits_for_ages_and_ends_of_months_however_late_it_is(engine, user, follow, monkeypatch):
    monkeypatch.setattr(points, "AT_ONCE", 2)
    follow(user(), *(f"https://vk.com/wall-1_{number}" for number in range(1, 6)))
    measured = clock(engine)
    kinds = [PointKind.BETWEEN] * 3 + [PointKind.AGE, PointKind.MONTH_END]
    for number, kind in enumerate(kinds):
        post = scalars(engine, select(Post.id).where(Post.key == f"wall-1_{number + 1}"))[0]
        due = {"kind": kind, "due_at": measured - 90, "from_at": measured - 100, "late_at": measured - 100 + number}
        change(engine, update(FollowedPost).where(FollowedPost.post_id == post).values(due))
    assert points.gather(engine) == 2
    assert set(scalars(engine, select(Point.kind))) == {PointKind.AGE, PointKind.MONTH_END}
    assert points.gather(engine) == 2


def test_what_may_be_taken_later_does_not_keep_from_what_must_be_now(engine, user, follow, monkeypatch):
    monkeypatch.setattr(points, "AT_ONCE", 2)
    monkeypatch.setattr(points, "POSTS_A_CALL", 1)
    follow(user(), *(f"https://vk.com/wall-1_{number}" for number in range(1, 5)))
    present = clock(engine)
    change(engine, update(FollowedPost).values(kind=PointKind.AGE, from_at=present - 100, late_at=present + 1000))
    post = scalars(engine, select(Post.id).where(Post.key == "wall-1_4"))[0]
    late = update(FollowedPost).where(FollowedPost.post_id == post)
    change(engine, late.values(kind=PointKind.BETWEEN, late_at=present - 1))
    assert points.gather(engine) == 1
    assert scalars(engine, select(Point.post_id)) == [post]
