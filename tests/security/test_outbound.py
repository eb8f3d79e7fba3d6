"""Where the crawler connects to, whatever it is given: to the platform's configured hosts."""

import random
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crawler.platforms import vk as knowledge
from crawler.platforms.contract import Target, Want
from crawler.resolver import is_private, is_public
from tests.checkout import ROOT
from tests.crawler.conftest import lines
from tests.crawler.platforms.test_links import LINKS, MORE, SIGNS, WORDS
from tests.crawler.spiders.vk_run import VkRun
from tests.vk_standin import troubles, truth

EGRESS = Path(__file__).parent / "egress"
BASES = {
    "VK_API_URL": "https://api.example",
    "VK_SITE_URL": "https://site.example",
    "VK_VIDEO_URL": "https://v.example",
}
PAGE = re.compile(
    r"https://site\.example/wall-?\d+_\d+(\?hash=[\w-]+)?"
    r"|https://v\.example/video_ext\.php\?oid=-?\d+&id=\d+(&list=[\w-]+)?(&hash=[\w-]+)?",
    re.ASCII,
)
METHOD = re.compile(r"https://api\.example/method/(execute|wall\.getById|video\.get)")
NUMBERS = re.compile(r"(wall|video)(-?\d+)_(\d+)")
HOSTILE = [
    "https://vk.com@{}/wall-1_2",
    "https://{}/wall-1_2",
    "https://vk.com.{}/wall-1_2",
    "https://{}\\@vk.com/wall-1_2",
    "https://vk.com/away.php?to=http%3A%2F%2F{}%2Fwall-1_2",
    "https://vk.com/wall-1_2?to=//{}/",
    "https://vk.com/video_ext.php?oid=-1&id=2&hash=@{}/",
    "wall-1_2@{}",
    "//{}/wall-1_2",
    "file://{}/etc/hostname",
    "data:text/html,<script src=//{}>",
]
PLACES = ["127.0.0.1", "2130706433", "[::ffff:127.0.0.1]", "169.254.169.254", "localhost", "evil.example", "0x7f.1"]


@pytest.fixture
def egress(tmp_path):
    """What a process needs to write down where it connects to, and the set of what it wrote."""

    def seen():
        return set(log.read_text().split("\n")) - {""}

    log = tmp_path / "egress.log"
    return {"PYTHONPATH": f"{EGRESS}:{ROOT}", "EGRESS_LOG": str(log)}, seen


def calls(targets, tokens):
    """Every request that measures these posts."""
    access = knowledge.access(BASES | {"VK_TOKENS": tokens})
    return knowledge.calls([Want(target) for target in targets], access, access.credentials)


def fuzzed(count):
    """Put links together from pieces that mean something, around a post most of the time."""
    rng = random.Random(25)
    pieces = [
        *SIGNS,
        *WORDS,
        *PLACES,
        "\0",
        "\t",
        "\n",
        "\ufeff",
        "\u202e",
        "\u212a",
        "я",
        "wall-1_",
        "video-1_2",
        "clip1_2",
    ]
    for _ in range(count):
        before, after = ("".join(rng.choices(pieces, k=rng.randrange(5))) for _ in range(2))
        form = rng.choice(
            ["", "wall-1_{}", "https://vk.com/wall-3_{}", "vk.com/video5_{}", "https://vk.com/feed?w=wall5_{}"]
        )
        yield before + form.format(rng.randrange(10**6)) + after


def test_T25_ten_thousand_fuzzed_links_make_no_request_but_of_numbers_to_the_configured_hosts():
    hostile = [case.url for case in LINKS + MORE] + [form.format(place) for form in HOSTILE for place in PLACES]
    found = [knowledge.identify(link) for link in [*hostile, *fuzzed(10_000)]]
    accepted = dict.fromkeys(target for target in found if isinstance(target, Target))
    assert len(accepted) > 100
    assert all(NUMBERS.fullmatch(target.key) for target in accepted)
    for call in calls(accepted, ""):
        assert PAGE.fullmatch(call.url), call.url
    for call in calls(accepted, "a-token"):
        assert (METHOD if call.form else PAGE).fullmatch(call.url), call.url


