"""The names under which a scrapyd may be asked."""

import pytest
from scrapyd.config import Config

from crawler.scrapyd.application import _gate


@pytest.fixture
def is_own(monkeypatch):
    settings = {"NODE_URL": "http://Node-1.internal:6800", "SCRAPYD_URLS": "http://node-2.internal:6800"}
    for name, value in (settings | {"SCRAPYD_BIND_ADDRESS": "10.0.0.5"}).items():
        monkeypatch.setenv(name, value)
    gate = _gate(Config())
    return lambda host: gate.is_own(host, "10.0.0.5")


@pytest.mark.parametrize("host", ["node-1.internal:6800", "node-2.internal:6800", "10.0.0.5:6800", "localhost"])
def test_other_hosts_ask_by_node_url_and_those_listed(is_own, host):
    assert is_own(host)


@pytest.mark.parametrize("host", ["", "internal", "node-1.internal.evil.example", "10.0.0.6:6800"])
def test_nobody_asks_by_another(is_own, host):
    assert not is_own(host)
