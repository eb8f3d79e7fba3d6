"""What plans take, told before, and refused where it is too much."""

import pytest
from sqlalchemy import update

from control.campaigns import price as prices
from control.web.engine import db
from crawler.store.database import read_clock
from crawler.store.models.posts import Post
from tests.control.conftest import problem
from tests.control.routes.test_campaigns import add, made

LINKS = [f"https://vk.com/wall-1_{number}" for number in range(1, 11)]
OFTEN = {"ages": [], "month_ends": False, "between": "6h"}  # some 120 readings in 30 days
ONCE = {"ages": ["24h"], "month_ends": False}


def price(client, **body):
    answer = client.post("/plans/price", json=body)
    assert answer.status_code == 200, answer.json
    return answer.json


@pytest.fixture
def most(app, monkeypatch):
    def set_(**values):
        for name, value in values.items():
            monkeypatch.setattr(app.config["SETTINGS"], name, value)

    return set_


def used(client):
    return client.get("/users/me/usage").json["readings_per_day"]["used"]


def test_the_price_of_new_posts(anna, most):
    most(most_readings_per_day=390)
    found = price(anna, posts=100, plan=OFTEN)
    assert found["posts"] == 100
    assert found["readings_per_day"] == pytest.approx(403, abs=10)
    assert found["readings_next_day"] == pytest.approx(500, abs=100)
    assert found["requests_per_day"] == -(-found["readings_per_day"] // 100)
    assert found["all_readings_per_day"] == {"used": found["readings_per_day"], "most": 390}
    assert found["fits"] is False
    assert price(anna, posts=1, plan=OFTEN)["fits"] is True
    assert price(anna, posts=30)["readings_per_day"] == pytest.approx(44, abs=4)  # of the usual plan


def test_the_price_of_a_campaign_with_another_plan_and_more_posts(anna, most):
    campaign = made(anna, plan=ONCE)["id"]
    add(anna, campaign, [*LINKS, LINKS[0], "spam"])
    found = price(anna, campaign=campaign)
    assert (found["posts"], found["readings_per_day"], found["all_followed_posts"]["used"]) == (10, 1, 12)
    other = price(anna, campaign=campaign, plan=OFTEN, posts=10)
    assert other["posts"] == 20
    assert other["readings_per_day"] == other["all_readings_per_day"]["used"] == pytest.approx(81, abs=3)
    assert other["all_followed_posts"]["used"] == 22
    assert used(anna) == 1
    most(most_followed_posts=20)
    assert price(anna, campaign=campaign, posts=10)["fits"] is False


def test_a_post_of_two_campaigns_counts_once_where_their_plan_is_one(anna, boris):
    for plan in (OFTEN, OFTEN, {**OFTEN, "between": "12h"}):
        add(anna, made(anna, plan=plan)["id"], LINKS)
    add(boris, made(boris, plan=OFTEN)["id"], LINKS)
    assert used(anna) == pytest.approx(60, abs=3)
    assert used(boris) == pytest.approx(40, abs=2)


def test_what_is_old_paused_or_over_takes_nothing(anna):
    campaign = made(anna, plan=OFTEN)["id"]
    add(anna, campaign, LINKS[:3])
    anna.patch(f"/campaigns/{campaign}/placements/0", json={"paused": True})
    anna.patch(f"/campaigns/{campaign}/placements/1", json={"ends_at": "2020-01-01T00:00:00Z"})
    with db.engine.begin() as connection:
        old = int(read_clock(connection)) - 100 * 86_400
        connection.execute(update(Post).where(Post.key == "wall-1_3").values(published_at=old))
    assert used(anna) == 0
    add(anna, campaign, LINKS[3:])
    assert used(anna) > 20
    anna.patch(f"/campaigns/{campaign}", json={"ends_at": "2020-01-01T00:00:00Z"})
    assert used(anna) == 0


def test_placements_that_do_not_fit_are_refused_with_by_how_much(anna, most):
    campaign = made(anna, plan=OFTEN)["id"]
    most(most_readings_per_day=20)
    add(anna, campaign, LINKS[:4])
    refused = add(anna, campaign, LINKS[4:])
    assert problem(refused) == (409, "follows_too_much")
    taken = price(anna, campaign=campaign, posts=6)["all_readings_per_day"]["used"]
    assert f"{taken} readings a day, and 20 may be: {taken - 20} too many" in refused.json["detail"]
    assert anna.get(f"/campaigns/{campaign}").json["placements"] == 4


def test_a_plan_that_does_not_fit_is_refused_and_a_smaller_one_is_taken(anna, most):
    campaign = made(anna, plan=OFTEN)["id"]
    add(anna, campaign, LINKS)
    most(most_readings_per_day=20)
    assert problem(anna.patch(f"/campaigns/{campaign}", json={"plan": {**OFTEN, "between": "1h"}})) == (
        409,
        "follows_too_much",
    )
    assert anna.get(f"/campaigns/{campaign}").json["plan"]["between"] == "6h"
    smaller = anna.patch(f"/campaigns/{campaign}", json={"plan": {**OFTEN, "between": "8h"}})
    assert smaller.status_code == 200  # still too much, but less than before
    assert anna.patch(f"/campaigns/{campaign}", json={"name": "another"}).status_code == 200


@pytest.mark.parametrize(
    ("change", "times"), [({"paused": True}, 0), ({"ends_at": "2030-01-01T00:00:00Z"}, 0), ({"ends_at": None}, 2)]
)
def test_what_takes_less_than_before_is_not_priced(anna, monkeypatch, change, times):
    """All that the user follows is read for it, while nobody else may write."""
    campaign = anna.post("/campaigns", json={"name": "November"}).json["id"]
    there = f"/campaigns/{campaign}/placements"
    anna.post(there, json={"links": ["https://vk.com/wall-1_1"]})
    assert anna.patch(f"{there}/0", json={"ends_at": "2031-01-01T00:00:00Z"}).status_code == 200
    priced, read = [], prices.of_user
    monkeypatch.setattr(prices, "of_user", lambda *given: priced.append(1) or read(*given))
    assert anna.patch(f"{there}/0", json=change).status_code == 200
    assert len(priced) == times


@pytest.mark.parametrize("way", ["paused", "ended"])
def test_what_begins_again_has_to_fit(anna, most, way):
    campaign = made(anna, plan=OFTEN)["id"]
    add(anna, campaign, LINKS[:1])
    stopped, again = {
        "paused": ({"paused": True}, {"paused": False}),
        "ended": ({"ends_at": "2020-01-01T00:00:00Z"}, {"ends_at": None}),
    }[way]
    address = f"/campaigns/{campaign}/placements/0"
    most(most_readings_per_day=3)
    assert anna.patch(address, json=stopped).status_code == 200
    assert problem(anna.patch(address, json=again)) == (409, "follows_too_much")
    assert anna.patch(address, json={"cost": 5}).status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"posts": 0}, {"posts": -1}, {"posts": "5"}, {"posts": 20_001}, {"plan": {"ages": ["x"]}, "posts": 1}]
)
def test_a_bad_question_is_refused(anna, body):
    assert problem(anna.post("/plans/price", json=body)) == (422, "invalid_body")


@pytest.mark.parametrize(("number", "status"), [("5", 200), ("5.0", 200), ("5.5", 422), ("true", 422)])
def test_a_number_without_a_fraction_is_a_whole_one(anna, number, status):
    body = f'{{"posts": {number}}}'
    assert anna.post("/plans/price", data=body, content_type="application/json").status_code == status


def test_nobody_learns_the_price_of_anothers_campaign(anna, boris):
    theirs = made(boris)["id"]
    for id_ in (theirs, "0" * 32, "\u0436"):
        assert problem(anna.post("/plans/price", json={"campaign": id_})) == (404, "not_found")
