"""Where VK's site leads us: nowhere but to itself."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crawler.middlewares import may_lead
from crawler.platforms.vk import access
from tests.checkout import ROOT
from tests.crawler.conftest import lines
from tests.vk_standin import truth
from tests.vk_standin.client import StandIn

IMPATIENT = {"PYTHONPATH": f"{Path(__file__).parent / 'impatience'}:{ROOT}"}


@pytest.fixture
def elsewhere():
    with StandIn() as started:
        yield started


@pytest.mark.process
def test_T26_a_page_that_leads_elsewhere_is_not_followed_not_even_for_a_robots_txt(crawl, vk, elsewhere):
    vk.fault(method="page", status=302, location=f"{elsewhere.url}/wall-1_1", times=0)
    result = crawl("vk_views", "-a", "links=wall-1_1", VK_TOKENS="", **IMPATIENT)
    assert lines(result)[1:] == [["wall-1_1", "blocked"]]
    assert elsewhere.journal() == []


@pytest.mark.process
def test_T26_a_robots_txt_that_leads_elsewhere_is_none(crawl, vk, elsewhere):
    vk.fault(method="robots.txt", status=301, location=f"{elsewhere.url}/robots.txt")
    result = crawl("vk_views", "-a", "links=wall-1_1", VK_TOKENS="")
    assert lines(result)[1][1] == str(truth.views("wall", -1, 1))
    assert elsewhere.journal() == []


@pytest.mark.process
def test_T26_an_api_that_leads_elsewhere_is_not_followed(crawl, vk, elsewhere):
    vk.fault(method="wall.getById", status=307, location=f"{elsewhere.url}/method/wall.getById", times=0)
    vk.fault(method="execute", status=307, location=f"{elsewhere.url}/method/execute", times=0)
    result = crawl("vk_views", "-a", "links=wall-1_1", **IMPATIENT)
    assert lines(result)[1:] == [["wall-1_1", "vk_error"]]
    assert elsewhere.journal() == []


@pytest.mark.process
def test_T26_within_the_site_redirects_are_followed(crawl, vk):
    vk.fault(method="page", status=302, location="/wall-1_1?from=here")
    result = crawl("vk_views", "-a", "links=wall-1_1", VK_TOKENS="")
    assert lines(result)[1][1] == str(truth.views("wall", -1, 1))


@pytest.mark.process
def test_T26_nor_to_a_file_or_a_host_that_only_looks_like_ours(crawl, vk):
    ours = urlsplit(vk.url).netloc
    for location in ("file:///etc/hostname", "data:text/html,7", f"http://{ours}@evil.example/") * 10:
        vk.fault(method="page", status=302, location=location)
    result = crawl("vk_views", "-a", "links=wall-1_1 wall-1_2 wall-1_3", VK_TOKENS="", **IMPATIENT)
    assert {line[1] for line in lines(result)[1:]} <= {"blocked", "bad_response"}
    assert {entry["path"] for entry in vk.journal()} == {"/robots.txt", "/wall-1_1", "/wall-1_2", "/wall-1_3"}


@pytest.mark.process
@pytest.mark.parametrize("tokens", ["standin-service", ""])
def test_T26_no_proxy_of_the_environment_is_used(crawl, elsewhere, tokens):
    proxies = dict.fromkeys(["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"], elsewhere.url)
    result = crawl("vk_views", "-a", "links=wall-1_1", VK_TOKENS=tokens, no_proxy="", **proxies)
    assert lines(result)[1][1] == str(truth.views("wall", -1, 1))
    assert elsewhere.journal() == []


@pytest.mark.parametrize(
    ("here", "there", "may"),
    [
        ("https://vk.com/wall-1_1", "https://m.vk.com/wall-1_1", True),
        ("https://vk.com/wall-1_1", "https://vk.ru/wall-1_1", True),
        ("https://m.vk.com/wall-1_1", "https://m.vk.ru/wall-1_1", True),
        ("https://vk.com/wall-1_1", "https://vkvideo.ru/video-1_1", True),
        ("https://vkvideo.ru/video_ext.php", "https://m.vkvideo.ru/video_ext.php", True),
        ("https://vk.com/wall-1_1", "https://VK.COM:443/wall-1_1", True),
        ("https://vk.com/robots.txt", "https://m.vk.com/robots.txt", True),
        ("https://vk.com/wall-1_1", "https://pages.example:8443/wall-1_1", True),
        ("https://pages.example:8443/wall-1_1", "https://vk.com/wall-1_1", True),
        ("https://vk.com/wall-1_1", "https://v.example/wall-1_1", True),
        ("https://vk.com/wall-1_1", "http://m.vk.com/wall-1_1", False),
        ("https://vk.com/wall-1_1", "http://vk.com/wall-1_1", False),
        ("http://vk.com/wall-1_1", "https://m.vk.com/wall-1_1", True),
        ("http://vk.com/wall-1_1", "http://m.vk.com/wall-1_1", True),
        ("https://vk.com/wall-1_1", "https://pages.example/wall-1_1", False),
        ("https://vk.com/wall-1_1", "https://m.vk.com:8443/wall-1_1", False),
        ("https://vk.com/wall-1_1", "https://m.vk.com:80/wall-1_1", False),
        ("https://vk.com/wall-1_1", "https://login.vk.com/", False),
        ("https://vk.com/wall-1_1", "https://id.vk.ru/auth", False),
        ("https://vk.com/wall-1_1", "https://api.vk.com/wall-1_1", False),
        ("https://vk.com/wall-1_1", "https://vk.com.evil.example/wall-1_1", False),
        ("https://vk.com/wall-1_1", "https://evilvk.com/wall-1_1", False),
        ("https://vk.com/wall-1_1", "https://vk.com./wall-1_1", False),
        ("https://vk.com/wall-1_1", "https://vk.com@evil.example/wall-1_1", False),
        ("https://vk.com/wall-1_1", "https://user@vk.com/wall-1_1", False),
        ("https://vk.com/wall-1_1", "https://127.0.0.1/wall-1_1", False),
        ("https://vk.com/wall-1_1", "https://m.vk.com\t.evil.example/", False),
        ("https://vk.com/wall-1_1", "ftp://vk.com/wall-1_1", False),
        ("https://vk.com/wall-1_1", "file:///etc/hostname", False),
        ("https://other.example/x", "https://other.example/y", True),
        ("https://other.example/x", "https://vk.com/y", False),
    ],
)
def test_T26_vk_s_own_hosts_are_one_site_and_nobody_else_s(here, there, may):
    ours = access({"VK_SITE_URL": "https://Pages.example:8443", "VK_VIDEO_URL": "https://v.example:443"})
    assert may_lead(here, there, ours.site) is may


@pytest.fixture
def mobile(vk):
    """The stand-in by another name of its host, which VK_VIDEO_URL makes one of the site's."""
    return f"http://localhost:{urlsplit(vk.url).port}"


