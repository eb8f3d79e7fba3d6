import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawler.platforms.contract import Rejected, Target
from crawler.platforms.vk import links
from crawler.reasons import Reason
from tests.crawler.platforms.cases import LINKS, Case

MORE = [
    Case("  https://vk.com/wall-1_2\n", "wall", -1, 2),
    Case("\ufeff\u00a0https://vk.com/wall-1_2\u3000\ufeff", "wall", -1, 2),
    Case("HTTPS://VK.COM/WALL-1_2", "wall", -1, 2),
    Case("https://vk.com:443/wall-1_2", "wall", -1, 2),
    Case("http://vk.com:80/wall-1_2", "wall", -1, 2),
    Case("vk.com:443/wall-1_2", "wall", -1, 2),
    Case("https://www.vkontakte.ru/wall1_2", "wall", 1, 2),
    Case("https://new.vk.com/wall-1_2#wall-3_4", "wall", -1, 2),
    Case("https://vk.com/%77all-1_2", "wall", -1, 2),
    Case("https://vk.com/feed?w=wall-1_2&utm_source=a&utm_source=b", "wall", -1, 2),
    Case("https://vk.com/feed?w=&z=video-1_2", "video", -1, 2),
    Case("https://vk.com/wall-1_2_abcDEF9", "wall", -1, 2, "abcDEF9"),
    Case("https://vk.com/wall-1_2_r33?hash=abc", "wall", -1, 2, "abc"),
    Case("https://vk.com/video-1_2?z=video-3_4%2Fall", "video", -3, 4),
    Case("https://vk.com/clip-1_2_abc", "clip", -1, 2, "abc"),
    Case("https://vk.com/wall-1_9223372036854775807", "wall", -1, 2**63 - 1),
    Case("https://vk.com/away.php?to=vk.com%2Fclip-1_2", "clip", -1, 2),
    Case("", expect="reject:empty"),
    Case(" \ufeff ", expect="reject:empty"),
    Case("https://vk.com/wall-1_2" + "?" * 2048, expect="reject:too_long"),
    Case("https://vk.com/wall-1_2 https://vk.com/wall-1_3", expect="reject:bad_chars"),
    Case("https:\\\\vk.com\\wall-1_2", expect="reject:bad_chars"),
    Case("https://vk.com/wall-1_2\u200b", expect="reject:bad_chars"),
    Case("https://vk.com/\u202ewall-1_2", expect="reject:bad_chars"),
    Case("https://vk.com/wall-1_2\0", expect="reject:bad_chars"),
    Case("https://vk.com/wall-1_\ud800", expect="reject:bad_chars"),
    Case("javascript:alert(1)", expect="reject:bad_scheme"),
    Case("javascript://vk.com/wall-1_2", expect="reject:bad_scheme"),
    Case("://vk.com/wall-1_2", expect="reject:bad_scheme"),
    Case("mailto:wall-1_2@vk.com", expect="reject:bad_scheme"),
    Case("https:/vk.com/wall-1_2", expect="reject:bad_scheme"),
    Case("https://", expect="reject:bad_host"),
    Case("https://vk.com./wall-1_2", expect="reject:bad_host"),
    Case("https://vk.com:8443/wall-1_2", expect="reject:bad_host"),
    Case("https://vk.com:80/wall-1_2", expect="reject:bad_host"),
    Case("https://vk.com:/wall-1_2", expect="reject:bad_host"),
    Case("https://127.0.0.1/wall-1_2", expect="reject:bad_host"),
    Case("https://[::1]/wall-1_2", expect="reject:bad_host"),
    Case("https://\u212avk.com/wall-1_2", expect="reject:bad_host"),
    Case("https://v\u212a.com/wall-1_2", expect="reject:bad_host"),
    Case("https://evilvk.com/wall-1_2", expect="reject:bad_host"),
    Case("https://a.m.vk.com/wall-1_2", expect="reject:bad_host"),
    Case("https://vk.com@evil.example/wall-1_2", expect="reject:bad_host"),
    Case("https://evil.example/?w=wall-1_2", expect="reject:bad_host"),
    Case("https://evil.example/vk.com/wall-1_2", expect="reject:bad_host"),
    Case("https://evil.example\\@vk.com/wall-1_2", expect="reject:bad_chars"),
    Case("https://vk.com:x@evil.example/wall-1_2", expect="reject:bad_host"),
    Case("https://v\u043a.com/wall-1_2", expect="reject:bad_host"),
    Case("https://xn--v-jtb.com/wall-1_2", expect="reject:bad_host"),
    Case("https://vk%2ecom/wall-1_2", expect="reject:bad_host"),
    Case("https://vk.com%2f@evil.example/wall-1_2", expect="reject:bad_host"),
    Case("https://vk\u3002com/wall-1_2", expect="reject:bad_host"),
    Case("https://vk.com/wall-1\t_2", expect="reject:bad_chars"),
    Case("https://vk.com/wall-1\n_2", expect="reject:bad_chars"),
    Case("https://vk.com/\r\nwall-1_2", expect="reject:bad_chars"),
    Case("https://2130706433/wall-1_2", expect="reject:bad_host"),
    Case("https://[::ffff:127.0.0.1]/wall-1_2", expect="reject:bad_host"),
    Case("file:///etc/passwd", expect="reject:bad_scheme"),
    Case("data:text/html,wall-1_2", expect="reject:bad_scheme"),
    Case("wall-1_2?x", expect="reject:bad_host"),
    Case("https://vk.me/x", expect="reject:unsupported"),
    Case("https://vk.com", expect="reject:unsupported"),
    Case("wall", expect="reject:unsupported"),
    Case("https://vk.com/wall-1_2x", expect="reject:unsupported"),
    Case("https://vk.com/wall--1_2", expect="reject:unsupported"),
    Case("https://vk.com/wall-1_-2", expect="reject:unsupported"),
    Case("https://vk.com/wall-١_٢", expect="reject:unsupported"),
    Case("https://vk.com/%2577all-1_2", expect="reject:unsupported"),
    Case("https://vk.com/away.php", expect="reject:unsupported"),
    Case("https://vk.com/away.php?to=vk.com%2Faway.php%3Fto%3Dvk.com%252Fwall-1_2", expect="reject:unsupported"),
    Case("https://vk.com/away.php?to=https%3A%2F%2Fevil.example", expect="reject:bad_host"),
    Case("https://vk.com/video_ext.php?oid=-1", expect="reject:unsupported"),
    Case("https://vk.com/video_ext.php?oid=-1&id=x", expect="reject:unsupported"),
    Case("https://vk.com/video_ext.php?oid=-1&oid=-2&id=3", expect="reject:ambiguous"),
    Case("https://vk.com/wall-01_2", expect="reject:bad_id"),
    Case("https://vk.com/wall-1_02", expect="reject:bad_id"),
    Case("https://vk.com/wall-0_2", expect="reject:bad_id"),
    Case("https://vk.com/wall-9223372036854775808_1", expect="reject:bad_id"),
    Case("https://vk.com/wall-1_" + "9" * 2000, expect="reject:bad_id"),
]  # fmt: skip
SIGNS = ["/", "-", "_", "?", "&", "#", ":", "@", ".", " ", "\\", "%2F", "%3A", "0", "1", "23"]
WORDS = [
    "https://",
    "vk.com",
    "m.vk.ru",
    "wall",
    "video",
    "clip",
    "w=",
    "z=",
    "away.php?to=",
    "video_ext.php",
    "oid=",
    "id=",
]
pasted = st.one_of(st.text(), st.lists(st.sampled_from(SIGNS + WORDS)).map("".join), st.text(st.characters(codec=None)))
ids = st.integers(1, links.LARGEST)


