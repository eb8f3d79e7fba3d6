"""Batches with links of several platforms: each run works on one platform's."""

from collections import Counter

import pytest
from sqlalchemy import select, update

from control.scheduler.closing import close, expire
from control.scheduler.dispatch import enlist, look_again
from control.web.engine import db
from crawler import platforms
from crawler.platforms.contract import Measured, Platform, Rejected
from crawler.queue import cancellation, claims, demand, lease, results
from crawler.queue.results import Result
from crawler.reasons import Reason
from crawler.store.models.batches import Batch, Link, Part
from crawler.store.models.runs import Run
from tests.seed import fleet
from tests.two_platforms import two_platforms

MIXED = ["https://vk.com/wall-1_1", "https://aa.example/1", "https://vk.com/wall-1_2", "https://aa.example/2"]
LEASE = 60.0


@pytest.fixture(autouse=True)
def both():
    with two_platforms():
        yield


@pytest.fixture
def batch(anna):
    return anna.post("/batches", json={"links": MIXED}).json


def rows(client, batch):
    return client.get(f"/batches/{batch['id']}/links").json["links"]


def all_of(statement):
    with db.engine.connect() as connection:
        return connection.execute(statement).all()


def runs():
    """Enlist what can be, and start all: run by platform."""
    enlist(db.engine, fleet("", slots=9))
    found = {row.platform: row.id for row in all_of(select(Run.platform, Run.id).where(Run.finished_at.is_(None)))}
    for run in found.values():
        lease.start(db.engine, run, LEASE)
    return found


def measure(run, claimed):
    said = [Result((link.id,), link.post_id, Measured(5, "x"), 200) for link in claimed]
    results.save(db.engine, run, LEASE, said)


def claim(run):
    return claims.claim(db.engine, run, LEASE, 100)


def test_every_platform_fulfils_the_contract():
    assert [*platforms.known()] == ["aa", "vk"]
    for name, platform in platforms.known().items():
        assert isinstance(platform, Platform)
        assert name == platform.NAME


@pytest.mark.parametrize(
    ("link", "platform", "detail"),
    [
        ("https://vk.com/wall-1_1", "vk", None),
        ("wall-1_1", "vk", None),
        ("https://aa.example/1", "aa", None),
        ("https://aa.example/x", "aa", "unsupported"),
        ("https://vk.com/photo-1_1", "vk", "unsupported"),
        ("https://vk.com/wall-1_0", "vk", "bad_id"),
        ("https://vk.com/wall-1_7", "aa", "ambiguous"),
        ("https://nobody.example/", "aa", "bad_host"),
    ],
)
def test_a_link_is_offered_to_every_platform(link, platform, detail):
    found = platforms.identify(link)
    assert found.platform == platform
    assert (found.detail if isinstance(found, Rejected) else None) == detail


def test_a_link_that_two_platforms_take_is_refused_for_neither_may_count_a_wrong_post(anna):
    answer = anna.post("/batches", json={"links": ["https://vk.com/wall-1_7"]}).json
    assert answer["rejected"] == 1
    assert answer["rejected_links"][0]["detail"] == "ambiguous"


def test_the_route_of_a_platform_offers_its_links_to_that_one_only(anna):
    answer = anna.post("/get-views/vk", json={"links": ["https://vk.com/wall-1_7", "https://aa.example/1"]}).json
    assert [(row["platform"], row["status"]) for row in rows(anna, answer)] == [("vk", "created"), ("vk", "failed")]


def test_a_batch_holds_links_of_both(anna, batch):
    assert batch["accepted"] == 4
    shown = anna.get(f"/batches/{batch['id']}").json
    assert (shown["platform"], shown["links"]) == (None, 4)
    assert [row["platform"] for row in rows(anna, batch)] == ["vk", "aa", "vk", "aa"]
    assert [row["post"] for row in rows(anna, batch)] == MIXED


@pytest.mark.parametrize(("links", "platform"), [(MIXED[::2], "vk"), (MIXED[1::2], "aa"), (["wall-1_0"], "vk")])
def test_a_batch_of_one_platform_says_so(anna, links, platform):
    made = anna.post("/batches", json={"links": links}).json
    assert anna.get(f"/batches/{made['id']}").json["platform"] == platform


def test_each_refused_link_gets_the_advice_of_the_platform_whose_rules_it_broke(anna):
    links = ["https://aa.example/x", "https://vk.com/photo-1_1"]
    made = anna.post("/batches", json={"links": links}).json
    said = ["Only posts of AA are counted.", "Only wall posts, videos and clips have view counts that can be read."]
    assert [link["advice"] for link in made["rejected_links"]] == said
    assert [row["advice"] for row in rows(anna, made)] == said


