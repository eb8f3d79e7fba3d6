"""VK behind TLS: who has no certificate that we trust sees no token and hears of no link."""

import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
import trustme

from tests import tls_proxy
from tests.crawler.spiders.vk_run import VkRun
from tests.vk_standin import truth

pytestmark = pytest.mark.process

ITEMS = range(1001, 1011)
SECONDS = 60.0  # at most, on a busy machine


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def listen(vk):
    """Put TLS with a certificate before the stand-in; the port."""
    target = (urlsplit(vk.url).hostname, urlsplit(vk.url).port)
    vk.reset()
    with ExitStack() as opened:
        yield lambda certificate: opened.enter_context(tls_proxy.serving(certificate, target))


@pytest.fixture
def run(sqlite_url, vk, authority, tmp_path):
    run = VkRun(sqlite_url, vk, ITEMS)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    run.environment["SSL_CERT_FILE"] = str(tmp_path / "authority.pem")
    return run


@pytest.mark.parametrize("name", ["localhost", "vk.example"])
def test_T26_a_right_certificate_is_needed_and_is_enough(run, vk, authority, listen, name):
    run.environment["VK_API_URL"] = f"https://localhost:{listen(authority.issue_cert(name))}"
    run.work(time.monotonic() + SECONDS)
    links = run.ended()
    if name == "localhost":
        assert [link.views for link in links] == [truth.expected("wall", -1, item, "api") for item in ITEMS]
    else:
        assert {(link.views, link.detail) for link in links} == {(None, "tls")}
        assert vk.journal() == []


def test_T26_nobody_vouches_for_a_certificate_of_ones_own(run, vk, listen):
    run.environment["VK_API_URL"] = f"https://localhost:{listen(trustme.CA().issue_cert('localhost'))}"
    run.work(time.monotonic() + SECONDS)
    assert {(link.views, link.detail) for link in run.ended()} == {(None, "tls")}
    assert vk.journal() == []


def test_T26_what_is_configured_as_https_is_never_asked_in_plain_http(run, vk, authority, listen):
    port = listen(authority.issue_cert("localhost"))
    run.environment |= {"VK_TOKENS": "", "VK_SITE_URL": f"https://localhost:{port}"}
    vk.fault(method="page", status=302, location=f"{vk.url}/plain", times=len(ITEMS) // 2)
    vk.fault(method="page", status=302, location=f"http://localhost:{port}/plain", times=0)
    run.work(time.monotonic() + SECONDS)
    assert {(link.views, link.detail) for link in run.ended()} == {(None, "the page leads to another host")}
    assert {entry["path"] for entry in vk.journal()} == {"/robots.txt", *(f"/wall-1_{item}" for item in ITEMS)}
