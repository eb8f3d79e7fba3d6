"""The stand-in for VK, asked over HTTP: what tests rest on has to be as strict as VK and right about every post."""

import json
import time
from collections import Counter
from hashlib import sha256

import pytest
import requests

from crawler.platforms import vk
from crawler.platforms.contract import Again, Credential, Gone, Reply, Want
from crawler.platforms.vk.access import access
from crawler.reasons import Reason
from tests.vk_standin import truth
from tests.vk_standin.api import MOST_ITEM_BYTES, Api
from tests.vk_standin.client import StandIn
from tests.vk_standin.posts import item_of
from tests.vk_standin.settings import Settings
from tests.vk_standin.truth import Fate

pytestmark = pytest.mark.process

USER, SERVICE, COMMUNITY = "standin-user", "standin-service", "standin-community"
POST = {"posts": "-1_1"}
VIDEO = {"videos": "-1_1"}


@pytest.fixture(scope="module")
def started():
    with StandIn("--seed", "7") as standin:
        yield standin


@pytest.fixture
def standin(started):
    started.reset()
    return started


def names(*items):
    return ",".join(f"-1_{item}" for item in items)


def script(*calls):
    return f"return [{','.join(f'API.{method}({json.dumps(parameters)})' for method, parameters in calls)}];"


def code(answer):
    """Return an answer's error, 0 if it has none."""
    assert ("error" in answer) != ("response" in answer)
    return answer.get("error", {}).get("error_code", 0)


def items(answer):
    return {item["id"]: item for item in answer["response"]["items"]}


@pytest.mark.parametrize(
    ("method", "parameters", "expected", "message"),
    [
        ("wall.getById", {**POST, "v": ""}, 8, "v (version) is required"),
        ("wall.getById", {**POST, "access_token": ""}, 5, "no access_token passed"),
        ("wall.getById", {**POST, "access_token": "stranger"}, 5, "invalid access_token"),
        ("wall.get", {}, 3, "Unknown method"),
        ("wall.getById", {}, 100, "posts"),
        ("wall.getById", {"posts": "wall-1_1"}, 100, "invalid"),
        ("wall.getById", {"posts": "-1_1,"}, 100, "posts"),
        ("wall.getById", {"posts": names(*range(1, 102))}, 100, "no more than 100"),
        ("wall.getById", {"posts": names(*range(1, 101))}, 0, ""),
        ("video.get", {"videos": names(*range(1, 202)), "count": "200"}, 100, "no more than 200"),
        ("video.get", {"videos": names(*range(1, 201)), "count": "200"}, 0, ""),
        ("video.get", {**VIDEO, "count": "201"}, 100, "count"),
        ("video.get", {**VIDEO, "count": "many"}, 100, "count"),
        ("execute", {}, 12, "compile"),
        ("execute", {"code": "return 1;"}, 12, "compile"),
        ("execute", {"code": "return [API.wall.getById(5)];"}, 12, "compile"),
        ("execute", {"code": 'return [API.wall.getById({"posts":"-1_1"];'}, 12, "compile"),
        ("execute", {"code": "return [API.wall.getById({posts:1})];"}, 12, "compile"),
        ("execute", {"code": script(("wall.getById", POST)).replace("API", ",API")}, 12, "compile"),
        ("execute", {"code": script(("wall.getById", POST), ("wall.getById", POST)).replace("),", ")")}, 12, "compile"),
        ("execute", {"code": script(*[("wall.getById", POST)] * 25)}, 0, ""),
        ("execute", {"code": script(*[("wall.getById", POST)] * 26)}, 13, "Too many API calls"),
    ],
)
def test_what_vk_refuses(standin, method, parameters, expected, message):
    answer = standin.call(method, USER, **parameters)
    assert code(answer) == expected
    assert message in answer.get("error", {}).get("error_msg", "")


@pytest.mark.parametrize(
    ("method", "parameters", "codes"),
    [
        ("wall.getById", POST, {USER: 0, SERVICE: 0, COMMUNITY: 27}),
        ("video.get", VIDEO, {USER: 0, SERVICE: 28, COMMUNITY: 27}),
        ("execute", {"code": "return [];"}, {USER: 0, SERVICE: 28, COMMUNITY: 0}),
    ],
)
def test_each_kind_of_token_may_call_what_vk_lets_it(standin, method, parameters, codes):
    assert {token: code(standin.call(method, token, **parameters)) for token in codes} == codes


