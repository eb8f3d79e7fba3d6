"""A part of a history is planned by where it begins and ends: for any range PostgreSQL expects one reading in it."""

import pytest
from sqlalchemy import text

from control.reports import history
from control.reports.history import Part, Place, Subject
from crawler.store.database import snapshot
from crawler.store.models.batches import Link

OFTEN = 7  # from the sixth time on psycopg has a statement prepared
SUBJECT = Subject("anna", Link, 1, (1,), "", None)
PREPARED = "SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%FROM readings%'"


def since(connection, moment):
    return list(history.readings(connection, SUBJECT, Part(since=moment), 10))


def until(connection, moment):
    return list(history.readings(connection, SUBJECT, Part(until=moment), 10))


def further(connection, moment):
    return list(history.readings(connection, SUBJECT, Part(after=Place(moment, 1)), 10))


def backwards(connection, moment):
    return history.backwards(connection, SUBJECT, Place(moment, 1), 10)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("part", [since, until, further, backwards])
def test_no_plan_for_any_range_is_kept(engine, part):
    for number in range(OFTEN):
        with snapshot(engine) as connection:
            assert part(connection, 1_800_000_000.5 + number) == []
    with snapshot(engine) as connection:
        assert connection.execute(text(PREPARED)).all() == []
