"""What fails again and again is halved until the guilty post is alone: the real platform, no network and no clock."""

import json
from dataclasses import replace

import pytest

from crawler.platforms import vk
from crawler.platforms.contract import Again, Reply
from crawler.queue.claims import COMMON, Claimed
from crawler.run.pool import Pool
from tests.thoroughness import every
from tests.vk_standin.program import inner_calls

ACCESS = vk.access({"VK_TOKENS": "one,two"})
ONE, TWO = (replace(credential, kind="user") for credential in ACCESS.credentials)
SERVICE = replace(ONE, kind="service")
MOST_REQUESTS = 3000
BROKEN = Reply(500, "", "text/html", b"")
SERVER, UNKNOWN, TIMEOUT = ({"error_code": code, "error_msg": "made up"} for code in (10, 7777, 36))


class World:
    """A pool and a queue as they are in a run, and a VK that `answers`."""

    def __init__(self, count, answers, *credentials, kind="wall"):
        self.pool, self.answers, self.credentials = Pool(vk, ACCESS), answers, credentials
        self.kind, self.asked, self.now, self.ended = kind, [], 0.0, {}
        self.waits = dict.fromkeys(range(1, count + 1), (0.0, 0, 0, 0))  # due, attempts, failures, company

    def run(self, seconds=1e6):
        """Work until nothing waits; each request and each wait as the spider has them, one request at a time."""
        while self.now < seconds and (self.waits or self.pool.links):
            assert len(self.asked) < MOST_REQUESTS
            self.claim()
            while call := self.pool.next_call(self.credentials, lambda _: True):
                self.asked.append((self.now, call))
                self.land(call)
            assert self.waits or not self.pool.links, "nothing is asked, and nothing waits"
            self.now = min((due for due, *_ in self.waits.values()), default=self.now)
        return self

    def claim(self):
        due = {item: wait for item, wait in self.waits.items() if wait[0] <= self.now}
        careful = [item for item, wait in due.items() if wait[1] and wait[3]]
        if len(careful) == len(due) and not self.pool.links:
            due = {item: due[item] for item in careful[: due[careful[0]][3] if careful else 0]}
        else:
            due = {item: due[item] for item in due if item not in careful}
        self.tried = getattr(self, "tried", {}) | {item: wait[1:3] for item, wait in due.items()}
        for item in due:
            del self.waits[item]
        claimed = [Claimed(item, item, f"{self.kind}-1_{item}", "", wait[2], wait[3]) for item, wait in due.items()]
        self.pool.take(claimed)

    def land(self, call):
        reply = self.answers(self, call)
        outcomes = vk.read(call, reply).outcomes
        for result in self.pool.settle(self.pool.returned(call, outcomes, self.credentials), 200):
            (item,) = result.link_ids
            self.save(item, result.outcome)

    def save(self, item, outcome):
        attempts, failures = self.tried[item]
        before = attempts + min(failures, COMMON)
        if not isinstance(outcome, Again):
            self.ended[item] = "done"
        elif outcome.charged and before >= 7:
            self.ended[item] = outcome.reason
        elif outcome.charged:
            self.waits[item] = (self.now + 5 * 2**before, attempts + 1, failures, outcome.want.company)
        else:
            assert outcome.later
            self.waits[item] = (self.now + 5 * 2 ** min(failures, 7), attempts, failures + 1, outcome.want.company)

    @property
    def failed(self):
        return {item: how for item, how in self.ended.items() if how != "done"}

    @property
    def sizes(self):
        return [len(call.wants) for _, call in self.asked]


def shown(wants):
    views = 7 if wants[0].target.kind == "video" else {"count": 7}
    return {"items": [{"owner_id": -1, "id": want.target.item, "views": views} for want in wants]}


def answer(call, poison, inner=None, plain=None):
    """Inner calls and plain calls with a poison post get these errors."""
    parts, errors = [], []
    for group in call.groups:
        bad = any(want.target.item in poison for want in group)
        if bad and not call.url.endswith("execute") and plain:
            return Reply(200, "", "", json.dumps({"error": plain}).encode())
        bad = bad and call.url.endswith("execute") and inner
        parts.append(False if bad else shown(group))
        errors += [inner] if bad else []
    if call.url.endswith("execute"):
        return Reply(200, "", "", json.dumps({"response": parts, "execute_errors": errors}).encode())
    return Reply(200, "", "", json.dumps({"response": parts[0]}).encode())


def whole(poison, *, plain=True, reply=BROKEN):
    """Whatever holds a poison post fails as a whole; with `plain` plain calls too."""

    def answers(_world, call):
        execute = call.url.endswith("execute")
        bad = any(want.target.item in poison for want in call.wants)
        return reply if bad and (execute or plain) else answer(call, ())

    return answers


def error(fields):
    return Reply(200, "", "", json.dumps({"error": fields}).encode())


WHOLE = {
    "http 500": BROKEN,
    "no json": Reply(200, "", "text/html", b"<html>"),
    "cut off": Reply(200, "", "", b'{"response": [{"items'),
    "error 1": error({"error_code": 1}),
    "error 10": error(SERVER),
    "error 36": error(TIMEOUT),
    "unknown": error(UNKNOWN),
}


@pytest.mark.parametrize("reply", every(3, list(WHOLE.values())), ids=every(3, list(WHOLE)))
@pytest.mark.parametrize("place", every(3, [1, 1250, 1251, 2500]))
def test_of_2500_in_one_call_only_the_guilty_post_ends_failed(reply, place):
    world = World(2500, whole({place}, reply=reply), ONE).run()
    assert world.failed == {place: "vk_error"}
    assert len(world.ended) == 2500
    assert len(world.asked) <= 41, "one, and forty further ones"


