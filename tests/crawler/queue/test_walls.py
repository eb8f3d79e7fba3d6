"""Names of walls are written where they changed, and only there."""

import pytest
from sqlalchemy import select

from crawler.platforms.contract import About
from crawler.queue import walls
from crawler.store.database import writing
from crawler.store.models.posts import Wall
from tests.seed import seed


@pytest.fixture
def run(engine):
    return seed(engine, ["wall-1_1"])


def say(engine, run, *said):
    with writing(engine) as connection:
        walls.save(connection, run, said)
        rows = connection.execute(select(Wall.platform, Wall.owner, Wall.name, Wall.members, Wall.seen_at))
        return {row.owner: (row.name, row.members, row.seen_at) for row in rows if row.platform == "vk"}


def test_a_name_and_its_members_are_kept_until_others_are_told(engine, run):
    first = say(engine, run, About(owner=-1, owner_name="Один", members=7), About(owner=2, owner_name="Два"), About())
    assert {owner: known[:2] for owner, known in first.items()} == {-1: ("Один", 7), 2: ("Два", None)}
    assert say(engine, run, About(owner=-1, owner_name="Один", members=7), About(owner=2)) == first
    assert say(engine, run, About(owner=-1, owner_name="Один")) == first
    later = say(engine, run, About(owner=-1, owner_name="Один", members=8))
    assert (later[-1][:2], later[2]) == (("Один", 8), first[2])
    assert later[-1][2] > first[-1][2]
    assert say(engine, run, About(owner=-1, owner_name="Новый"))[-1][:2] == ("Новый", 8)