@pytest.mark.process
def test_T26_a_post_is_read_where_vk_leads_to(crawl, vk, mobile):
    vk.set(mobile=mobile)
    result = crawl("vk_views", "-a", "links=wall-1_1 wall-1_2 wall-1_934", VK_TOKENS="", VK_VIDEO_URL=mobile)
    assert [line[1] for line in lines(result)[1:]] == [str(truth.views("wall", -1, item)) for item in (1, 2, 934)]
    asked = [entry["host"] for entry in vk.journal() if entry["method"] == "page"]
    assert sorted(asked) == sorted([urlsplit(vk.url).netloc, urlsplit(mobile).netloc] * 3)


@pytest.mark.process
def test_T26_a_post_is_not_read_where_another_s_name_leads_to(crawl, vk, mobile):
    vk.set(mobile=mobile)
    result = crawl("vk_views", "-a", "links=wall-1_1", VK_TOKENS="", **IMPATIENT)
    assert lines(result)[1:] == [["wall-1_1", "blocked"]]
    assert {entry["host"] for entry in vk.journal()} == {urlsplit(vk.url).netloc}


@pytest.mark.process
def test_T26_where_it_leads_has_a_robots_txt_too(crawl, vk, mobile):
    vk.set(mobile=mobile)
    crawl("vk_views", "-a", "links=wall-1_1", VK_TOKENS="", VK_VIDEO_URL=mobile)
    asked = [entry["host"] for entry in vk.journal() if entry["method"] == "robots.txt"]
    assert sorted(asked) == sorted([urlsplit(vk.url).netloc, urlsplit(mobile).netloc])


@pytest.mark.process
def test_T26_where_it_leads_shares_the_budget_of_where_it_came_from(crawl, vk, mobile):
    """At four requests a second, eight of them take more than a second and a half; in a budget each they would not."""
    vk.set(mobile=mobile)
    links = " ".join(f"wall-1_{item}" for item in range(1, 5))
    result = crawl("vk_views", "-a", f"links={links}", VK_TOKENS="", VK_VIDEO_URL=mobile, VK_REQUESTS_PER_SECOND="4")
    assert len(lines(result)) == 5
    times = sorted(entry["time"] for entry in vk.journal() if entry["method"] == "page")
    assert len(times) == 8
    assert times[-1] - times[0] > 7 / 4 / 1.1