def test_a_token_counts_in_the_body_and_the_header_but_not_in_the_url(standin):
    url = f"{standin.url}/method/wall.getById"
    form = {"v": "5.199", **POST}
    in_header = requests.post(url, data=form, headers={"Authorization": f"Bearer {USER}"}, timeout=9)
    in_url = requests.post(url, data=form, params={"access_token": USER}, timeout=9)
    assert [code(answer.json()) for answer in (in_header, in_url)] == [0, 5]
    assert [entry["token_in_url"] for entry in standin.journal()] == [False, True]


def test_an_error_comes_with_http_200_and_repeats_the_call_with_its_token(standin):
    response = requests.post(
        f"{standin.url}/method/wall.getById", data={"access_token": "stranger", "v": "5.199", **POST}, timeout=9
    )
    assert response.status_code == 200
    given = {pair["key"]: pair["value"] for pair in response.json()["error"]["request_params"]}
    assert given == {"method": "wall.getById", "access_token": "stranger", "v": "5.199", **POST}


def test_items_come_in_another_order_and_with_their_counts(standin):
    wanted = range(1, 101)
    answer = standin.call("wall.getById", SERVICE, posts=names(*wanted))
    order = [item["id"] for item in answer["response"]["items"]]
    assert order != list(wanted)
    assert sorted(order) == list(wanted)
    for item, shown in items(answer).items():
        counts = {name: shown[name]["count"] for name in ("likes", "comments", "reposts")}
        assert shown["views"]["count"] == truth.views("wall", -1, item)
        assert counts == truth.companions("wall", -1, item)


@pytest.mark.parametrize("kind", ["wall", "video"])
def test_no_item_is_larger_than_the_api_takes_it_for(kind):
    sizes = [len(json.dumps(item_of(kind, -(10**9), 10**12 + end))) for end in range(1000)]
    assert max(sizes) < MOST_ITEM_BYTES


def test_the_order_is_the_seeds():
    def order(seed):
        api = Api({USER: "user"}, Settings(), seed)
        answer = api.answer("wall.getById", {"v": "5.199", "posts": names(*range(1, 51))}, USER, None)
        return [item["id"] for item in answer["response"]["items"]]

    assert order(1) == order(1) != order(2)


def test_a_hundred_videos_come_unless_more_are_asked_for(standin):
    videos = names(*range(1, 151))
    assert len(items(standin.call("video.get", USER, videos=videos))) == 100
    assert len(items(standin.call("video.get", USER, videos=videos, count="150"))) == 150


def test_execute_puts_false_for_what_failed_and_lists_the_errors_in_order(standin):
    program = script(("wall.getById", {"posts": names(910)}), ("wall.getById", POST), ("wall.edit", {}))
    answer = standin.call("execute", USER, code=program)
    assert [part if part is False else len(part["items"]) for part in answer["response"]] == [False, 1, False]
    errors = [(error["method"], error["error_code"]) for error in answer["execute_errors"]]
    assert errors == [("wall.getById", 15), ("wall.edit", 3)]


def test_inside_of_execute_a_communitys_token_reads_nothing(standin):
    answer = standin.call("execute", COMMUNITY, code=script(("wall.getById", POST), ("video.get", VIDEO)))
    assert answer["response"] == [False, False]
    assert [error["error_code"] for error in answer["execute_errors"]] == [27, 27]


def test_an_answer_of_execute_can_be_too_big(standin):
    program = script(*[("wall.getById", {"posts": names(*range(1, 101))})] * 2)
    standin.set(most_bytes=100_000)
    answer = standin.call("execute", USER, code=program)
    assert code(answer) == 13
    assert "response size is too big" in answer["error"]["error_msg"]
    standin.set(most_bytes=1_000_000)
    assert code(standin.call("execute", USER, code=program)) == 0


def test_a_late_post_comes_the_third_time_and_a_replaced_one_never(standin):
    late, replaced = 914, 915
    seen = [items(standin.call("wall.getById", USER, posts=names(1, late, replaced))).keys() for _ in range(4)]
    assert [late in ids for ids in seen] == [False, False, True, True]
    assert [replaced in ids for ids in seen] == [False] * 4
    assert all(ids - {1, late, replaced} for ids in seen)


def test_a_call_that_fails_does_not_count_as_one_that_left_a_post_out(standin):
    assert code(standin.call("wall.getById", USER, posts=names(914, 910))) == 15
    seen = [914 in items(standin.call("wall.getById", USER, posts=names(914))) for _ in range(3)]
    assert seen == [False, False, True]


