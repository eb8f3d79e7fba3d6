"""What goes with a batch, and what stays for others who name its posts."""

from time import monotonic

import pytest
from sqlalchemy import func, insert, select

from crawler.platforms.contract import Measured
from crawler.queue import claims, erasure, lease, results
from crawler.queue.results import Result, Times
from crawler.store.database import now, writing
from crawler.store.models.accounts import User
from crawler.store.models.batches import Batch, Link
from crawler.store.models.posts import KeptReading, Reading
from crawler.store.models.runs import Run
from tests.seed import seed

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql", "partitioned"], indirect=True)

LEASE = 60.0
POST, OTHER = "wall-1_1", "wall-1_2"


@pytest.fixture
def measure(engine):
    """Store a user's batch of these links and measure each; its id."""

    def make(user, *links, key="", views=1):
        with writing(engine) as connection:
            if not connection.execute(select(User.id).where(User.id == user)).scalar():
                connection.execute(insert(User).values(id=user, username=user, password_hash=""))
        run_id = seed(engine, links, user=user)
        with writing(engine) as connection:
            batch_id = connection.execute(select(Run.batch_id).where(Run.id == run_id)).scalar_one()
            connection.execute(Link.__table__.update().where(Link.batch_id == batch_id).values(access_key=key))
        assert lease.start(engine, run_id, LEASE)
        claimed = claims.claim(engine, run_id, LEASE, 10)
        said = [Result((link.id,), link.post_id, Measured(views, "x"), 200) for link in claimed]
        results.save(engine, run_id, LEASE, said)
        claims.settle(engine, run_id, LEASE, "finished")
        return batch_id

    return make


def erase(engine, *batch_ids):
    with writing(engine) as connection:
        for batch_id in batch_ids:
            erasure.erase_batch(connection, batch_id)


def left(engine):
    """Views of the readings that are there, and who keeps which."""
    with engine.connect() as connection:
        views = connection.execute(select(Reading.views).order_by(Reading.views)).scalars().all()
        kept = select(KeptReading.user_id, Reading.views).outerjoin(Reading, Reading.id == KeptReading.reading_id)
        return list(views), sorted(map(tuple, connection.execute(kept)))


def test_readings_go_with_the_last_link_to_their_post(engine, measure):
    one, two = measure("anna", POST, views=1), measure("boris", POST, views=2)
    erase(engine, one)
    assert left(engine) == ([1, 2], [])
    erase(engine, two)
    assert left(engine) == ([], [])


def test_monday_is_kept_while_tuesday_names_the_post(engine, measure):
    monday, tuesday = measure("anna", POST, OTHER, views=1), measure("anna", POST, views=2)
    measure("boris", POST, OTHER, views=3)
    erase(engine, monday)
    assert left(engine) == ([1, 1, 2, 3, 3], [("anna", 1)])
    erase(engine, tuesday)
    assert left(engine) == ([1, 1, 2, 3, 3], [])


def test_a_post_is_another_one_with_a_key(engine, measure):
    open_, closed = measure("anna", POST, views=1), measure("anna", POST, key="secret", views=2)
    erase(engine, open_)
    assert left(engine) == ([2], [])
    erase(engine, closed)
    assert left(engine) == ([], [])


def test_the_key_goes_with_the_reading(engine, measure):
    measure("anna", POST, key="secret")
    with engine.connect() as connection:
        assert connection.execute(select(Reading.access_key)).scalar() == "secret"


def test_pieces_of_a_leaving_users_batch_leave_what_others_name(engine, measure):
    batch_id = measure("anna", POST, OTHER)
    measure("boris", POST, views=2)
    with writing(engine) as connection:
        while erasure.erase_links(connection, batch_id, 1):
            pass
    assert left(engine) == ([1, 2], [])


def test_an_erased_batch_frees_what_it_took(engine, measure):
    measure("anna", POST)
    with engine.connect() as connection:
        (batch_id,) = connection.execute(select(Batch.id)).scalars()
    erase(engine, batch_id)
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(Batch)).scalar() == 0


def test_a_reading_knows_when_it_was_asked_and_answered_by_the_databases_clock(engine):
    run_id = seed(engine, [POST])
    assert lease.start(engine, run_id, LEASE)
    (link,) = claims.claim(engine, run_id, LEASE, 10)
    times = Times(monotonic() - 30, monotonic() - 20)
    results.save(engine, run_id, LEASE, [Result((link.id,), link.post_id, Measured(1, "x"), 200, times=times)])
    with engine.connect() as connection:
        asked, answered = connection.execute(select(now() - Reading.asked_at, now() - Reading.measured_at)).one()
    assert 30 <= asked < 50
    assert 20 <= answered + 0.01 < 40
    assert 10 <= asked - answered < 20
