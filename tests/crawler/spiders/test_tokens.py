"""Tokens of every kind, and pages where there is none: real runs against the stand-in."""

from collections import Counter

import pytest

from tests.crawler.conftest import lines
from tests.vk_standin import truth

pytestmark = pytest.mark.process


@pytest.fixture
def links_file(tmp_path):
    """Write links into a file; the spider's argument that names it."""

    def write(links):
        file = tmp_path / "links.txt"
        file.write_text("\n".join(links), encoding="utf-8")
        return f"links=@{file}"

    return write


@pytest.mark.parametrize(
    ("kind_and_token", "requests"),
    [
        ("wall standin-service", {"execute": 1, "wall.getById": 100}),  # the first one tells what the token may
        ("wall standin-user", {"execute": 4}),
        ("video standin-user", {"execute": 2}),
    ],
)
def test_ten_thousand_links_take_the_fewest_requests(crawl, vk, links_file, kind_and_token, requests):
    kind, token = kind_and_token.split()
    links = links_file(f"{kind}-1_{1000 * item + 1}" for item in range(1, 10_001))
    assert crawl("vk_views", "-a", links, VK_TOKENS=token).returncode == 0
    assert Counter(entry["method"] for entry in vk.journal()) == requests


def test_a_dead_token_is_said_and_the_links_end(crawl, vk):
    result = crawl("vk_views", "-a", "links=wall-1_1", VK_TOKENS="dead-canary-token")
    assert lines(result)[1:] == [["wall-1_1", "credential"]]
    assert result.returncode == 1
    assert "auth" in result.stderr
    assert "canary" not in result.stdout + result.stderr


def test_a_communitys_token_is_said_to_be_of_no_use(crawl):
    result = crawl("vk_views", "-a", "links=wall-1_1", VK_TOKENS="standin-community")
    assert lines(result)[1:] == [["wall-1_1", "credential"]]
    assert "group_auth" in result.stderr


@pytest.mark.parametrize("bad", ["dead-token", "standin-community"])
def test_the_work_moves_to_the_tokens_that_work(crawl, links_file, bad):
    items = [1000 * item + 1 for item in range(1, 301)]
    result = crawl("vk_views", "-a", links_file(f"wall-1_{item}" for item in items), VK_TOKENS=f"{bad},standin-service")
    assert [line[1] for line in lines(result)[1:]] == [str(truth.views("wall", -1, item)) for item in items]


def test_a_token_that_vk_wants_a_captcha_for_rests_while_the_other_works(crawl, vk):
    vk.fault(code=14, kind="user", times=0)
    result = crawl("vk_views", "-a", "links=wall-1_1 wall-1_2", VK_TOKENS="standin-user,standin-service")
    assert [line[1] for line in lines(result)[1:]] == [str(truth.views("wall", -1, item)) for item in (1, 2)]
    asked = Counter(entry["kind"] for entry in vk.journal())
    assert asked["user"] == 1


POORER = pytest.mark.parametrize("token", ["standin-scopeless", "vk2.a.standin-vkid"])


@POORER
def test_videos_that_a_token_has_no_right_to_are_read_from_their_pages(crawl, vk, token):
    result = crawl("vk_views", "-a", "links=wall-1_1 video-1_936 wall-1_2", VK_TOKENS=token)
    views = [truth.views(*post) for post in (("wall", -1, 1), ("video", -1, 936), ("wall", -1, 2))]
    assert [line[1] for line in lines(result)[1:]] == [*map(str, views)]
    assert "video.get" in result.stderr
    assert Counter(entry["method"] for entry in vk.journal() if entry["method"] != "robots.txt") == {
        "execute": 1,
        "page": 1,
    }


@POORER
def test_or_asked_of_a_token_that_has_the_right(crawl, vk, token):
    result = crawl("vk_views", "-a", "links=wall-1_1 video-1_1", VK_TOKENS=f"{token},standin-user")
    assert [line[1] for line in lines(result)[1:]] == [str(truth.views(kind, -1, 1)) for kind in ("wall", "video")]
    assert not [entry for entry in vk.journal() if entry["method"] == "page"]


def test_a_token_refused_all_we_need_is_of_no_use_and_ends_no_link_private(crawl):
    result = crawl("vk_views", "-a", "links=wall-1_1 video-1_1", VK_TOKENS="vk2.a.standin-vkidless")
    assert [line[1] for line in lines(result)[1:]] == ["credential", "credential"]


def test_an_answer_that_is_too_big_is_asked_for_in_parts(crawl, vk, links_file):
    vk.set(most_bytes=700_000)
    items = [1000 * item + 1 for item in range(1, 3001)]
    result = crawl("vk_views", "-a", links_file(f"wall-1_{item}" for item in items), VK_TOKENS="standin-user")
    assert result.returncode == 0
    sizes = [entry["ids"] for entry in vk.journal()]
    assert sum(size > 1000 for size in sizes) <= 2, sizes  # what was learned from these holds for the rest


def test_what_robots_txt_forbids_is_not_asked(crawl, vk):
    vk.set(robots="User-agent: *\nDisallow: /\n")
    polite = crawl("vk_views", "-a", "links=wall-1_1", VK_TOKENS="")
    asked = [entry["method"] for entry in vk.journal()]
    rude = crawl("vk_views", "-a", "links=wall-1_1", VK_TOKENS="", ROBOTSTXT_OBEY="off")
    assert lines(polite)[1:] == [["wall-1_1", "blocked"]]
    assert "page" not in asked
    assert lines(rude)[1][1] == str(truth.views("wall", -1, 1))


def test_pages_that_nobody_can_read_any_more_raise_an_alarm(crawl):
    unreadable = " ".join(f"wall-1_{thousand}921" for thousand in range(1, 7))
    result = crawl("vk_views", "-a", f"links={unreadable} wall-1_1", VK_TOKENS="")
    assert [line[1] for line in lines(result)[1:7]] == ["layout_changed"] * 6
    assert "6 of 7 pages could not be read" in result.stderr
