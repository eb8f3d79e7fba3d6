"""The stand-in is as strict as VK, and its answers are what its truth says."""

import time

import pytest
import requests

from tests.vk_standin import truth
from tests.vk_standin.client import StandIn

USER, SERVICE, COMMUNITY = "standin-user", "standin-service", "standin-community"


@pytest.fixture(scope="module")
def started():
    with StandIn() as vk:
        yield vk


@pytest.fixture
def vk(started):
    started.reset()
    started.set(latency=0, rate=0, most_bytes=5 * 1024 * 1024)
    return started


def code(answer):
    return answer["error"]["error_code"]


@pytest.mark.parametrize(
    ("method", "token", "parameters", "expected"),
    [
        ("wall.getById", "", {"posts": "-1_1"}, 5),
        ("wall.getById", "wrong", {"posts": "-1_1"}, 5),
        ("wall.getById", SERVICE, {"posts": "-1_1", "v": ""}, 8),
        ("wall.get", SERVICE, {}, 3),
        ("wall.getById", COMMUNITY, {"posts": "-1_1"}, 27),
        ("video.get", COMMUNITY, {"videos": "-1_1"}, 27),
        ("video.get", SERVICE, {"videos": "-1_1"}, 28),
        ("execute", SERVICE, {"code": "return [];"}, 28),
        ("execute", USER, {"code": "return 1 +;"}, 12),
        ("execute", USER, {"code": f"return [{','.join(['API.wall.getById({})'] * 26)}];"}, 13),
        ("wall.getById", SERVICE, {"posts": ",".join(f"-1_{item}" for item in range(1, 102))}, 100),
        ("video.get", USER, {"videos": ",".join(f"-1_{item}" for item in range(1, 202))}, 100),
        ("wall.getById", SERVICE, {"posts": "wall-1_1"}, 100),
        ("wall.getById", SERVICE, {}, 100),
        ("wall.getById", SERVICE, {"posts": "-1_910"}, 15),
    ],
)
def test_it_refuses_what_vk_refuses(vk, method, token, parameters, expected):
    answer = vk.call(method, token, **parameters)
    assert code(answer) == expected
    assert {"key": "access_token", "value": token} in answer["error"]["request_params"]


def test_posts_are_what_the_truth_says(vk):
    items = vk.call("wall.getById", SERVICE, posts="-1_1,-1_901,-1_903,-1_916")["response"]["items"]
    shown = {item["id"]: item.get("views") for item in items}
    assert shown == {1: {"count": truth.views("wall", -1, 1)}, 903: None, 916: {"count": 0}}


def test_videos_come_as_many_as_asked_for(vk):
    videos = ",".join(f"-1_{item}" for item in range(1, 151))
    assert len(vk.call("video.get", USER, videos=videos)["response"]["items"]) == 100
    assert len(vk.call("video.get", USER, videos=videos, count="150")["response"]["items"]) == 150


def test_execute_puts_false_for_what_failed(vk):
    program = 'return [API.wall.getById({"posts":"-1_1"}),API.wall.getById({"posts":"-1_910"})];'
    answer = vk.call("execute", USER, code=program)
    assert answer["response"][0]["items"][0]["id"] == 1
    assert answer["response"][1] is False
    assert [error["error_code"] for error in answer["execute_errors"]] == [15]


def test_an_execute_may_be_too_big(vk):
    vk.set(most_bytes=100)
    answer = vk.call("execute", USER, code='return [API.wall.getById({"posts":"-1_1"})];')
    assert (code(answer), "too big" in answer["error"]["error_msg"]) == (13, True)


def test_over_the_rate_it_says_so_for_that_token(vk):
    vk.set(rate=3)
    answers = [vk.call("wall.getById", SERVICE, posts="-1_1") for _ in range(5)]
    assert ["error" in answer for answer in answers] == [False] * 3 + [True] * 2
    assert code(answers[-1]) == 6
    assert "response" in vk.call("wall.getById", USER, posts="-1_1")


def test_it_remembers_every_request(vk):
    vk.call("wall.getById", SERVICE, posts="-1_1,-1_2")
    requests.get(f"{vk.url}/wall-1_1", timeout=5)
    seen = [(entry["method"], entry["kind"], entry["ids"], entry["token_in_url"]) for entry in vk.journal()]
    assert seen == [("wall.getById", "service", 2, False), ("page", "", 1, False)]


def test_faults_happen_as_often_as_planted(vk):
    vk.fault(code=29, times=2, kind="service")
    assert [vk.call("wall.getById", SERVICE, posts="-1_1").get("error") is None for _ in range(3)] == [
        False,
        False,
        True,
    ]
    vk.fault(status=502, body="<html>", method="page")
    answers = [requests.get(f"{vk.url}/wall-1_1", timeout=5).status_code for _ in range(2)]
    assert answers == [502, 200]
    vk.fault(drop=True)
    with pytest.raises(requests.ConnectionError):
        vk.call("wall.getById", SERVICE, posts="-1_1")


def test_latency(vk):
    vk.set(latency=0.3)
    began = time.monotonic()
    vk.call("wall.getById", SERVICE, posts="-1_1")
    assert time.monotonic() - began >= 0.3