@pytest.mark.parametrize("case", LINKS + MORE, ids=lambda case: ascii(case.url[:60]))
def test_T27_the_table(case):
    found = links.identify(case.url)
    if case.expect == "accept":
        kind = "wall" if case.kind == "wall" else "video"  # a clip is a video: they share their ids
        assert found == Target("vk", kind, case.owner, case.item, f"{kind}{case.owner}_{case.item}", case.access_key)
    else:
        detail = case.expect.removeprefix("reject:")
        assert found == Rejected(links.REASONS.get(detail, Reason.INVALID_LINK), detail)
        assert links.ADVICE[detail]


@given(pasted)
@example("x" * 100_000)
@example("https://vk.com/" + "%25" * 30_000)
@example(" \ufeff" * 50_000)
def test_any_text_has_an_answer_and_what_is_accepted_keeps_its_identity(text):
    found = links.identify(text)
    if isinstance(found, Target):
        again = links.identify(links.canonical(found.key))
        assert again == links.target(found.key, "")
        assert links.target(found.key, found.access_key) == found


@given(kind=st.sampled_from(["wall", "video", "clip"]), owner=ids, sign=st.sampled_from(["", "-"]), item=ids)
def test_round_trip(kind, owner, sign, item):
    found = links.identify(f"https://vk.com/{kind}{sign}{owner}_{item}")
    assert (found.owner, found.item) == (int(f"{sign}{owner}"), item)
    assert links.identify(links.canonical(found.key)) == found


@given(kind=st.sampled_from(["wall", "video", "clip", "Wall"]), owner=st.text("-0123456789", max_size=21), item=ids)
@example(kind="wall", owner="01", item=1)
@example(kind="clip", owner="-9223372036854775808", item=1)
def test_a_plain_address_is_read_as_every_other(kind, owner, item):
    address = f"https://m.vk.ru/{kind}{owner}_{item}"
    assert links.identify(address) == links.identify(f"{address}?from=feed")


@given(host=st.text(st.characters(codec="ascii", exclude_characters="/?# \\"), min_size=1))
def test_only_hosts_of_vk_are_accepted(host):
    found = links.identify(f"https://{host}/wall-1_2")
    assert not isinstance(found, Target) or host.lower().partition(":")[0] in links.HOSTS
