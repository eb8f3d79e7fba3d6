"""Requests and answers of VK's API, without a network."""

import json
from dataclasses import replace
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.platforms import vk
from crawler.platforms.contract import About, Again, Gone, Measured, Pause, Refused, Reply, Want
from crawler.reasons import Reason

ACCESS = vk.access({"VK_TOKENS": "first-token, second-token"})
FIRST, SECOND = ACCESS.credentials
USER, SERVICE = replace(FIRST, kind="user"), replace(FIRST, kind="service")
ALONE = replace(ACCESS, credentials=(FIRST,))
SAID = About(owner=-1)  # all that these items say beside their counts


def want(name, **kwargs):
    return Want(vk.identify(name), **kwargs)


def walls(count):
    return [want(f"wall-1_{item}") for item in range(1, count + 1)]


def videos(count):
    return [want(f"video-1_{item}") for item in range(1, count + 1)]


def plan(wants, *usable, access=ALONE):
    return vk.calls(wants, access, usable)


def reply(answer, status=200):
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return Reply(status, "https://api.vk.com/method/x", "application/json", body)


def item(number, views=7, **fields):
    return {"owner_id": -1, "id": number, "views": {"count": views}} | fields


def error(code, **fields):
    return {"error_code": code, "error_msg": "SECRET", "request_params": [{"key": "x", "value": "SECRET"}]} | fields


def ask(wants, answer, credential=SERVICE, status=200):
    """Plan the one call for these wants and read an answer to it."""
    (call,) = plan(wants, credential)
    return vk.read(call, reply(answer, status))


def outcome(answer):
    (found,) = answer.outcomes.values()
    return found


class TestCalls:
    @pytest.mark.parametrize(
        ("of_walls", "of_videos", "credential", "calls"),
        [
            (10_000, 0, SERVICE, 100),
            (10_000, 0, USER, 4),
            (0, 10_000, USER, 2),
            (2500, 100, USER, 2),
            (2400, 200, USER, 1),
            (1, 0, USER, 1),
        ],
    )
    def test_the_fewest_requests(self, of_walls, of_videos, credential, calls):
        wants = walls(of_walls) + videos(of_videos)
        planned = plan(wants, credential)
        assert len(planned) == calls
        assert sorted(id(each) for call in planned for each in call.wants) == sorted(map(id, wants))

    def test_a_service_token_asks_for_posts_directly(self):
        (call,) = plan(walls(2), SERVICE)
        assert call.url == "https://api.vk.com/method/wall.getById"
        assert call.form == {
            "access_token": "first-token",
            "v": "5.199",
            "posts": "-1_1,-1_2",
            "extended": "1",
            "fields": "members_count",
        }

    def test_a_user_token_asks_by_execute(self):
        (call,) = plan([want("wall-1_1"), want("video-1_2_abc")], USER)
        assert call.url == "https://api.vk.com/method/execute"
        assert call.form["code"] == (
            'return [API.wall.getById({"posts":"-1_1","extended":1,"fields":"members_count"}),'
            'API.video.get({"videos":"-1_2_abc","count":1})];'
        )

    def test_of_an_unknown_token_one_call_is_asked_first(self):
        planned = plan(walls(10_000), FIRST)
        assert [call.probe for call in planned] == [True]

    def test_without_a_usable_token_links_wait(self):
        assert plan(walls(5) + videos(5)) == []
        assert plan(walls(5) + videos(5), replace(FIRST, kind="community")) == []

    def test_work_is_spread_over_the_tokens(self):
        both = (SERVICE, replace(SECOND, kind="service"))
        planned = plan(walls(400), *both, access=ACCESS)
        assert [call.budget for call in planned] == [FIRST.budget, SECOND.budget] * 2

    def test_what_no_token_may_read_is_read_from_its_page(self):
        post, video = plan([want("wall-1_1"), want("video-1_2")], SERVICE)
        assert post.url.endswith("wall.getById")
        assert (video.url, video.form) == ("https://vkvideo.ru/video_ext.php?oid=-1&id=2", None)
        assert video.budget == "host:vkvideo.ru"

    def test_videos_wait_for_a_token_that_may_read_them(self):
        (only,) = plan([want("wall-1_1"), want("video-1_2")], SERVICE, access=ACCESS)
        assert only.url.endswith("wall.getById")

    def test_one_post_with_two_access_keys_is_asked_twice(self):
        (call,) = plan([want("wall-1_1"), want("wall-1_1_abc")], USER)
        assert [len(group) for group in call.groups] == [1, 1]

    def test_a_call_holds_no_more_than_was_learned(self):
        limited = replace(USER, most=150)
        planned = plan(walls(400) + videos(50), limited)
        assert max(len(call.wants) for call in planned) <= 150
        assert sum(len(call.wants) for call in planned) == 450

    def test_the_token_is_in_the_body_only(self):
        for call in chain(plan(walls(3), FIRST), plan(walls(3), SERVICE)):
            assert "first-token" not in call.url + repr(call) + repr(FIRST) + repr(ALONE)
            assert call.form["access_token"] == "first-token"


