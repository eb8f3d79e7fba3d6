"""Under which address a scrapyd registers, and what it says of itself."""

import pytest
from scrapyd.config import Config

from crawler.scrapyd import registration


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        ({}, "http://127.0.0.1:6800"),
        ({"SCRAPYD_HTTP_PORT": "7000"}, "http://127.0.0.1:7000"),
        ({"SCRAPYD_BIND_ADDRESS": "::1"}, "http://[::1]:6800"),
        ({"SCRAPYD_BIND_ADDRESS": "0.0.0.0"}, ""),
        ({"SCRAPYD_BIND_ADDRESS": "0.0.0.0", "NODE_URL": "http://10.0.0.5:6800/"}, "http://10.0.0.5:6800"),
        ({"SCRAPYD_URLS": "http://10.0.0.9:6800, http://localhost:6800/"}, "http://localhost:6800"),
        ({"SCRAPYD_URLS": "http://localhost:6800/#slots=9"}, "http://localhost:6800"),
        ({"SCRAPYD_URLS": "http://localhost:7000,http://x:99999,http://[x"}, "http://127.0.0.1:6800"),
    ],
)
def test_the_address_is_the_one_that_schedulers_use(monkeypatch, variables, url):
    for name in ("NODE_URL", "SCRAPYD_URLS", "SCRAPYD_BIND_ADDRESS", "SCRAPYD_HTTP_PORT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert registration.own_url(Config()) == url


def test_what_all_nodes_must_have_alike_holds_no_secret(monkeypatch):
    monkeypatch.setenv("VK_TOKENS", "secret")
    monkeypatch.setenv("VK_REQUESTS_PER_SECOND", "5")
    assert registration.traits() == {"requests per second for vk": "5", "tokens for vk": "some"}
    monkeypatch.setenv("VK_TOKENS", "")
    assert registration.traits()["tokens for vk"] == "none"
