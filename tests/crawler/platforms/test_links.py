from urllib.parse import parse_qsl

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawler import platforms
from crawler.platforms import vk
from crawler.platforms.contract import Target
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
    Case("https://vk.com/wall-1_2,", "wall", -1, 2),
    Case("https://vk.com/wall-1_2;", "wall", -1, 2),
    Case("https://vk.com/wall-1_2.", "wall", -1, 2),
    Case("https://vk.com/wall-1_2)", "wall", -1, 2),
    Case(" <https://vk.com/wall-1_2> ", "wall", -1, 2),
    Case("(https://vk.com/wall-1_2)", "wall", -1, 2),
    Case('"https://vk.com/wall-1_2"', "wall", -1, 2),
    Case('"https://vk.com/wall-1_2",', "wall", -1, 2),
    Case("( wall-1_2 ).", "wall", -1, 2),
    Case('"https://vk.com/wall-1_2."', "wall", -1, 2),
    Case("https://vk.com/wall-1_2,;", expect="reject:unsupported"),
    Case("<//vk.com/wall-1_2?hash=a&amp;from=b>;", "wall", -1, 2, "a"),
    Case("//m.vk.ru:443/wall-1_2", "wall", -1, 2),
    Case("https://vk.com/away.php?to=%2F%2Fvk.com%2Fwall-1_2", "wall", -1, 2),
    Case("https://vkvideo.ru/video/-1_2", "video", -1, 2),
    Case("https://vkvideo.ru/Video/-1_2_abc", "video", -1, 2, "abc"),
    Case("https://vkvideo.ru/playlist/-5_6/VIDEO-1_2_abc", "video", -1, 2, "abc"),
    Case("https://vk.com/videos-1?z=video-1_2%2Fln-Ab_c-1", "video", -1, 2, "ln-Ab_c-1"),
    Case("https://vk.com/videos-1?z=video-1_2%2Fpl_-1_-2", "video", -1, 2),
    Case("https://vk.com/video-1_2_abc?list=0a1b", "video", -1, 2, "abc"),
    Case("https://vk.com/video-1_2?list=club1", "video", -1, 2),
    Case("https://vk.com/clip-1_2?list=ln-Q", "clip", -1, 2, "ln-Q"),
    Case("https://vk.com/clip-1_2?list=ln-", "clip", -1, 2),
    Case("https://vk.com/wall-1_2?list=0a1b", "wall", -1, 2),
    Case("https://vkvideo.ru/playlist/-5_6/wall-1_2", expect="reject:unsupported"),
    Case("https://vkvideo.ru/playlist/x/video-1_2", expect="reject:unsupported"),
    Case("https://vkvideo.ru/video/-1_0", expect="reject:bad_id"),
    Case("//evil.example/wall-1_2", expect="reject:bad_host"),
    Case("///vk.com/wall-1_2", expect="reject:bad_host"),
    Case("//vk.com@evil.example/wall-1_2", expect="reject:bad_host"),
    Case(",", expect="reject:empty"),
    Case("<>", expect="reject:empty"),
    Case("( )", expect="reject:empty"),
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
    "&amp;",
    "playlist/",
    "list=ln-",
    "<",
    ">",
    "id=",
]
pasted = st.one_of(st.text(), st.lists(st.sampled_from(SIGNS + WORDS)).map("".join), st.text(st.characters(codec=None)))
ids = st.integers(1, links.LARGEST)


@pytest.mark.parametrize("case", LINKS + MORE, ids=lambda case: ascii(case.url[:60]))
def test_T27_the_table(case):
    found = links.identify(case.url)
    if case.expect == "accept":
        kind = "wall" if case.kind == "wall" else "video"  # a clip is a video: they share their ids
        key = f"{kind}{case.owner}_{case.item}"
        assert found._replace(page_key="") == Target("vk", kind, case.owner, case.item, key, case.access_key)
    else:
        detail = case.expect.removeprefix("reject:")
        reason = Reason(detail) if detail in {"unsupported", "short_link"} else Reason.INVALID_LINK
        assert (found.reason, found.detail.startswith(detail)) == (reason, True)
        assert vk.ADVICE[found.detail]


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("https://vk.com/wall-1_2 https://vk.com/wall-1_3", "bad_chars_two_links"),
        ("https://vk.com/wall-1_2\nhttps://vk.com/wall-1_3", "bad_chars_two_links"),
        ("wall-1_2 wall-1_3", "bad_chars_two_links"),
        ("https://vk.com/wall-1_2,https://vk.com/wall-1_3", "unsupported_two_links"),
        ("https://vk.com/wall-1_2https://vk.com/wall-1_3", "unsupported_two_links"),
        ("vk.com/wall-1_2;vk.com/video-1_3", "unsupported_two_links"),
        ("https://vk.com/wall-1_0,https://vk.com/wall-1_3", "unsupported_two_links"),
        ("https://vk.com/wall-1_2 наш пост", "bad_chars"),
        ("https://archive.example/https://vk.com/wall-1_2", "bad_host"),
        ("https://vkvideo.ru/playlist/-70110_3", "unsupported_playlist"),
        ("https://vkvideo.ru/video/playlist/-70110_3", "unsupported_playlist"),
        ("https://vk.com/videos-1?z=playlist%2F-1_2", "unsupported_playlist"),
        ("https://vk.com/audio_playlist-1_2", "unsupported_playlist"),
        ("https://vk.com/playlists", "unsupported"),
        ("https://vk.com/wall-111670353", "unsupported_wall"),
        ("https://vk.com/feed?w=wall1", "unsupported_wall"),
        ("https://vk.com/wall-111670353_", "unsupported_cut_off"),
        ("https://vk.com/wall-", "unsupported_cut_off"),
        ("https://vk.com/video-1", "unsupported_cut_off"),
        ("https://vk.com/wall-1_23…", "unsupported_cut_off"),
        ("https://vk.com/wall-1_23...", "unsupported_cut_off"),
        ("https://vk.com/video_ext.php?oid=-1&id=", "unsupported_cut_off"),
        ("https://vk.c…", "bad_host_cut_off"),
        ("https://vk.com/walls-1", "unsupported"),
        ("https://vk.com/wallpapers", "unsupported"),
        ("https://vk.com/photo-1_2", "unsupported"),
        ("https://vk.com/wall-1_2?" + "a&" * 100, "too_many_fields"),
        ("https://vk.com/away.php?to=vk.com/wall-1_2%3F" + "a%26" * 100, "too_many_fields"),
    ],
)
def test_the_advice_tells_the_true_cause(text, detail):
    found = links.identify(text)
    assert found.detail == detail
    assert vk.ADVICE[detail]