class TestItems:
    @pytest.mark.parametrize(
        ("shown", "expected"),
        [
            (item(1, 0), 0),
            (item(1, 2**63 - 1), 2**63 - 1),
            (item(1) | {"views": {}}, Reason.VIEWS_HIDDEN),
            (item(1) | {"views": None}, Reason.VIEWS_HIDDEN),
            ({"owner_id": -1, "id": 1}, Reason.VIEWS_HIDDEN),
            (item(1, None), Reason.VIEWS_HIDDEN),
            (item(1, "7"), Reason.BAD_RESPONSE),
            (item(1, 7.0), Reason.BAD_RESPONSE),
            (item(1, -1), Reason.BAD_RESPONSE),
            (item(1, 2**63), Reason.BAD_RESPONSE),
            (item(1, True), Reason.BAD_RESPONSE),
            (item(1) | {"views": 7}, Reason.BAD_RESPONSE),
            (item(1) | {"views": [7]}, Reason.BAD_RESPONSE),
            (item(1, is_deleted=True), Reason.DELETED),
            (item(1, is_deleted=1), Reason.DELETED),
            (item(1, is_deleted=[]), 7),
            (item(1, copy_history=[item(1, 99)]), 7),
        ],
    )
    def test_counts(self, shown, expected):
        for response in ({"items": [shown]}, [shown]):
            found = outcome(ask(walls(1), {"response": response}))
            assert (found.views if isinstance(found, Measured) else found.reason) == expected

    def test_companions(self):
        shown = item(1, likes={"count": 1}, comments={"count": "2"}, reposts={"count": 3})
        assert outcome(ask(walls(1), {"response": {"items": [shown]}})) == Measured(
            7, "wall.getById 5.199", 1, None, 3, about=SAID
        )

    def test_a_videos_counts(self):
        shown = {"owner_id": -1, "id": 1, "views": 9, "local_views": 1, "comments": 4, "likes": {"count": 2}}
        answer = ask(videos(1), {"response": [{"count": 1, "items": [shown]}]}, USER)
        assert outcome(answer) == Measured(9, "video.get 5.199", 2, 4, None, about=SAID)

    def test_posts_are_matched_by_identity_and_not_by_place(self):
        shown = [item(3, 30), {"owner_id": 1, "id": 1, "views": {"count": 9}}, item(1, 10), item(2, 20)]
        answer = ask(walls(3), {"response": {"items": shown}})
        assert [answer.outcomes[each.target].views for each in walls(3)] == [10, 20, 30]

    def test_left_out_is_not_found(self):
        answer = ask(walls(2), {"response": {"items": [item(1)]}})
        assert answer.outcomes[walls(2)[1].target] == Gone(Reason.NOT_FOUND, "left out of the answer")

    def test_left_out_beside_strangers_is_asked_again_twice(self):
        waiting = walls(1)
        for missed in (1, 2):
            found = outcome(ask(waiting, {"response": {"items": [item(77)]}}))
            assert isinstance(found, Again)
            assert (found.want.missed, found.charged) == (missed, False)
            waiting = [found.want]
        assert outcome(ask(waiting, {"response": {"items": [item(77)]}})).reason == Reason.NOT_FOUND

    def test_an_answer_with_other_posts_only_ends_no_link_at_once(self):
        tired = [Want(each.target, missed=2) for each in walls(2)]
        answer = ask(tired, {"response": {"items": [item(77), item(78)]}})
        assert {(found.charged, found.reason) for found in answer.outcomes.values()} == {(True, Reason.NOT_FOUND)}

    @pytest.mark.parametrize("shown", [[item(1, -1)], [item(1), item(1, 8)]])
    def test_what_makes_no_sense_is_asked_again_and_counts(self, shown):
        found = outcome(ask(walls(1), {"response": {"items": shown}}))
        assert (found.charged, found.reason) == (True, Reason.BAD_RESPONSE)

    def test_twice_the_same_is_once_and_twice_different_is_nothing(self):
        assert outcome(ask(walls(1), {"response": [item(1), item(1)]})).views == 7
        assert outcome(ask(walls(1), {"response": [item(1), item(1, 8)]})).reason == Reason.BAD_RESPONSE

    @pytest.mark.parametrize("strange", [None, 5, "x", [], {}, {"owner_id": "-1", "id": 1}, {"owner_id": -1}])
    def test_a_broken_item_spoils_no_other(self, strange):
        answer = ask(walls(1), {"response": {"items": [strange, item(1)]}})
        assert outcome(answer).views == 7


