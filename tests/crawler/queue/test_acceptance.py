import pytest
from sqlalchemy import insert, select

from crawler.queue import acceptance
from crawler.store.database import writing
from crawler.store.models.accounts import User
from crawler.store.models.base import random_id
from crawler.store.models.batches import Batch, Link
from crawler.store.models.posts import Post
from tests.seed import identify, seed


def store(engine, links):
    seed(engine, links, run=False)
    with engine.connect() as connection:
        columns = (Link.position, Link.url, Link.status, Link.reason, Link.detail, Link.duplicate_of)
        return [tuple(row) for row in connection.execute(select(*columns).order_by(Link.position))]


def test_every_link_gets_its_row_in_the_order_sent(engine):
    assert store(engine, ["wall-1_1", "nonsense", "wall-1_2", "wall-1_1", "nonsense"]) == [
        (0, "wall-1_1", "created", None, None, None),
        (1, "nonsense", "failed", "invalid_link", "bad_host", None),
        (2, "wall-1_2", "created", None, None, None),
        (3, "wall-1_1", "created", None, None, 0),
        (4, "nonsense", "failed", "invalid_link", "bad_host", None),
    ]


@pytest.mark.parametrize("link", ["a\0b", "\ud800", "x" * 3000, "\0" * 3000, "\udfff" * 2048, "", " ", "пост 🎈"])
def test_any_text_can_be_stored(engine, link):
    ((_, url, status, _, _, _),) = store(engine, [link])
    assert status == "failed"
    assert len(url) <= acceptance.LONGEST
    assert url == link or "\\u" in url or len(link) > acceptance.LONGEST


def test_a_batch_without_any_post_is_closed_at_once(engine):
    store(engine, ["nonsense"])
    with engine.connect() as connection:
        assert connection.execute(select(Batch.closed_at)).scalar_one() is not None


def test_a_post_has_one_identity_whoever_names_it(engine):
    seed(engine, ["wall-1_1", "wall-1_2"], run=False)
    seed(engine, ["wall-1_2", "wall-1_3"], run=False)
    with engine.connect() as connection:
        assert sorted(connection.execute(select(Post.key)).scalars()) == ["wall-1_1", "wall-1_2", "wall-1_3"]


def test_more_posts_than_one_statement_takes(engine):
    links = [f"wall-1_{item}" for item in range(1, 40_000)]
    with writing(engine) as connection:
        user = random_id()
        connection.execute(insert(User).values(id=user, username=user, password_hash=""))
        acceptance.store(connection, acceptance.NewBatch(user, "vk", 60), acceptance.entries(links, identify))
    with engine.connect() as connection:
        keys = select(Post.key).join(Link, Link.post_id == Post.id).order_by(Link.position)
        assert connection.execute(keys).scalars().all() == links