def test_a_post_can_come_twice(standin):
    answer = standin.call("wall.getById", USER, posts=names(1, 917))
    assert Counter(item["id"] for item in answer["response"]["items"]) == {1: 1, 917: 2}


FATES = sorted(which.value for which in Fate)


def resolve(standin, kind, item, mode):
    """Ask as the crawler does until there is a result; return its views or its reason."""
    token, secret = ("service", SERVICE) if kind == "wall" else ("user", USER)
    credentials = (Credential("f" * 16, secret, token),) if mode == "api" else ()
    how = access({**standin.environment(), "VK_TOKENS": (credentials and secret) or ""})
    outcome = Again(Want(vk.target(f"{kind}-1_{item}", "")), Reason.NOT_FOUND)
    while isinstance(outcome, Again) and not outcome.charged:
        (call,) = vk.calls([outcome.want], how, credentials)
        response = requests.request("POST" if call.form else "GET", call.url, data=call.form, timeout=9)
        reply = Reply(response.status_code, response.url, response.headers["Content-Type"], response.content)
        outcome = vk.read(call, reply).outcomes[outcome.want.target]
    return outcome.reason if isinstance(outcome, Gone | Again) else outcome.views


@pytest.mark.parametrize("mode", ["api", "page"])
@pytest.mark.parametrize("kind", ["wall", "video"])
def test_the_oracle_knows_how_every_post_ends(standin, kind, mode):
    ends = {item: resolve(standin, kind, item, mode) for item in [1, *FATES]}
    assert ends == {item: truth.expected(kind, -1, item, mode) for item in ends}


def test_the_oracle_knows_every_kind_of_end():
    ends = {truth.expected("wall", -1, item, mode) for item in FATES for mode in ("api", "page")}
    words = {end for end in ends if isinstance(end, str)}
    assert words == {
        "not_found",
        "deleted",
        "private",
        "invalid_link",
        "views_hidden",
        "bad_response",
        "blocked",
        "layout_changed",
    }
    assert words <= set(Reason)


def test_views_are_those_of_the_post_and_of_all_sizes():
    numbers = [truth.views(kind, owner, item) for kind in ("wall", "video") for owner in (-1, 1) for item in range(900)]
    assert len(set(numbers)) > len(numbers) * 0.99
    assert max(numbers) > 2**32
    assert truth.views("clip", -1, 1) == truth.views("video", -1, 1)


def page(standin, item):
    return requests.get(f"{standin.url}/wall-1_{item}", timeout=9)


@pytest.mark.parametrize(
    ("item", "charset", "carrier"),
    [
        (1, "windows-1251", 'Object.assign(window.cur || {{}}, {{"apiPrefetchCache":['),
        (919, "windows-1251", "K</div>"),
        (920, "windows-1251", 'data-testid="post_footer_action_like"'),
        (921, "utf-8", "<app-root>"),
        (930, "windows-1251", 'class="like_views _views" data-count="{count}"'),
        (931, "windows-1251", 'class="like_views _views" title="{count} просмотров"'),
        (932, "windows-1251", 'class="like_views like_views--inActionPanel" title="{count} views"'),
        (933, "windows-1251", '<span class="_views" data-count="{count}">'),
        (934, "utf-8", 'class="wall_item_views" aria-label="{count:\u202f} просмотров"'),
        (935, "windows-1251", '<span class="PostBottomAction__count">{count:\u00a0}</span>'),
        (936, "windows-1251", "window.cur.apiPrefetchCache = ["),
        (937, "windows-1251", 'title="{count:\u00a0} просмотров"'),
        (
            938,
            "windows-1251",
            'data-post-id="-1_938"><p>Текст, 7 просмотров</p><div class="like_views _views" data-count="{count}"',
        ),
    ],
)
def test_pages_of_all_years(standin, item, charset, carrier):
    response = page(standin, item)
    assert (response.status_code, response.headers["Content-Type"]) == (200, f"text/html; charset={charset}")
    assert carrier.format(count=Grouped(truth.views("wall", -1, item))) in response.content.decode(charset)


class Grouped(int):
    """A number that `format` groups by the space it is told."""

    def __format__(self, space):
        return f"{int(self):,}".replace(",", space) if space else str(int(self))


def test_other_posts_stand_before_the_wanted_one(standin):
    text = page(standin, 938).content.decode("windows-1251")
    assert text.index('data-post-id="-1_9380"') < text.index('data-post-id="-1_3"') < text.index('"-1_938"')