class TestWholeErrors:
    @pytest.mark.parametrize(
        ("code", "trouble"),
        [
            (5, Refused), (17, Refused), (1117, Refused), (3610, Refused),
            (6, Pause), (9, Pause), (14, Pause), (29, Pause), (103, Pause), (601, Pause), (3300, Pause),
            (2, Pause), (8, Pause), (13, Pause), (27, Pause), (28, Pause), (42, Pause),
        ],
    )  # fmt: skip
    def test_a_tokens_trouble_charges_no_link(self, code, trouble):
        answer = ask(walls(3), {"error": error(code)})
        assert isinstance(answer.trouble, trouble)
        assert all(isinstance(found, Again) and not found.charged for found in answer.outcomes.values())

    @pytest.mark.parametrize("code", [1, 10, 43, 7777])
    def test_vks_own_trouble_is_tried_again_and_counts(self, code):
        answer = ask(walls(2), {"error": error(code)})
        assert answer.trouble is None
        assert {(found.charged, found.reason) for found in answer.outcomes.values()} == {(True, Reason.VK_ERROR)}

    def test_one_bad_post_is_found_by_halves(self):
        waiting, asked, ended = walls(100), 0, {}
        while waiting:
            for call in plan(waiting, SERVICE):
                asked += 1
                numbers = [each.target.item for each in call.wants]
                bad = {"error": error(100)}
                good = {"response": {"items": [item(number) for number in numbers]}}
                ended |= vk.read(call, reply(bad if 37 in numbers else good)).outcomes
            waiting = [found.want for found in ended.values() if isinstance(found, Again)]
            ended = {target: found for target, found in ended.items() if not isinstance(found, Again)}
        assert {target.item for target, found in ended.items() if isinstance(found, Gone)} == {37}
        assert len(ended) == 100
        assert asked < 20

    @pytest.mark.parametrize("answer", [error(13, error_msg="response size is too big"), error(36)])
    def test_what_is_too_much_is_halved_and_remembered(self, answer):
        read = ask(walls(1000), {"error": answer}, USER)
        assert read.most == 500
        assert read.trouble is None

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b"", 200), (b"<html>", 200), (b"[]", 200), (b"{}", 200), (b'{"response": 1, "error": {}}', 200),
            (b"[" * 100_000, 200), (b"9" * 5000, 200), (b"\xff", 200), (b"{}", 502), (b"", 302), (b"", 429),
        ],
    )  # fmt: skip
    def test_what_is_no_answer_is_tried_again_and_counts(self, body, status):
        answer = ask(walls(2), body, status=status)
        assert all(isinstance(found, Again) and found.charged for found in answer.outcomes.values())

    def test_nothing_that_vk_says_in_words_is_passed_on(self):
        for code in (5, 9, 10, 15, 27, 28):
            assert "SECRET" not in repr(ask(walls(1), {"error": error(code)}))


