"""Where VK's site leads us: nowhere but to itself."""

from urllib.parse import urlsplit

import pytest

from tests.crawler.conftest import lines
from tests.vk_standin import truth
from tests.vk_standin.client import StandIn


@pytest.fixture
def elsewhere():
    with StandIn() as started:
        yield started


def test_T26_a_page_that_leads_elsewhere_is_not_followed_not_even_for_a_robots_txt(crawl, vk, elsewhere):
    vk.fault(method="page", status=302, location=f"{elsewhere.url}/wall-1_1", times=0)
    result = crawl("vk_views", "-a", "links=wall-1_1", VK_TOKENS="")
    assert lines(result)[1:] == [["wall-1_1", "blocked"]]
    assert elsewhere.journal() == []


def test_T26_a_robots_txt_that_leads_elsewhere_is_none(crawl, vk, elsewhere):
    vk.fault(method="robots.txt", status=301, location=f"{elsewhere.url}/robots.txt")
    result = crawl("vk_views", "-a", "links=wall-1_1", VK_TOKENS="")
    assert lines(result)[1][1] == str(truth.views("wall", -1, 1))
    assert elsewhere.journal() == []


def test_T26_an_api_that_leads_elsewhere_is_not_followed(crawl, vk, elsewhere):
    vk.fault(method="wall.getById", status=307, location=f"{elsewhere.url}/method/wall.getById", times=0)
    vk.fault(method="execute", status=307, location=f"{elsewhere.url}/method/execute", times=0)
    result = crawl("vk_views", "-a", "links=wall-1_1")
    assert lines(result)[1:] == [["wall-1_1", "vk_error"]]
    assert elsewhere.journal() == []


def test_T26_within_the_site_redirects_are_followed(crawl, vk):
    vk.fault(method="page", status=302, location="/wall-1_1?from=here")
    result = crawl("vk_views", "-a", "links=wall-1_1", VK_TOKENS="")
    assert lines(result)[1][1] == str(truth.views("wall", -1, 1))


def test_T26_nor_to_a_file_or_a_host_that_only_looks_like_ours(crawl, vk):
    ours = urlsplit(vk.url).netloc
    for location in ("file:///etc/hostname", "data:text/html,7", f"http://{ours}@evil.example/") * 10:
        vk.fault(method="page", status=302, location=location)
    result = crawl("vk_views", "-a", "links=wall-1_1 wall-1_2 wall-1_3", VK_TOKENS="")
    assert {line[1] for line in lines(result)[1:]} <= {"blocked", "bad_response"}
    assert {entry["path"] for entry in vk.journal()} == {"/robots.txt", "/wall-1_1", "/wall-1_2", "/wall-1_3"}


@pytest.mark.parametrize("tokens", ["standin-service", ""])
def test_T26_no_proxy_of_the_environment_is_used(crawl, elsewhere, tokens):
    proxies = dict.fromkeys(["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"], elsewhere.url)
    result = crawl("vk_views", "-a", "links=wall-1_1", VK_TOKENS=tokens, no_proxy="", **proxies)
    assert lines(result)[1][1] == str(truth.views("wall", -1, 1))
    assert elsewhere.journal() == []