@pytest.mark.parametrize(
    ("item", "status", "path"),
    [
        (901, 404, "/wall-1_901"),
        (922, 200, "/challenge.html"),
        (923, 200, "/429.html"),
        (924, 200, "/badbrowser.php"),
        (925, 200, "/login"),
        (926, 418, "/wall-1_926"),
    ],
)
def test_what_stands_in_the_way_of_a_page(standin, item, status, path):
    response = page(standin, item)
    assert (response.status_code, requests.utils.urlparse(response.url).path) == (status, path)


@pytest.mark.parametrize("path", ["/", "/wall-1_x", "/wall-1_1/", "/video_ext.php", "/video_ext.php?oid=a&id=b"])
def test_what_is_no_post_is_a_404(standin, path):
    response = requests.get(standin.url + path, timeout=9)
    assert response.status_code == 404
    assert "page_not_found_placeholder" in response.text


def test_robots_txt_allows_all_unless_told_otherwise(standin):
    assert "Allow: /" in requests.get(f"{standin.url}/robots.txt", timeout=9).text
    standin.set(robots="User-agent: *\nDisallow: /\n")
    assert "Disallow: /" in requests.get(f"{standin.url}/robots.txt", timeout=9).text
    assert [entry["method"] for entry in standin.journal()] == ["robots.txt"] * 2


def test_the_rate_is_held_by_token_over_every_window_of_a_second():
    now = [0.0]
    api = Api({USER: "user", SERVICE: "service"}, Settings(rate=3, rate_tolerance=1), clock=lambda: now[0])

    def codes(times, token=USER):
        for now[0] in times:
            yield code(api.answer("wall.getById", {"v": "5.199", **POST}, token, None))

    assert list(codes([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])) == [0, 0, 0, 0, 6, 6]
    assert list(codes([1.0], SERVICE)) == [0]
    assert list(codes([1.9])) == [0]


def test_the_rate_can_be_set(standin):
    standin.set(rate=0.5)
    assert code(standin.call("wall.getById", USER, **POST)) == 6
    standin.set(rate_tolerance=100)
    assert code(standin.call("wall.getById", USER, **POST)) == 0


def test_an_answer_takes_as_long_as_was_set(standin):
    standin.set(latency=0.2)
    began = time.monotonic()
    standin.call("wall.getById", USER, **POST)
    assert time.monotonic() - began >= 0.2


def test_the_journal_has_every_request_and_no_token(standin):
    standin.call("wall.getById", SERVICE, posts=names(1, 2, 3))
    standin.call("execute", USER, code=script(("wall.getById", POST), ("video.get", {"videos": names(4, 5)})))
    standin.call("video.get", SERVICE, **VIDEO)
    page(standin, 923)
    journal = standin.journal()
    assert [(entry["method"], entry["ids"], entry["kind"], entry["error"]) for entry in journal] == [
        ("wall.getById", 3, "service", 0),
        ("execute", 3, "user", 0),
        ("video.get", 1, "service", 28),
        ("page", 1, "", 0),
        ("page", 1, "", 0),
    ]
    assert [entry["path"] for entry in journal[3:]] == ["/wall-1_923", "/429.html"]
    assert journal[0]["token"] == sha256(SERVICE.encode()).hexdigest()[:16]
    assert [entry["time"] for entry in journal] == sorted(entry["time"] for entry in journal)
    assert not any(token in json.dumps(journal) for token in (USER, SERVICE))
    assert standin.counts() == {
        "requests": {"wall.getById": 1, "execute": 1, "video.get": 1, "page": 2},
        "ids": {"wall.getById": 3, "execute": 3, "video.get": 1, "page": 2},
        "errors": {"28": 1},
    }


def test_a_planted_error_happens_as_often_as_was_said(standin):
    standin.fault(method="wall.getById", code=29, message="Rate limit reached", times=2)
    seen = [code(standin.call("wall.getById", USER, **POST)) for _ in range(3)]
    assert seen == [29, 29, 0]
    standin.fault(code=10, times=0)
    assert {code(standin.call("video.get", USER, **VIDEO)) for _ in range(5)} == {10}


def test_a_planted_error_carries_its_fields(standin):
    standin.fault(code=14, message="Captcha needed", fields={"captcha_sid": "1", "redirect_uri": "https://x"})
    error = standin.call("wall.getById", USER, **POST)["error"]
    assert (error["error_msg"], error["captcha_sid"], error["redirect_uri"]) == ("Captcha needed", "1", "https://x")


