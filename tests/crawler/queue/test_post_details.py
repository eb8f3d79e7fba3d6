"""What is said of posts is written where it changed, and only there."""

import pytest
from sqlalchemy import insert, select

from crawler.platforms.contract import NOTHING_SAID, About
from crawler.queue import post_details
from crawler.queue.post_details import Said
from crawler.store.database import writing
from crawler.store.models.posts import Post, Reading
from tests.seed import seed

COLUMNS = (Post.published_at, Post.edited_at, Post.marked_as_ads, Post.owner, Post.erids)


@pytest.fixture
def post(engine):
    seed(engine, ["wall-1_1"], run=False)
    return 1


def say(engine, about, at=100.0):
    with writing(engine) as connection:
        post_details.save(connection, {1: Said(about, at)})
        row = connection.execute(select(*COLUMNS)).one()
        return tuple(row), connection.execute(select(Post.said_at, Post.erid_lost_at)).one()


def test_it_is_written_where_it_changed_with_when_that_was_seen(engine, post):
    first, seen = say(engine, About(10, None, True, ("abcdef", "ghijkl"), -1))
    assert first == (10, None, 1, -1, "abcdef ghijkl")
    assert say(engine, About(10, None, True, ("abcdef", "ghijkl"), -1)) == (first, seen)
    assert say(engine, NOTHING_SAID) == (first, seen)
    edited, later = say(engine, About(10, 20, True, ("abcdef", "ghijkl"), -1))
    assert edited == (10, 20, 1, -1, "abcdef ghijkl")
    assert later.said_at > seen.said_at


def test_an_erid_that_vanished_is_noted_with_when(engine, post):
    say(engine, About(10, None, True, ("abcdef", "ghijkl"), -1))
    found, seen = say(engine, About(10, 30, True, ("abcdef",), -1), at=200.0)
    assert (found[4], seen.erid_lost_at) == ("abcdef", 200.0)
    assert say(engine, About(10, 30, True, ("abcdef",), -1), at=300.0)[1].erid_lost_at == 200.0
    assert say(engine, About(10, 30, True, (), -1), at=400.0)[1].erid_lost_at == 400.0
    assert say(engine, About(10, 30, True, ("abcdef",), -1))[1].erid_lost_at is None


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer
def test_two_runs_that_have_just_read_the_same_new_post_do_not_wait_for_each_other(engine, post):
    with writing(engine) as one, writing(engine) as other:
        for connection in (one, other):
            connection.execute(insert(Reading).values(post_id=post, views=7, source="test", http_status=200))
        one.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
        post_details.save(one, {post: Said(About(10), 100.0)})
