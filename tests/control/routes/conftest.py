from types import SimpleNamespace

import pytest
from sqlalchemy import insert, select, update

from control.web.engine import db
from crawler.store.models.batches import Batch, Link
from crawler.store.models.posts import Post, Reading

HOUR = 3600.0
PUBLISHED = 1_790_000_000
LINK = "https://vk.com/wall-1_1"


@pytest.fixture
def done(app):
    """End a link of a client's new batch with a reading taken so many seconds after its post's publication."""

    def make(client, age, views, link=LINK, **more):
        id_ = client.post("/batches", json={"links": [link]}).json["id"]
        with db.engine.begin() as connection:
            found = select(Link).join(Batch).where(Batch.public_id == id_)
            row = connection.execute(
                select(Link.id, Link.post_id, Link.access_key).where(Link.id == found.subquery().c.id)
            )
            row = row.one()
            values = {"post_id": row.post_id, "access_key": row.access_key, "source": "test", "http_status": 200}
            at = PUBLISHED + age
            reading = insert(Reading).values(**values, views=views, asked_at=at - 0.1, measured_at=at, **more)
            reading_id = connection.execute(reading.returning(Reading.id)).scalar_one()
            connection.execute(update(Post).where(Post.id == row.post_id).values(published_at=PUBLISHED))
            connection.execute(update(Link).where(Link.id == row.id).values(status="done", reading_id=reading_id))
        return SimpleNamespace(id=id_, client=client)

    return make
