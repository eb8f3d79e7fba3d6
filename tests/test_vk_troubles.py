"""Random trouble of the stand-in for VK: every kind does what its name says."""

import json

import pytest
import requests

from tests.vk_standin import troubles, truth
from tests.vk_standin.client import StandIn

pytestmark = pytest.mark.process

USER = "standin-user"
ASKED = {"access_token": USER, "v": "5.199", "posts": "-1_1,-1_2"}
STATUSES = {"redirect_302": 302, "redirect_loop": 302, **troubles.STATUSES}
VIEWS = truth.views("wall", -1, 1)


@pytest.fixture(scope="module")
def started():
    with StandIn("--seed", "7") as standin:
        yield standin


@pytest.fixture
def trouble(started):
    """Let nothing but one kind of trouble happen."""
    started.reset()

    def only(kind, share=1.0):
        started.set(trouble=share, troubles=kind)
        return started

    return only


def ask(standin, timeout=9):
    url = f"{standin.url}/method/wall.getById"
    return requests.post(url, data=ASKED, timeout=timeout, allow_redirects=False)


def page(standin, timeout=9):
    return requests.get(f"{standin.url}/wall-1_1", timeout=timeout, allow_redirects=False)


def views_of(answer, item=1):
    return [shown["views"]["count"] for shown in answer["response"]["items"] if shown["id"] == item]


@pytest.mark.parametrize("request_", [ask, page])
@pytest.mark.parametrize("kind", STATUSES)
def test_a_status(trouble, kind, request_):
    response = request_(trouble(kind))
    assert response.status_code == STATUSES[kind]
    assert ("nginx" in response.text) == (kind == "status_502_html")


def test_a_redirect_leads_to_another_host_or_to_itself(trouble):
    assert page(trouble("redirect_302")).headers["Location"] == troubles.ELSEWHERE
    assert page(trouble("redirect_loop")).headers["Location"] == "/wall-1_1"


@pytest.mark.parametrize("kind", troubles.CODES)
def test_an_error_of_the_api_never_on_a_page(trouble, kind):
    standin = trouble(kind)
    assert ask(standin).json()["error"]["error_code"] == troubles.CODES[kind]
    assert str(VIEWS) in page(standin).text
    assert standin.counts()["errors"] == {str(troubles.CODES[kind]): 1}


@pytest.mark.parametrize("kind", ["garbage", "truncated", "empty", "html", "login_page"])
def test_a_body_that_is_no_json(trouble, kind):
    response = ask(trouble(kind))
    assert response.status_code == 200
    with pytest.raises((json.JSONDecodeError, UnicodeDecodeError)):
        json.loads(response.content)


@pytest.mark.parametrize("request_", [ask, page])
def test_a_bomb(trouble, request_):
    response = request_(trouble("gzip_bomb"))
    assert len(response.content) > 8 * 1024 * 1024 > 100 * len(response.raw.data or b"")


@pytest.mark.parametrize("request_", [ask, page])
@pytest.mark.parametrize("kind", ["reset", "cut"])
def test_a_connection_that_ends_too_early(trouble, kind, request_):
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        request_(trouble(kind))


@pytest.mark.parametrize("kind", ["hang", "slow"])
def test_a_connection_that_never_comes_to_its_end(trouble, kind):
    with pytest.raises((requests.ReadTimeout, requests.ConnectionError)):
        ask(trouble(kind), timeout=0.3)


def test_a_slow_one_has_begun(trouble):
    with requests.post(f"{trouble('slow').url}/method/wall.getById", data=ASKED, timeout=2, stream=True) as response:
        assert response.status_code == 200
        assert next(response.iter_content(1)) == b"{"


def test_items_of_other_posts(trouble):
    ids = {item["id"] for item in ask(trouble("wrong_ids")).json()["response"]["items"]}
    assert ids == {1 + troubles.AWAY, 2 + troubles.AWAY}


def test_items_that_come_twice_with_different_counts(trouble):
    assert sorted(views_of(ask(trouble("duplicate_ids")).json())) == [VIEWS, VIEWS + 1]


@pytest.mark.parametrize(
    ("kind", "wrong"), [("negative", -VIEWS - 1), ("float", VIEWS + 0.5), ("string", str(VIEWS)), ("huge", 2**64)]
)
def test_views_that_are_no_count(trouble, kind, wrong):
    assert views_of(ask(trouble(kind)).json()) == [wrong]
    assert json.dumps(wrong) in page(trouble(kind)).text


@pytest.mark.parametrize(
    ("kind", "ids", "views"),
    [
        ("wrong_ids", [1 + troubles.AWAY], [VIEWS]),
        ("duplicate_ids", [1, 1], [VIEWS, VIEWS + 1]),
        ("huge", [1], [2**64]),
    ],
)
def test_a_page_has_the_same_in_its_json(trouble, kind, ids, views):
    text = page(trouble(kind)).text
    entries, _ = json.JSONDecoder().raw_decode(text, text.index("[", text.index(troubles.CACHE)))
    items = entries[1]["response"]["items"]
    assert ([item["id"] for item in items], [item["views"]["count"] for item in items]) == (ids, views)


def test_inside_of_execute_too(trouble):
    code = 'return [API.wall.getById({"posts":"-1_1"}),API.video.get({"videos":"-1_1"})];'
    posts, videos = trouble("huge").call("execute", USER, code=code)["response"]
    assert posts["items"][0]["views"] == {"count": 2**64}
    assert videos["items"][0]["views"] == 2**64


def test_the_share_is_kept_and_the_journal_knows_every_id(trouble):
    standin = trouble(["status_500", "error_6"], 0.3)
    for _ in range(200):
        ask(standin)
    drawn = [entry["trouble"] for entry in standin.journal()]
    assert 35 < len(drawn) - drawn.count("") < 85
    assert {*drawn} == {"", "status_500", "error_6"}
    assert standin.counts()["ids"] == {"wall.getById": 400}


def test_the_usual_troubles_need_no_list_and_no_long_pause(trouble):
    assert {*troubles.listed("")} == {*troubles.KINDS} - {"error_5", "error_14", "error_29"}


def test_robots_txt_has_no_trouble(trouble):
    assert "Allow" in requests.get(f"{trouble('status_500').url}/robots.txt", timeout=9).text


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"troubles": "hurricane"}, "no such trouble: hurricane"), ({"trouble": 1.5}, "from 0 to 1")],
)
def test_what_is_no_trouble_is_refused(trouble, wrong, message):
    with pytest.raises(ValueError, match=message):
        trouble("").set(**wrong)


def test_trouble_is_an_option_of_the_command_line():
    with StandIn("--trouble", "1", "--troubles", "status_403") as standin:
        assert ask(standin).status_code == 403
        standin.set(trouble=0)
        assert ask(standin).status_code == 200