@pytest.mark.process
@pytest.mark.parametrize("tokens", ["standin-user", ""])
def test_T25_a_real_run_over_hostile_links_connects_to_the_stand_in_only(crawl, vk, egress, tmp_path, tokens):
    environment, seen = egress
    hostile = [form.format(place) for form in HOSTILE for place in PLACES] + [case.url for case in LINKS + MORE]
    file = tmp_path / "links.txt"
    file.write_text("\n".join(hostile), errors="replace")
    result = crawl("vk_views", "-a", f"links=@{file}", VK_TOKENS=tokens, **environment)
    assert result.returncode == 1, result.stderr
    assert str(truth.expected("wall", -1, 340364, "api")) in result.stdout
    hosts = {line.split()[1] for line in seen()}
    assert {host for host in hosts if not host.endswith("/wakeup.sock")} == {"127.0.0.1"}  # of our own scheduler
    assert {entry["token_in_url"] for entry in vk.journal()} == {False}


@pytest.mark.process
def test_T26_a_public_name_that_leads_to_a_private_address_is_not_connected_to(sqlite_url, vk, egress):
    environment, seen = egress
    vk.reset()
    run = VkRun(sqlite_url, vk, range(1, 2))  # alone, for in company nothing is charged
    api = f"http://api.vk.example:{urlsplit(vk.url).port}"
    run.environment |= environment | {"VK_API_URL": api, "DNS_SAYS": "api.vk.example=127.0.0.1"}
    run.let_time_fly()
    run.finish(time.monotonic() + 60)
    assert {(link.views, link.reason, link.detail) for link in run.ended()} == {(None, "network", "no public address")}
    assert "api.vk.example leads to 127.0.0.1, which is no public address: not connected" in run.log
    assert not any(line.startswith("socket.connect") for line in seen())
    assert vk.journal() == []


@pytest.mark.process
@pytest.mark.parametrize("host", ["vk-standin", "vk.internal"])
def test_T26_what_is_private_on_its_face_is_trusted_as_configured(crawl, vk, egress, host):
    environment, _ = egress
    port = urlsplit(vk.url).port
    environment |= {"VK_API_URL": f"http://{host}:{port}", "DNS_SAYS": f"{host}=127.0.0.1"}
    assert lines(crawl("vk_views", "-a", "links=wall-1_1", **environment))[1][1] == str(truth.views("wall", -1, 1))


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("10.0.0.1", True), ("::1", True), ("LOCALHOST", True), ("vk", True), ("a.b.internal.", True),
        ("api.vk.com", False), ("internal.example", False), ("notlocal.notinternal", False), ("0x7f.1", False),
    ],
)  # fmt: skip
def test_T26_which_hosts_only_the_operator_can_mean(host, private):
    assert is_private(host) is private


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("87.240.132.72", True), ("10.1.2.3", False), ("127.0.0.1", False), ("169.254.169.254", False),
        ("172.16.0.1", False), ("192.168.1.1", False), ("100.64.0.1", False), ("0.0.0.0", False),
        ("224.0.0.1", False), ("240.0.0.1", False), ("198.18.0.1", False),
    ],
)  # fmt: skip
def test_T26_which_addresses_are_public(address, public):
    assert is_public(address) is public


@pytest.mark.process
def test_T39_no_number_is_taken_from_answers_that_make_no_sense(sqlite_url, vk):
    vk.reset()
    vk.set(trouble=1.0, troubles=",".join(troubles.ITEMS))
    run = VkRun(sqlite_url, vk, [1000 * item + 1 for item in range(1, 601)])
    run.let_time_fly()
    run.finish(time.monotonic() + 120)
    assert {entry["trouble"] for entry in vk.journal()} == {*troubles.ITEMS}
    assert {link.views for link in run.ended()} == {None}
    assert {link.reason for link in run.ended()} <= {"bad_response", "not_found"}
