"""What stands in an answer in the place of a video that is closed or deleted: never a count of 0."""

import json
from pathlib import Path

import pytest

from crawler.platforms import vk
from crawler.platforms.contract import Again, Measured, Reply, Want
from crawler.platforms.vk.items import measure
from crawler.reasons import Reason

REPORTED = Path(__file__).parent / "pages" / "video_restricted_zero.json"
CLOSED = {"content_restricted": 1, "content_restricted_message": "made up"}
PRIVATE, DELETED = Reason.PRIVATE, Reason.DELETED


def ours(**fields):
    return {"owner_id": -1, "id": 5, "title": "", "duration": 0, "date": 0, "views": 0} | fields


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        (ours(**CLOSED), PRIVATE),
        (ours(content_restricted=True), PRIVATE),
        (ours(content_restricted=1, views=None), PRIVATE),
        ({"owner_id": -1, "id": 5, "content_restricted": 1}, PRIVATE),
        (ours(content_restricted=1, content_restricted_message="Видео удалено"), DELETED),
        (ours(content_restricted=1, content_restricted_message="This video has been deleted"), DELETED),
        (ours(content_restricted=1, content_restricted_message="Видео доступно только друзьям"), PRIVATE),
        (ours(content_restricted=1, content_restricted_message="Видео обрабатывается"), PRIVATE),
        (ours(content_restricted=1, content_restricted_message=["Видео удалено"]), PRIVATE),
        (ours(restriction={"can_play": 0, "title": "x"}), PRIVATE),
        (ours(restriction={"can_play": False}), PRIVATE),
        (ours(is_deleted=True, **CLOSED), DELETED),
        (ours(views=12, **CLOSED), 12),  # a count that is there is true
        (ours(views="0", **CLOSED), Reason.BAD_RESPONSE),
        (ours(views=-1, **CLOSED), Reason.BAD_RESPONSE),
        (ours(), 0),
        (ours(content_restricted=0), 0),
        (ours(content_restricted="1"), 0),
        (ours(restriction={"can_play": 1}), 0),
        (ours(restriction={}), 0),
        (ours(restriction=0), 0),
        (ours(restriction=None), 0),
    ],
)
def test_cards(card, expected):
    assert read(measure("video", card, "x")) == expected
    assert read(in_a_page(card)) == expected


def test_a_post_on_a_wall_has_no_card():
    assert measure("wall", ours(views={"count": 0}, **CLOSED), "x") == Measured(0, "x")


def test_the_text_of_a_card_goes_nowhere():
    found = measure("video", ours(**CLOSED), "x")
    assert found.detail == "content_restricted"


def test_the_reported_card():
    access = vk.access({"VK_TOKENS": "user-token"})
    (call,) = vk.calls([Want(vk.identify("video-70931_456239201"))], access, access.credentials)
    inner = json.loads(REPORTED.read_text())["response"]
    body = json.dumps({"response": [inner]}).encode()
    (found,) = vk.read(call, Reply(200, call.url, "application/json", body)).outcomes.values()
    assert found.reason == PRIVATE


def in_a_page(card):
    cache = json.dumps([{"method": "video.get", "response": {"items": [card]}}], ensure_ascii=False)
    (call,) = vk.calls([Want(vk.identify("video-1_5"))], vk.access({}), [])
    body = f"<html><script>window.cur = {{apiPrefetchCache: {cache}}}</script></html>".encode()
    (found,) = vk.read(call, Reply(200, call.url, "text/html", body)).outcomes.values()
    return found


def read(found):
    if isinstance(found, Again):
        assert found.reason == Reason.BAD_RESPONSE
    return found.views if isinstance(found, Measured) else found.reason
