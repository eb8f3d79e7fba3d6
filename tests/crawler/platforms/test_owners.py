"""Whose wall a post is on, as an answer with `extended` names it."""

import json

import pytest

from crawler.platforms.contract import Call, Measured, Reply, Want
from crawler.platforms.vk import api
from crawler.platforms.vk.about import Owner, owners_of
from crawler.platforms.vk.links import target
from tests.vk_standin import owners, posts

LONG = "я" * 300


@pytest.mark.parametrize(
    ("response", "found"),
    [
        ({"groups": [{"id": 1, "name": "Сообщество", "members_count": 7}]}, {-1: Owner("Сообщество", 7)}),
        ({"groups": [{"id": 1, "name": "Без числа"}]}, {-1: Owner("Без числа")}),
        ({"profiles": [{"id": 1, "first_name": "Анна", "last_name": "Ы"}]}, {1: Owner("Анна Ы")}),
        ({"profiles": [{"id": 1, "first_name": "DELETED", "last_name": ""}]}, {1: Owner("DELETED")}),
        ({"groups": [{"id": 1, "name": "a\0b\ud800\u202ec\n"}]}, {-1: Owner("abc")}),
        ({"groups": [{"id": 1, "name": LONG}]}, {-1: Owner(LONG[:200])}),
        ({"groups": [{"id": 1, "name": "x", "members_count": "7"}, {"id": True, "name": "y"}]}, {-1: Owner("x")}),
        ({"groups": [{"id": 2**63, "name": "x"}, {"id": -5, "name": "y"}, {"name": "z"}, 5, None]}, {}),
        ({"groups": [{"id": 1, "name": "  "}, {"id": 2, "name": None}], "profiles": [{"id": 3}]}, {}),
        ({"groups": {"id": 1}, "profiles": "x"}, {}),
        ({}, {}),
        ([], {}),
        (None, {}),
    ],
)
def test_what_makes_no_sense_is_not_said(response, found):
    assert owners_of(response) == found


def test_the_owner_comes_with_the_post():
    wants = (Want(target("wall-5_1", "")), Want(target("wall6_1", "")))
    items = [posts.item_of("wall", want.target.owner, 1) for want in wants]
    response = {"items": items, **owners.owners_of(items, {"fields": "members_count"})}
    reply = Reply(200, "", "application/json", json.dumps({"response": response}).encode())
    read = api.read(Call((wants,), "https://api.vk.com/method/wall.getById", "token:x"), reply)
    said = [outcome.about for outcome in read.outcomes.values() if isinstance(outcome, Measured)]
    assert [(each.owner, each.owner_name, each.members) for each in said] == [
        (-5, owners.name(-5), owners.members(-5)),
        (6, owners.name(6), None),
    ]