def test_each_cause_has_a_sentence_of_its_own_and_the_old_word_before_it():
    longer = [detail for detail in vk.ADVICE if any(detail.startswith(f"{old}_") for old in vk.ADVICE)]
    assert len(longer) > 5
    for detail in longer:
        old = next(old for old in vk.ADVICE if detail.startswith(f"{old}_"))
        assert vk.ADVICE[detail] != vk.ADVICE[old]


@given(pasted)
@example("x" * 100_000)
@example("https://vk.com/" + "%25" * 30_000)
@example(" \ufeff" * 50_000)
def test_any_text_has_an_answer_and_what_is_accepted_keeps_its_identity(text):
    found = links.identify(text)
    if isinstance(found, Target):
        again = links.identify(links.canonical(found.key))
        assert again == links.target(found.key, "")
        assert links.target(found.key, found.opened_by) == found


names = st.sampled_from(["w", "%77", "W", "z", "z+", "%7A", "list", "utm_source", "", "hash", "has%68", "%zz"])
values = st.sampled_from(["", "=", "=wall-1_2", "=wall-1_3", "=a=b", "=%2B+"])


@given(st.lists(st.tuples(names, values).map("".join), max_size=99))
def test_fields_that_are_not_ours_change_nothing(fields):
    query = "&".join(fields)
    pairs = parse_qsl(query, keep_blank_values=True)
    found = links._fields(query)
    for name in links.FIELDS:
        given = [value for other, value in pairs if other == name]
        if len(given) > 1:
            with pytest.raises(links.Refusal, match="ambiguous"):
                found.get(name)
        else:
            assert found.get(name) == "".join(given)


PLAYER = "https://vk.com/video_ext.php?oid=-1&id=2"


@pytest.mark.parametrize(
    ("text", "access_key", "page_key"),
    [
        (f"{PLAYER}&hash=0a1B-_", "", "0a1B-_"),
        (f"{PLAYER}&amp;hash=0a1b&amp;hd=2", "", "0a1b"),
        ("https://vk.com/clip_ext.php?oid=-1&id=2&hash=0a", "", "0a"),
        ("https://vkvideo.ru/video_embed?oid=-1&id=2&hash=0a", "", "0a"),
        (f"{PLAYER}&hash=0a&list=ln-Q", "ln-Q", "0a"),
        (f"{PLAYER}&hash=", "", ""),
        (f"{PLAYER}&hash=a%23b", "", ""),
        (PLAYER, "", ""),
        ("https://vk.com/video-1_2?hash=0a", "", ""),
        ("https://vk.com/video-1_2?list=0a", "0a", ""),
        ("https://vk.com/wall-1_2?hash=0a", "0a", ""),
    ],
)
def test_keys_travel_with_their_link(text, access_key, page_key):
    found = links.identify(text)
    assert (found.access_key, found.page_key) == (access_key, page_key)
    assert links.target(found.key, found.opened_by) == found


def test_links_with_different_keys_are_different_requests():
    opened = ("", "&hash=0a", "&hash=0b", "&list=0a", "&hash=0a&list=0a")
    assert len({links.identify(PLAYER + keys) for keys in opened}) == len(opened)
    assert len({links.identify(PLAYER + keys).opened_by for keys in opened}) == len(opened)


@pytest.mark.parametrize(
    ("key", "wall"),
    [
        ("wall-1_2", "https://vk.com/club1"),
        ("wall1_2", "https://vk.com/id1"),
        ("video-22822305_456242110", "https://vk.com/club22822305"),
    ],
)
def test_a_wall_has_an_address(key, wall):
    assert platforms.wall("vk", key) == links.wall(key) == wall


def test_what_names_no_post_is_on_no_wall():
    assert platforms.wall("vk", None) is None


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
