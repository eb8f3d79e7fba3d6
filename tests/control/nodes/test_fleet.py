"""Which nodes there are, and which of them get runs."""

import json

import pytest
from sqlalchemy import update

from control.nodes.fleet import Member, members_of, places
from crawler.process.environment import VERSION
from crawler.queue import nodes
from crawler.queue.nodes import Description
from crawler.store.database import now
from crawler.store.models.hosts import Node
from crawler.store.models.runs import Run
from tests.seed import seed

LIKE_ALL = {"requests per second for vk": "3", "tokens for vk": "some"}
URL = "http://10.0.0.{}:6800"
HERE = "here"


def described(number, host="", slots=2, version="1.0.0", **traits):
    names = {"rate": "requests per second for vk", "tokens": "tokens for vk"}
    other = {names[name]: value for name, value in traits.items()}
    return Description(URL.format(number), host or f"host {number}", slots, version, json.dumps(LIKE_ALL | other))


def look(engine, *listed):
    with engine.connect() as connection:
        return {each.url: each for each in members_of(dict.fromkeys(listed, 7), HERE)(connection)}


@pytest.fixture
def three(engine):
    for number in (1, 2, 3):
        assert nodes.register(engine, described(number))
    return engine


def test_a_node_is_there_as_soon_as_it_registers(three):
    assert look(three) == {URL.format(n): Member(URL.format(n), 2) for n in (1, 2, 3)}
    assert nodes.register(three, described(1, slots=5))
    assert look(three)[URL.format(1)].slots == 5


def test_a_node_in_the_setting_that_cannot_register_has_the_settings_slots(three):
    found = look(three, "http://10.9.9.9:6800", URL.format(1))
    assert found["http://10.9.9.9:6800"] == Member("http://10.9.9.9:6800", 7)
    assert len(found) == 4


def test_a_silent_node_gets_no_runs_until_it_is_heard_again(three):
    with three.begin() as connection:
        silent = now() - nodes.SILENT_SECONDS - 1
        connection.execute(update(Node).where(Node.url == URL.format(1)).values(seen_at=silent))
    assert look(three)[URL.format(1)].fault == "it is silent"
    nodes.register(three, described(1))
    assert look(three)[URL.format(1)].usable


def test_a_node_that_ends_is_silent_at_once(three):
    nodes.leave(three, described(1))
    assert not look(three)[URL.format(1)].usable


@pytest.mark.parametrize(
    ("odd", "fault"),
    [
        ({"version": "1.1.0"}, "version: 1.1.0, elsewhere 1.0.0"),
        ({"rate": "5"}, "requests per second for vk: 5, elsewhere 3"),
        ({"tokens": "none"}, "tokens for vk: none, elsewhere some"),
    ],
)
def test_a_node_unlike_the_others_is_named_with_what_differs(three, odd, fault):
    nodes.register(three, described(3, **odd))
    found = look(three)
    assert {url: each.fault for url, each in found.items()} == {
        URL.format(1): "",
        URL.format(2): "",
        URL.format(3): fault,
    }


def test_of_two_nodes_the_one_without_tokens_is_the_odd_one(engine):
    nodes.register(engine, described(1, tokens="none"))
    nodes.register(engine, described(2))
    assert [each.usable for each in look(engine).values()] == [False, True]


@pytest.mark.parametrize("versions", [("0.0.1", VERSION), (VERSION, "0.0.1"), (VERSION, "99.0.0"), ("99.0.0", VERSION)])
def test_of_two_versions_that_of_the_scheduler_is_the_usual_one(engine, versions):
    """While hosts are brought up to date one after another, half of the nodes may be of either version."""
    for number, version in enumerate(versions, 1):
        nodes.register(engine, described(number, version=version))
    assert [each.usable for each in look(engine).values()] == [version == VERSION for version in versions]


def test_a_silent_node_does_not_say_what_is_usual(engine):
    for number in (1, 2):
        nodes.register(engine, described(number))
        nodes.leave(engine, described(number))
    nodes.register(engine, described(3, version="1.1.0"))
    assert look(engine)[URL.format(3)].usable


def test_another_hosts_own_address_is_of_no_use(engine):
    url = "http://127.0.0.1:6800"
    nodes.register(engine, described(1)._replace(url=url))
    assert "set NODE_URL" in look(engine)[url].fault
    assert look(engine, url)[url].usable  # who lists it says that it can be reached
    nodes.register(engine, described(1, host=HERE)._replace(url=url + "1"))
    assert look(engine)[url + "1"].usable


def test_two_hosts_cannot_have_one_address(three):
    assert not nodes.register(three, described(1, host="another"))
    nodes.leave(three, described(1))
    assert nodes.register(three, described(1, host="another"))


def test_a_node_drains_and_is_forgotten(three):
    url = URL.format(1)
    assert nodes.set_draining(three, url, draining=True)
    assert nodes.register(three, described(1))  # which does not end it
    assert look(three)[url].draining
    assert not look(three)[url].usable
    assert nodes.set_draining(three, url, draining=False)
    assert nodes.forget(three, url)
    assert url not in look(three)
    assert not nodes.forget(three, url)
    assert not nodes.set_draining(three, url, draining=True)


def test_free_slots_are_those_that_runs_leave(three):
    seed(three, ["wall-1_1"])
    with three.begin() as connection:
        connection.execute(update(Run).values(node=URL.format(2)))
    nodes.set_draining(three, URL.format(3), draining=True)
    with three.connect() as connection:
        assert places(connection, members_of({}, HERE)) == {URL.format(1): 2, URL.format(2): 1}
