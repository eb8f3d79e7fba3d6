"""VK's pages, without a network: the ones of the stand-in, and what may be wrong with them."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.platforms import vk
from crawler.platforms.contract import Again, Gone, Measured, Pause, Reply, Want
from crawler.reasons import Reason
from tests.vk_standin import truth
from tests.vk_standin.pages import IN_THE_WAY, page

ACCESS = vk.access({})


def read(name, body, status=200, content_type="text/html; charset=utf-8", url="https://vk.com/wall-1_5"):
    (call,) = vk.calls([Want(vk.identify(name))], ACCESS, [])
    answer = vk.read(call, Reply(status, url, content_type, body if isinstance(body, bytes) else body.encode()))
    (found,) = answer.outcomes.values()
    return found, answer.trouble


def follow(path, query):
    shown = page(path, query)
    if shown.location:
        return follow(shown.location.partition("?")[0], {})[0], f"https://vk.com{shown.location}"
    return shown, f"https://vk.com{path}"


@pytest.mark.parametrize("item", [5, *(fate.value for fate in truth.Fate)])
@pytest.mark.parametrize("kind", ["wall", "video"])
def test_every_page_of_the_stand_in(kind, item):
    path = f"/wall-1_{item}" if kind == "wall" else "/video_ext.php"
    shown, url = follow(path, {"oid": "-1", "id": str(item)})
    charset = shown.content_type.partition("charset=")[2]
    body = shown.text.encode(charset, "xmlcharrefreplace")
    found, trouble = read(f"{kind}-1_{item}", body, shown.status, shown.content_type, url)
    expected = truth.expected(kind, -1, item, "page")
    assert (found.views if isinstance(found, Measured) else found.reason) == expected
    assert isinstance(trouble, Pause) == (expected == "blocked")


KEYED = truth.Fate.LINK_ONLY.value
HASH = truth.embed_hash(-1, KEYED)


@pytest.mark.parametrize(
    ("link", "opens"),
    [
        (f"https://vk.com/video-1_{KEYED}_{'ab' * 9}", False),
        (f"https://vk.com/video-1_{KEYED}?list={truth.key(-1, KEYED)}", True),
        (f"https://vk.com/videos-1?z=video-1_{KEYED}%2F{truth.key(-1, KEYED)}", True),
        (f"https://vk.com/video_ext.php?oid=-1&id={KEYED}&hash={HASH}&hd=2", True),
        (f"https://vk.com/video_ext.php?oid=-1&id={KEYED}&hash=0{HASH}", False),
        (f"https://vk.com/video_ext.php?oid=-1&id={KEYED}", False),
    ],
)
def test_a_page_is_asked_with_the_key_that_the_link_had(link, opens):
    target = vk.identify(link)
    (call,) = vk.calls([Want(target)], ACCESS, [])
    path, _, query = call.url.removeprefix("https://vkvideo.ru").partition("?")
    shown = page(path, dict(parse_qsl(query)))
    answer = vk.read(call, Reply(shown.status, call.url, shown.content_type, shown.text.encode()))
    found = answer.outcomes[target]
    assert (found.views if opens else found.reason) == (truth.views("video", -1, KEYED) if opens else Reason.PRIVATE)


def test_the_page_of_a_post_is_asked_with_its_key():
    (call,) = vk.calls([Want(vk.identify("https://vk.com/wall-1_2?hash=aB-_&reply=3"))], ACCESS, [])
    assert call.url == "https://vk.com/wall-1_2?hash=aB-_"


def post(inside, id_="-1_5"):
    return f'<html><div data-post-id="{id_}">{inside}</div></html>'


@pytest.mark.parametrize(
    ("title", "count"),
    [
        ("1 просмотр", 1),
        ("1 234 просмотра", 1234),
        ("1\u00a0234\u00a0567 просмотров", 1234567),
        ("1\u202f234 views", 1234),
        ("1\u2009234 views", 1234),
        ("1,234 views", 1234),
        ("0 views", 0),
        ("9223372036854775807 views", 2**63 - 1),
        ("9223372036854775808 views", None),
        ("12 34 views", None),
        ("1.2K views", None),
        ("1,2 тыс. просмотров", None),
        ("9.8K", None),
        ("5 млн", None),
        ("12К", None),
        ("1.234 views", None),
        ("-5 views", None),
        ("² views", None),
        ("views", None),
        ("", None),
    ],
)
def test_only_exact_numbers(title, count):
    found, _ = read("wall-1_5", post(f'<div class="like_views" title="{title}">x</div>'))
    assert (found.views if isinstance(found, Measured) else found.reason) == (
        Reason.VIEWS_HIDDEN if count is None else count
    )


@pytest.mark.parametrize("id_", ["-1_55", "-11_5", "1_5", "-1_5_2", "-1_"])
def test_the_number_of_another_post_is_never_taken(id_):
    found, _ = read("wall-1_5", post('<div class="like_views" title="7 views"></div>', id_))
    assert found.reason == Reason.LAYOUT_CHANGED


def test_the_counter_of_a_repost_inside_is_not_ours():
    inside = post('<div class="like_views" title="7 views"></div>', "-2_6")
    assert read("wall-1_5", post(inside))[0].reason == Reason.VIEWS_HIDDEN
    found, _ = read("wall-1_5", post(inside + '<div class="like_views" title="8 views"></div>'))
    assert found.views == 8


def test_counters_that_disagree_are_none():
    inside = '<i class="_views" data-count="7"></i><i class="_views" data-count="8"></i>'
    assert read("wall-1_5", post(inside))[0].reason == Reason.VIEWS_HIDDEN


@pytest.mark.parametrize("path", IN_THE_WAY)
def test_what_stands_in_the_way_is_no_page_even_with_a_number_on_it(path):
    body = post('<div class="like_views" title="7 views"></div>')
    found, trouble = read("wall-1_5", body, url=f"https://vk.com{path}?x=1")
    assert (found.reason, found.charged) == (Reason.BLOCKED, True)
    assert trouble.seconds >= 60


@pytest.mark.parametrize("status", [403, 418, 429])
def test_refusals_by_status(status):
    assert read("wall-1_5", "", status)[0].reason == Reason.BLOCKED


@pytest.mark.parametrize(("status", "body"), [(500, ""), (404, "nginx"), (302, ""), (204, "")])
def test_other_statuses_are_tried_again(status, body):
    found, _ = read("wall-1_5", body, status)
    assert isinstance(found, Again)
    assert found.charged


@pytest.mark.parametrize(
    ("charset", "content_type"),
    [("utf-8", "text/html"), ("cp1251", 'text/html; charset="Windows-1251"'), ("utf-8", "text/html; charset=klingon")],
)
def test_the_header_names_the_charset(charset, content_type):
    body = '<meta charset="koi8-r">' + post('<div class="like_views" title="7 просмотров"></div>')
    assert read("wall-1_5", body.encode(charset), content_type=content_type)[0].views == 7


@given(st.binary() | st.text().map(str.encode), st.integers(100, 599))
def test_anything_is_read_without_an_exception(body, status):
    assert isinstance(read("wall-1_5", body, status)[0], Gone | Again)


@given(st.text())
def test_anything_behind_the_word_is_read_without_an_exception(text):
    assert isinstance(read("wall-1_5", f"<script>apiPrefetchCache=[{text}")[0], Gone | Again)


def test_json_too_deep_to_read():
    assert read("wall-1_5", "apiPrefetchCache" + "[" * 100_000 + ">")[0].reason == Reason.LAYOUT_CHANGED


@given(st.data())
def test_a_page_that_is_cut_off_shows_its_number_or_is_asked_for_again(data):
    item = data.draw(st.sampled_from([5, *range(930, 939)]))
    whole = page(f"/wall-1_{item}", {}).text
    found, _ = read(f"wall-1_{item}", whole[: data.draw(st.integers(0, len(whole) - 1))])
    if not isinstance(found, Measured):
        assert (type(found), found.charged) == (Again, True)
    else:
        assert found.views == truth.expected("wall", -1, item, "page")