def test_each_platform_gets_a_run_which_claims_only_its_own_links(anna, batch):
    of = runs()
    assert of.keys() == {"aa", "vk"}
    assert [link.key for link in claim(of["aa"])] == ["post1", "post2"]
    assert [link.key for link in claim(of["vk"])] == ["wall-1_1", "wall-1_2"]
    assert demand.next_due(db.engine, of["aa"]) is None


def test_no_platform_gets_a_second_run_while_it_has_one(anna, batch):
    runs()
    assert enlist(db.engine, fleet("", slots=9)) == []
    assert demand.siblings(db.engine, runs()["aa"]) == demand.Siblings(0, 0)


def test_a_platform_without_waiting_links_gets_no_run(anna, batch):
    of = runs()
    measure(of["aa"], claim(of["aa"]))
    for run in of.values():
        claims.settle(db.engine, run, LEASE, "finished")
    assert runs().keys() == {"vk"}


def test_the_batch_is_closed_when_both_are_through(anna, batch):
    of = runs()
    for platform, closed in (("aa", False), ("vk", True)):
        measure(of[platform], claim(of[platform]))
        close(db.engine)
        assert (all_of(select(Batch.closed_at))[0][0] is not None) == closed
    assert {row["views"] for row in rows(anna, batch)} == {5}
    assert anna.get(f"/batches/{batch['id']}").json["state"] == "done"


def test_what_one_waits_for_keeps_no_link_of_the_other(anna, batch):
    of = runs()
    claims.postpone_part(db.engine, of["vk"], LEASE, "captcha", 600)
    for run in of.values():
        claims.settle(db.engine, run, LEASE, "finished")
    shown = anna.get(f"/batches/{batch['id']}").json
    assert (shown["waiting_for"], bool(shown["waiting_until"])) == ("captcha", True)
    again = runs()
    assert again.keys() == {"aa"}
    measure(again["aa"], claim(again["aa"]))
    assert dict(all_of(select(Part.platform, Part.waiting_for))) == {"aa": None, "vk": "captcha"}
    assert enlist(db.engine, fleet("", slots=9)) == []
    look_again(db.engine)
    assert runs().keys() - again.keys() == {"vk"}


def test_a_batch_says_all_that_it_waits_for(anna, batch):
    for platform, run in runs().items():
        claims.postpone_part(db.engine, run, LEASE, f"trouble of {platform}", 600)
    shown = anna.get(f"/batches/{batch['id']}").json
    assert sorted(shown["waiting_for"].split("; ")) == ["trouble of aa", "trouble of vk"]


def test_past_the_deadline_each_platforms_links_say_what_they_waited_for(anna, batch):
    of = runs()
    claims.postpone_part(db.engine, of["vk"], LEASE, "captcha", 600)
    with db.engine.begin() as connection:
        connection.execute(update(Batch).values(deadline_at=1.0))
    expire(db.engine)
    close(db.engine)
    assert Counter(row["reason"] for row in rows(anna, batch)) == {Reason.CREDENTIAL: 2, Reason.DEADLINE: 2}
    assert all_of(select(Batch.closed_at))[0][0] is not None


def test_a_cancelled_run_ends_the_links_of_its_platform(anna, batch):
    of = runs()
    claimed = claim(of["vk"])
    assert cancellation.cancel_job(db.engine, of["aa"])
    measure(of["vk"], claimed)
    assert [row["reason"] or row["views"] for row in rows(anna, batch)] == [5, "cancelled", 5, "cancelled"]
    assert runs() == {"vk": of["vk"]}


def test_a_cancelled_batch_ends_both(anna, batch):
    of = runs()
    claim(of["vk"])
    assert anna.post(f"/batches/{batch['id']}/cancel").json["state"] == "cancelled"
    assert {row["reason"] for row in rows(anna, batch)} == {"cancelled"}
    assert runs() == {}


def test_its_failed_links_are_tried_again_each_by_its_platform(anna, batch):
    anna.post(f"/batches/{batch['id']}/cancel")
    again = anna.post(f"/batches/{batch['id']}/retry").json
    assert again["accepted"] == 4
    assert [row["platform"] for row in rows(anna, again)] == ["vk", "aa", "vk", "aa"]


def test_a_deleted_batch_leaves_no_part(anna, batch):
    assert anna.delete(f"/batches/{batch['id']}").status_code == 204
    assert all_of(select(Part)) == all_of(select(Link)) == []
