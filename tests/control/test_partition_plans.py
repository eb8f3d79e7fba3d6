"""Where readings have partitions, those of links are looked up, and no partition is read as a whole."""

import re

import pytest
from sqlalchemy import event, select

from control.web.engine import db
from crawler.store.database import read_clock
from crawler.store.models.accounts import User
from crawler.store.partitions.months import Month
from tests.bench import history
from tests.bench.million import tidy

pytestmark = pytest.mark.parametrize("database_url", ["partitioned"], indirect=True)


@pytest.fixture
def batch(anna):
    """Two hundred links, and thousands of readings in one partition."""
    with db.engine.connect() as connection:
        user = connection.execute(select(User.id).where(User.username == "anna")).scalar_one()
    batch = history.fill(db.engine, user, posts=200, each=20)
    tidy(db.engine)
    return batch


PATHS = ["/batches/{batch}/links?limit=1000", "/get-bg-tasks"]


@pytest.mark.parametrize("path", PATHS)
def test_no_partition_is_read_as_a_whole(anna, batch, path):
    plans = []

    def explain(connection, cursor, statement, parameters, *_):
        if "JOIN readings" in statement and not statement.startswith("EXPLAIN"):
            with connection.connection.driver_connection.cursor() as beside:
                plans.extend(line for (line,) in beside.execute(f"EXPLAIN {statement}", parameters))

    event.listen(db.engine, "before_cursor_execute", explain)
    answer = anna.get(path.format(batch=batch))
    assert answer.status_code < 300
    assert answer.data is not None  # what is sent row by row is read as well
    event.remove(db.engine, "before_cursor_execute", explain)
    with db.engine.connect() as connection:
        full = Month.of(read_clock(connection)).later(1).partition
    assert any(full in line for line in plans)
    assert [line for line in plans if re.search(rf"Seq Scan on {full}\b", line)] == []