class TestExecute:
    def test_errors_are_paired_with_the_calls_that_failed(self):
        wants = walls(250)
        parts = [False, {"items": [item(number) for number in range(101, 201)]}, False]
        answer = ask(wants, {"response": parts, "execute_errors": [error(15), error(10)]}, USER)
        outcomes = [answer.outcomes[each.target] for each in wants]
        assert {found.want.together for found in outcomes[:100]} == {50}
        assert {type(found) for found in outcomes[100:200]} == {Measured}
        assert {found.charged for found in outcomes[200:]} == {True}

    def test_a_probe_tells_a_user(self):
        answer = ask(walls(1), {"response": [{"items": [item(1)]}]}, FIRST)
        assert (answer.kind, outcome(answer).views) == ("user", 7)

    def test_a_probe_tells_a_service(self):
        answer = ask(walls(1), {"error": error(28)}, FIRST)
        assert (answer.kind, outcome(answer).charged, answer.trouble) == ("service", False, None)

    def test_a_probe_tells_a_community(self):
        answer = ask(walls(1), {"response": [False], "execute_errors": [error(27)]}, FIRST)
        assert (answer.kind, outcome(answer).charged) == ("community", False)
        assert isinstance(answer.trouble, Refused)
        assert "group_auth" in answer.trouble.why

    @pytest.mark.parametrize("response", [None, 5, [], [[], []], {"items": []}])
    def test_a_list_of_another_length_is_nothing(self, response):
        found = outcome(ask(walls(1), {"response": response}, USER))
        assert (found.charged, found.reason) == (True, Reason.BAD_RESPONSE)


NO_SCOPE = error(15, error_subcode=1133)
NO_METHOD = error(15, error_msg="Access denied: no access to call this method.")
OTHER_PROFILE = error(1051)
RIGHTS = pytest.mark.parametrize("refusal", [NO_SCOPE, NO_METHOD, OTHER_PROFILE])


class TestRights:
    """What a token has no right to says nothing of the posts, and its other calls go on."""

    @RIGHTS
    def test_a_token_without_the_right_to_videos_measures_the_rest(self, refusal):
        wants = [want("wall-1_1"), want("video-1_2")]
        parts = [{"items": [item(1)]}, False]
        answer = ask(wants, {"response": parts, "execute_errors": [refusal]}, USER)
        wall, video = (answer.outcomes[each.target] for each in wants)
        assert (wall.views, answer.lacks, answer.trouble) == (7, "video.get", None)
        assert (type(video), video.charged, video.reason) == (Again, False, Reason.CREDENTIAL)

    @RIGHTS
    def test_the_first_answer_of_a_token_tells_both(self, refusal):
        answer = ask(videos(1), {"response": [False], "execute_errors": [refusal]}, FIRST)
        assert (answer.kind, answer.lacks, answer.trouble) == ("user", "video.get", None)

    @RIGHTS
    @pytest.mark.parametrize("credential", [FIRST, USER, SERVICE])
    def test_refused_as_a_whole_it_is_the_token(self, refusal, credential):
        answer = ask(walls(3), {"error": refusal}, credential)
        assert isinstance(answer.trouble, Refused)
        assert {(type(found), found.charged) for found in answer.outcomes.values()} == {(Again, False)}

    @RIGHTS
    def test_refused_its_posts_it_is_the_token_too(self, refusal):
        answer = ask(walls(3), {"response": [False], "execute_errors": [refusal]}, USER)
        assert isinstance(answer.trouble, Refused)
        assert {(type(found), found.charged) for found in answer.outcomes.values()} == {(Again, False)}

    def test_an_applications_trouble_pauses_the_token(self):
        answer = ask(walls(3), {"error": error(15, error_subcode=1134)}, SERVICE)
        assert isinstance(answer.trouble, Pause)

    def test_videos_go_to_a_token_with_the_right(self):
        poor, rich = replace(USER, lacks=("video.get",)), replace(SECOND, kind="user")
        planned = plan(walls(1) + videos(2), poor, rich, access=ACCESS)
        assert {call.budget for call in planned if "video.get" in call.form["code"]} == {rich.budget}

    def test_where_no_token_has_the_right_videos_are_read_from_their_pages(self):
        poor = replace(USER, lacks=("video.get",))
        post, video = plan([want("wall-1_1"), want("video-1_2")], poor)
        assert (post.budget, video.budget) == (poor.budget, "host:vkvideo.ru")

    def test_while_a_token_that_may_have_it_rests_videos_wait(self):
        assert plan(videos(2), replace(USER, lacks=("video.get",)), access=ACCESS) == []


