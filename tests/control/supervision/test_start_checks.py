import pytest

from control.supervision.start_checks import LISTENING, own_scrapyd

HERE = "http://127.0.0.1:6800"


@pytest.mark.parametrize(
    ("urls", "node_url", "listens", "found"),
    [
        ([HERE], "", (), ("127.0.0.1", 6800, "SCRAPYD_URLS")),
        (["http://10.0.0.6:6800", "http://localhost:6801"], "", (), ("127.0.0.1", 6801, "SCRAPYD_URLS")),
        ([HERE], "", ("0.0.0.0",), ("127.0.0.1", 6800, "SCRAPYD_URLS")),
        (["http://10.0.0.6:6800"], "http://10.0.0.5:6801", (), ("10.0.0.5", 6801, "NODE_URL")),
        ([HERE], "http://node-1.internal", (), ("node-1.internal", 80, "NODE_URL")),
        ([HERE], "http://[fd00::5]:6800", (), ("fd00::5", 6800, "NODE_URL")),
        ([HERE], "http://node-1.internal:6800", ("0.0.0.0",), ("0.0.0.0", 6800, LISTENING)),
        ([HERE], "http://node-1.internal:30680", ("", 6800), ("node-1.internal", 6800, LISTENING)),
        ([HERE], "https://node-1.internal", (), ("127.0.0.1", 6800, LISTENING)),
        ([HERE], "https://node-1.internal:6843", ("::1", 6801), ("::1", 6801, LISTENING)),
    ],
)
def test_where_our_scrapyd_listens(urls, node_url, listens, found):
    address = own_scrapyd(tuple(urls), node_url, *listens)
    assert (address.host, address.port, address.setting) == found


def test_without_any_address_of_this_host_there_is_none():
    assert own_scrapyd(("http://10.0.0.6:6800", "https://127.0.0.1:6800")) is None