@pytest.mark.parametrize("condition", [{"token": SERVICE}, {"kind": "service"}])
def test_a_fault_can_be_one_tokens(standin, condition):
    standin.fault(code=5, times=0, **condition)
    assert [code(standin.call("wall.getById", token, **POST)) for token in (USER, SERVICE)] == [0, 5]


def test_a_fault_can_be_inside_of_execute(standin):
    standin.fault(inner="video.get", code=204)
    answers = [
        standin.call("execute", USER, code=script(("wall.getById", POST), ("video.get", VIDEO))) for _ in range(2)
    ]
    assert answers[0]["response"][1] is False
    assert [error["error_code"] for error in answers[0]["execute_errors"]] == [204]
    assert "execute_errors" not in answers[1]


def test_an_answer_can_be_anything(standin):
    standin.fault(status=502)
    standin.fault(body="<html>")
    responses = [requests.post(f"{standin.url}/method/execute", timeout=9) for _ in range(2)]
    assert [(response.status_code, response.text) for response in responses] == [(502, ""), (200, "<html>")]


def test_a_page_can_fail_but_not_with_an_error_of_the_api(standin):
    standin.fault(code=29)
    assert page(standin, 1).status_code == 200
    assert code(standin.call("wall.getById", USER, **POST)) == 29
    standin.fault(method="page", status=503)
    assert page(standin, 1).status_code == 503


def test_a_connection_can_drop_or_hang(standin):
    url = f"{standin.url}/method/execute"
    standin.fault(drop=True)
    with pytest.raises(requests.ConnectionError):
        requests.post(url, timeout=9)
    standin.fault(hang=True)
    with pytest.raises(requests.ReadTimeout):
        requests.post(url, timeout=0.2)
    assert requests.post(url, timeout=9).ok


@pytest.mark.parametrize(
    ("control", "given", "message"),
    [
        ("fault", {"cod": 29}, "cod"),
        ("fault", {"method": "execute"}, "needs one of"),
        ("fault", {"inner": "wall.getById", "drop": True}, "needs a code"),
        ("set", {"latancy": 1}, "latancy"),
        ("set", {"latency": "fast"}, "latency must be of type float"),
        ("set", {"most_bytes": True}, "most_bytes must be of type int"),
    ],
)
def test_what_is_planted_wrongly_is_refused(standin, control, given, message):
    with pytest.raises(ValueError, match=message):
        getattr(standin, control)(**given)


def test_reset_forgets_everything(standin):
    standin.set(rate=0.5, robots="")
    standin.fault(code=29, times=0)
    standin.call("wall.getById", USER, posts=names(914))
    standin.reset()
    assert standin.journal() == []
    assert 914 not in items(standin.call("wall.getById", USER, posts=names(914)))
    assert requests.get(f"{standin.url}/robots.txt", timeout=9).text


def test_options_are_those_of_the_command_line():
    options = ["--token", "user:one", "--token", "service:two", "--rate", "0.5", "--max-answer-bytes", "1"]
    with StandIn(*options, "--rate-tolerance", "9") as standin:
        codes = [code(standin.call("video.get", token, **VIDEO)) for token in ("one", "two", USER)]
        assert codes == [0, 28, 5]
        assert code(standin.call("execute", "one", code="return [];")) == 13
        standin.set(rate_tolerance=0)
        assert code(standin.call("video.get", "one", **VIDEO)) == 6


def test_it_ends_with_its_user():
    with StandIn() as standin:
        hanging = standin.process
    assert hanging.returncode == 0


def test_a_failed_start_says_why():
    with pytest.raises(RuntimeError, match="must be KIND:TOKEN"), StandIn("--token", "friend:one"):
        pass


def test_a_joint_post_is_shown_under_its_first_authors_number(standin):
    (shown,) = items(standin.call("wall.getById", USER, posts="-1_961")).values()
    assert (shown["owner_id"], shown["id"]) == truth.first_author("wall", -1, 961) == (-2, 461)
    assert shown["coowners"]["coowner_post_id"] == {"owner_id": -1, "post_id": 961}
    own = items(standin.call("wall.getById", USER, posts="-2_461"))[461]
    assert own["views"] == shown["views"] == {"count": truth.views("wall", -1, 961)}


def test_a_video_that_opens_by_link_only_is_left_out_without_its_key(standin):
    for given, found in [("-1_960", []), ("-1_960_ln-x", []), (f"-1_960_{truth.key(-1, 960)}", [960])]:
        assert [*items(standin.call("video.get", USER, videos=given))] == found
