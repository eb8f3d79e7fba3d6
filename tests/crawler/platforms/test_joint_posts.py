"""A joint post of two walls: VK answers under the first author's number, the second author's is its alias."""

import json
from pathlib import Path

import pytest

from crawler.platforms import vk
from crawler.platforms.contract import Again, Gone, Measured, Reply, Want
from crawler.platforms.vk.items import PATIENCE
from crawler.reasons import Reason

REPORTED = Path(__file__).parent / "pages"
FIRST, SECOND, THIRD = "wall-70901_12", "wall-70942_77", "wall-70943_8"
NUMBERS = {FIRST: (-70901, 12), SECOND: (-70942, 77), THIRD: (-70943, 8)}


def numbered(key):
    return dict(zip(("owner_id", "post_id"), NUMBERS[key], strict=True))


def item(views=4321, **coowners):
    fields = {"owner_id": -70901, "id": 12, "views": {"count": views}}
    return fields | ({"coowners": coowners} if coowners else {})


def asked(*links, tokens="user-token"):
    access = vk.access({"VK_TOKENS": tokens})
    wants = [Want(vk.identify(link)) for link in links]
    return vk.calls(wants, access, access.credentials)


def answered(items, *links):
    """What `execute` says of each link, its only inner call having been answered so."""
    (call,) = asked(*links)
    body = json.dumps({"response": [{"items": items}]}).encode()
    return by_link(vk.read(call, Reply(200, call.url, "application/json", body)))


def by_link(answer):
    return {target.key: outcome for target, outcome in answer.outcomes.items()}


def views(outcomes):
    return {key: outcome.views for key, outcome in outcomes.items() if isinstance(outcome, Measured)}


def test_the_reported_answer():
    inner = json.loads((REPORTED / "wall_joint.json").read_text())["response"]["items"]
    found = answered(inner, FIRST, SECOND, "wall-70903_5")
    assert views(found) == {FIRST: 4321, SECOND: 4321, "wall-70903_5": 9}
    assert {key: outcome.canonical for key, outcome in found.items()} == {FIRST: "", SECOND: FIRST, "wall-70903_5": ""}


def test_the_reported_answer_to_a_plain_call():
    body = (REPORTED / "wall_joint.json").read_bytes()
    access = vk.access({"VK_TOKENS": "service-token"})
    (token,) = access.credentials
    service = type(token)(token.fingerprint, token.secret, "service")
    (call,) = vk.calls([Want(vk.identify(SECOND))], access, [service])
    assert views(by_link(vk.read(call, Reply(200, call.url, "application/json", body)))) == {SECOND: 4321}


def test_the_reported_page():
    (call,) = asked(SECOND, tokens="")
    body = (REPORTED / "page_joint.html").read_bytes()
    (found,) = vk.read(call, Reply(200, call.url, "text/html; charset=utf-8", body)).outcomes.values()
    assert (found.views, found.canonical) == (4321, FIRST)


@pytest.mark.parametrize(
    "coowners",
    [
        {"coowner_post_id": numbered(SECOND)},
        {"list": [numbered(SECOND)]},
        {"list": [{"owner_id": -70901}, numbered(SECOND)]},
        {"coowner_post_id": numbered(THIRD), "list": [numbered(SECOND), numbered(THIRD)]},
        {"coowner_post_id": numbered(SECOND), "list": [numbered(SECOND)]},
        {"coowner_post_id": None, "list": [None, 5, "x", [], numbered(SECOND)]},
        {"coowner_post_id": numbered(SECOND), "list": "x"},
    ],
)
def test_where_the_alias_stands(coowners):
    assert views(answered([item(**coowners)], SECOND)) == {SECOND: 4321}


@pytest.mark.parametrize(
    "stranger",
    [
        item(),
        item(list=[{"owner_id": -70942}, {"owner_id": -70901}]),
        item(coowner_post_id=numbered(THIRD)),
        item(coowner_post_id={"owner_id": "-70942", "post_id": "77"}),
        item(coowner_post_id={"owner_id": -70942, "id": 77}),
        item(coowner_post_id={"owner_id": -70942.0, "post_id": 77}),
        item(coowner_post_id=[-70942, 77]),
        item() | {"coowners": [numbered(SECOND)]},
        item() | {"coowner_post_id": numbered(SECOND)},
        item() | {"copy_history": [item(coowner_post_id=numbered(SECOND))]},
    ],
)
def test_a_stranger_without_the_alias_stays_a_stranger(stranger):
    (found,) = answered([stranger], SECOND).values()
    assert isinstance(found, Again)
    assert found.want.missed == 1
    assert found.reason == Reason.NOT_FOUND


def test_a_joint_post_is_no_stranger_to_those_asked_with_it():
    found = answered([item(coowner_post_id=numbered(SECOND))], SECOND, "wall-1_9")
    assert found["wall-1_9"] == Gone(Reason.NOT_FOUND, "left out of the answer")


def test_a_stranger_beside_a_joint_post_is_one():
    found = answered([item(coowner_post_id=numbered(SECOND)), item() | {"id": 13}], SECOND, "wall-1_9")
    assert views(found) == {SECOND: 4321}
    assert found["wall-1_9"].want.missed == 1 <= PATIENCE


def test_both_links_show_the_number_whether_the_post_comes_once_or_twice():
    joint = item(coowner_post_id=numbered(SECOND), list=[numbered(THIRD)])
    for items in ([joint], [joint, joint], [joint] * 3):
        assert views(answered(items, FIRST, SECOND, THIRD)) == dict.fromkeys((FIRST, SECOND, THIRD), 4321)


def test_what_stands_under_the_number_that_was_asked_comes_before_an_alias():
    own = {"owner_id": -70942, "id": 77, "views": {"count": 5}}
    assert views(answered([item(coowner_post_id=numbered(SECOND)), own], SECOND)) == {SECOND: 5}


def test_twice_with_different_counts_is_no_number():
    pair = [item(1, coowner_post_id=numbered(SECOND)), item(2, coowner_post_id=numbered(SECOND))]
    assert answered(pair, SECOND)[SECOND].reason == Reason.BAD_RESPONSE


def test_a_joint_post_that_is_gone_is_gone_for_each_of_its_links():
    gone = item(coowner_post_id=numbered(SECOND)) | {"is_deleted": True}
    assert {outcome.reason for outcome in answered([gone], FIRST, SECOND).values()} == {Reason.DELETED}


def test_a_number_that_is_none_is_counted_and_names_no_other():
    odd = item(coowner_post_id=numbered(SECOND)) | {"id": None}
    assert answered([odd], SECOND)[SECOND].canonical == ""


def test_a_link_with_a_key_is_counted_and_tells_nobody_the_alias():
    found = answered([item(coowner_post_id=numbered(SECOND))], f"https://vk.com/{SECOND}?hash=0a")
    assert (found[SECOND].views, found[SECOND].canonical) == (4321, "")


def test_a_post_on_a_wall_is_no_video():
    video = "video-70942_77"
    joint = {"owner_id": -5, "id": 6, "views": 7, "coowners": {"coowner_post_id": numbered(SECOND)}}
    assert isinstance(answered([joint], video)[video], Again)