@pytest.mark.parametrize("fields", [SERVER, TIMEOUT, UNKNOWN, {"error_code": 1}])
def test_so_it_is_with_an_inner_call(fields):
    world = World(2500, lambda _, call: answer(call, {777}, fields, fields), ONE).run()
    assert world.failed == {777: "vk_error"}
    assert len(world.asked) <= 41
    assert sum(world.sizes) < 2500 + 100 * 5, "what worked was kept"


@pytest.mark.parametrize("tokens", [(SERVICE,), (ONE, TWO)])
def test_so_it_is_with_plain_calls_and_with_several_tokens(tokens):
    world = World(2500, whole({1234}), *tokens).run()
    assert world.failed == {1234: "vk_error"}
    assert len(world.asked) <= 25 + 41


def test_videos_too():
    world = World(5000, whole({4321}), ONE, kind="video").run()
    assert world.failed == {4321: "vk_error"}


@pytest.mark.parametrize("poison", every(3, [{1, 2}, {1, 2500}, {7, 700, 1300, 1900, 2400}, set(range(1, 2500, 250))]))
def test_several_guilty_posts_are_found(poison):
    world = World(2500, whole(poison), ONE).run()
    assert world.failed == dict.fromkeys(poison, "vk_error")
    assert len(world.ended) == 2500
    assert len(world.asked) <= 41 * len(poison)


@pytest.mark.parametrize("poison", [{5}, {5, 1500}, set(range(1, 101))])
def test_where_plain_calls_work_nothing_fails_at_all(poison):
    world = World(2500, whole(poison, plain=False), ONE).run()
    assert world.failed == {}
    assert len(world.ended) == 2500
    assert len(world.asked) <= 20 + 10 * min(3, len(poison))
    assert [call for _, call in world.asked if call.url.endswith("wall.getById")]


def test_an_inner_call_that_fails_in_execute_only_falls_back_too():
    world = World(2500, lambda _, call: answer(call, {5}, SERVER), ONE).run()
    assert world.failed == {}
    assert len(world.asked) <= 5


def test_only_who_fails_alone_is_charged():
    world = World(2500, whole({1, 1777}), ONE)
    charged = set()
    save = world.save
    world.save = lambda item, outcome: (
        charged.add(item) if isinstance(outcome, Again) and outcome.charged else None,
        save(item, outcome),
    )
    world.run()
    assert charged == {1, 1777}


@pytest.mark.parametrize("links", every(4, [2500, 1, 2, 3, 100, 10_000]))
@pytest.mark.parametrize("credential", [ONE, SERVICE])
def test_an_outage_makes_no_storm(links, credential):
    """Two minutes: today's requests are one a call and wait, at 0, 5, 15, 35, 75 and 155 s."""
    calls = -(-links // (100 if credential is SERVICE else 2500))
    world = World(links, lambda world, call: BROKEN if world.now < 120 else answer(call, ()), credential).run()
    assert {*world.ended.values()} == {"done"}
    assert len(world.asked) <= 1.5 * 6 * calls


def test_an_outage_of_inner_calls_makes_no_storm_either():
    def answers(world, call):
        return answer(call, range(1, 2501) if world.now < 120 else (), SERVER, SERVER)

    world = World(2500, answers, ONE).run()
    assert {*world.ended.values()} == {"done"}
    assert len(world.asked) <= 1.5 * 6


def test_an_outage_that_begins_when_all_was_well_makes_no_storm():
    def answers(world, call):
        return BROKEN if len(world.asked) > 1 and world.now < 120 else answer(call, ())

    world = World(10_000, answers, ONE).run()
    assert {*world.ended.values()} == {"done"}
    assert len(world.asked) <= 1.5 * 6 * 4


def test_an_unknown_code_is_asked_of_another_token_first():
    def answers(_world, call):
        return error(UNKNOWN) if call.budget == ONE.budget else answer(call, ())

    world = World(100, answers, ONE, TWO).run()
    assert {*world.ended.values()} == {"done"}
    assert (world.now, len(world.asked)) == (0, 2)


def test_what_no_token_knows_ends_charged():
    world = World(1, lambda *_: error(UNKNOWN), ONE, TWO).run()
    assert world.failed == {1: "vk_error"}
    assert len(world.asked) == 16, "each of eight tries of both"


def test_a_token_that_cannot_help_is_no_other_token():
    world = World(1, lambda *_: error(UNKNOWN), ONE, replace(TWO, kind="service"), kind="video").run()
    assert world.failed == {1: "vk_error"}


def test_another_kind_that_works_proves_nothing():
    """Videos fail all the time, walls never: the videos are not asked one by one."""

    def answers(_world, call):
        return answer(call, {want.target.item for want in call.wants if want.target.kind == "video"}, SERVER, SERVER)

    world = World(1000, answers, ONE, kind="video")
    world.pool.take([Claimed(item, item, f"wall-1_{item}", "") for item in range(2001, 2101)])
    world.tried = dict.fromkeys(range(2001, 2101), (0, 0))
    world.run(seconds=600)
    assert len(world.asked) < 20


def test_the_program_of_execute_stays_one_that_compiles():
    world = World(2500, whole({5}), ONE).run()
    for _, call in world.asked:
        if call.url.endswith("execute"):
            assert 0 < len(inner_calls(call.form["code"])) <= 25