# Answers made up after public reports: kind of post and item asked, group by group, with the answer and what is right.
def shown_post(number, views):
    return {"items": [{"id": number, "owner_id": -1, "text": "made up", "views": {"count": views}}]}


REPORTED = [
    (  # Duff89/parser_avito#267
        [["wall-1_1"], ["video-1_2"]],
        {
            "response": [shown_post(1, 1001), False],
            "execute_errors": [{"method": "video.get", **error(15, error_subcode=1133)}],
        },
        {"wall-1_1": 1001, "video-1_2": "again, uncharged"},
    ),
    (  # python273/vk_api#397
        [[f"wall-1_{item}" for item in range(1, 101)], ["wall-1_101"]],
        {"response": [False, shown_post(101, 2101)], "execute_errors": [{"method": "wall.getById", **error(10)}]},
        {"wall-1_101": 2101, "wall-1_1": "again, with 100", "wall-1_100": "again, with 100"},
    ),
    (  # gitroomhq/postiz-app#1408
        [["wall-1_1"]],
        {"error": error(1051)},
        {"wall-1_1": "again, uncharged"},
    ),
]


@pytest.mark.parametrize(("groups", "said", "expected"), REPORTED)
def test_what_people_reported_is_read_right(groups, said, expected):
    answer = ask([want(name) for group in groups for name in group], said, USER)
    found = {target.key: outcome for target, outcome in answer.outcomes.items()}
    assert {name: told(found[name]) for name in expected} == expected


def told(outcome):
    if isinstance(outcome, Measured):
        return outcome.views
    assert isinstance(outcome, Again)
    return f"again, with {outcome.shared}" if outcome.shared else f"again, {'' if outcome.charged else 'un'}charged"


def test_an_answer_goes_by_the_code_that_nobody_knows():
    parts = {"response": [False, False], "execute_errors": [error(10), error(7777)]}
    assert ask(walls(200), parts, USER).code == "vk 7777"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["response", "error", "items", "views", "id", "execute_errors"]), inner)
    ),
    max_leaves=12,
)


@given(body=json_values.map(lambda value: json.dumps(value).encode()) | st.binary(), status=st.sampled_from([200, 500]))
@pytest.mark.parametrize("credential", [FIRST, USER, SERVICE])
def test_any_answer_gives_every_target_one_outcome(credential, body, status):
    (call,) = plan(walls(3), credential)
    answer = vk.read(call, reply(body, status))
    assert answer.outcomes.keys() == {each.target for each in call.wants}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("VK_TOKENS", "good,b\u00e4d"),
        ("VK_TOKENS", "two words"),
        ("VK_API_URL", "api.vk.com"),
        ("VK_API_URL", "ftp://api.vk.com"),
        ("VK_SITE_URL", "https://vk.com/wall"),
        ("VK_SITE_URL", "https://user@vk.com"),
        ("VK_VIDEO_URL", "https://[vk"),
        ("VK_VIDEO_URL", "https://vk.com:99999"),
        ("VK_REQUESTS_PER_SECOND", "0"),
        ("VK_REQUESTS_PER_SECOND", "nan"),
        ("VK_REQUESTS_PER_SECOND", "many"),
        ("EGRESS", "a b"),
        ("EGRESS", "х" * 5),
        ("EGRESS", "x" * 65),
    ],
)
def test_a_wrong_setting_is_named_and_no_token_repeated(name, text):
    with pytest.raises(ValueError, match=name) as caught:
        vk.access({name: text})
    assert "words" not in str(caught.value)


def test_tokens_are_told_apart_once():
    access = vk.access({"VK_TOKENS": " a , b,,a "})
    assert [credential.secret for credential in access.credentials] == ["a", "b"]


def test_pages_have_a_budget_for_each_address_that_they_are_read_from():
    (want,) = [Want(vk.identify("https://vk.com/wall-1_2"))]
    budgets = [vk.calls([want], vk.access({"EGRESS": egress}), ())[0].budget for egress in ("", "10.0.0.5", "b")]
    assert budgets == ["host:vk.com", "host:vk.com from 10.0.0.5", "host:vk.com from b"]
