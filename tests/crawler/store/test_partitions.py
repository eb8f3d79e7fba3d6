"""Readings get partitions while links are measured; whatever happens meanwhile, every reading is kept."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from crawler.platforms.contract import Measured
from crawler.queue import claims, lease, results
from crawler.queue.results import Result
from crawler.store import database
from crawler.store.models.batches import Link
from crawler.store.models.posts import Reading
from crawler.store.partitions import catalogue, conversion, keeping
from crawler.store.partitions.conversion import CannotPartition, convert
from crawler.store.partitions.keeping import coming, keep
from crawler.store.partitions.months import IDS, Month
from tests.seed import seed

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
SUM = "SELECT count(*), md5(string_agg(readings::text, '' ORDER BY id)) FROM readings WHERE id <= :last"


def quietly(_line):
    pass


def measure(engine, posts, at_once=5):
    """Measure so many posts as a spider does. What is refused because a table is locked is tried again."""
    run_id, refused = seed(engine, [f"wall-1_{item}" for item in posts]), []
    assert lease.start(engine, run_id, 60)
    while claimed := claims.claim(engine, run_id, 60, at_once):
        said = [Result((link.id,), link.post_id, Measured(1000 + link.post_id, "x"), 200) for link in claimed]
        saved = False
        while not saved:
            try:
                results.save(engine, run_id, 60, said)
                saved = True
            except OperationalError as error:
                refused.append(error.orig.sqlstate)
    assert set(refused) <= conversion.BUSY


def value(engine, statement, **values):
    with engine.connect() as connection:
        return connection.execute(text(statement), values).one()


def execute(engine, statement):
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)


def names(engine):
    with engine.connect() as connection:
        return {each.name for each in catalogue.partitions(connection)}


def now(engine):
    with engine.connect() as connection:
        return Month.of(database.read_clock(connection))


def misses(engine):
    """Links that are not done by a reading of their own post and with its views."""
    whole = select(Link.id).join(Reading, (Reading.id == Link.reading_id) & (Reading.post_id == Link.post_id))
    whole = whole.where(Link.views == Reading.views, Link.views == 1000 + Link.post_id)
    with engine.connect() as connection:
        return connection.execute(select(Link.id).where(Link.id.not_in(whole))).all()


def test_links_are_measured_while_the_readings_get_partitions(engine):
    measure(engine, range(1, 101))
    last = value(engine, "SELECT max(id) FROM readings")[0]
    before, begun, over = value(engine, SUM, last=last), Event(), Event()

    def go_on(owner):
        done = 0
        while not over.is_set():
            measure(engine, range(1000 * (done + 1) + 500 * owner, 1000 * (done + 1) + 500 * owner + 20))
            done += 1
            begun.set()
        return done

    with ThreadPoolExecutor(2) as spiders:
        working = [spiders.submit(go_on, owner) for owner in range(2)]
        try:
            assert begun.wait(20)
            convert(engine, quietly)
            measure(engine, range(100_000, 100_010))
        finally:
            over.set()
        assert all(each.result(20) for each in working)
    assert value(engine, SUM, last=last) == before
    assert misses(engine) == []
    assert names(engine) == {"readings_earlier", "readings_other", *(each.partition for each in coming(now(engine)))}
    (of_month,) = value(engine, f"SELECT count(*) FROM {now(engine).partition}")
    assert of_month >= 10
    with pytest.raises(IntegrityError, match="is still referenced from table"):
        execute(engine, f"DELETE FROM readings WHERE id = {last}")


class Killed(BaseException):
    pass


def die_at(engine, number):
    """Let the process die before its commit of this number: the database takes back what was not committed."""
    left = iter(range(number))

    def look(_connection):
        if next(left, None) is None:
            raise Killed

    event.listen(engine, "commit", look)


# So many transactions of one after the other are committed: two that prepare, the exchange and what follows on it.
COMMITTED = [0, 1, 2, 3, 1, 1, 1, 1, 1]


def test_killed_at_any_moment_it_has_lost_nothing_and_can_be_run_again(engine, database_url):
    measure(engine, range(1, 11))
    before = value(engine, SUM, last=10)
    for number, committed in enumerate(COMMITTED):
        victim = database.create(url=database_url)
        die_at(victim, committed)
        with pytest.raises(Killed):
            convert(victim, quietly)
        victim.dispose()
        measure(engine, [20 + number])
        assert value(engine, SUM, last=10) == before
    die_at(engine, 2)
    convert(engine, quietly)  # nothing was left but its last two transactions
    assert misses(engine) == []


def test_a_month_gets_its_partition_in_time_and_its_ids_at_its_beginning(engine):
    assert keep(engine) == []
    convert(engine, quietly)
    month = now(engine)
    assert keep(engine) == []
    for each in coming(month)[1:]:
        execute(engine, f"ALTER TABLE readings DETACH PARTITION {each.partition}")
        execute(engine, f"DROP TABLE {each.partition}")
    execute(engine, "SELECT setval('readings_id_seq', 7)")
    with ThreadPoolExecutor(2) as both:  # two schedulers at once
        tries = [both.submit(keep, engine) for _ in range(2)]
        failed = [each.exception() for each in tries if each.exception()]
    assert len(failed) <= 1
    assert keep(engine) == [] or failed
    assert names(engine) >= {each.partition for each in coming(month)}
    measure(engine, [1])
    assert value(engine, "SELECT max(id) FROM readings") == (month.first_id,)
    ahead = month.later(1).first_id + 5  # the clock went back a month
    execute(engine, f"SELECT setval('readings_id_seq', {ahead})")
    keep(engine)
    measure(engine, [2])
    assert value(engine, "SELECT max(id) FROM readings") == (ahead + 1,)


def test_a_reading_whose_month_has_no_partition_is_kept_all_the_same(engine):
    convert(engine, quietly)
    execute(engine, f"SELECT setval('readings_id_seq', {now(engine).later(100).first_id})")
    measure(engine, [1])
    assert value(engine, "SELECT count(*) FROM readings_other") == (1,)
    assert misses(engine) == []


def test_whoever_holds_the_tables_keeps_nobody_else_waiting(engine, monkeypatch):
    monkeypatch.setattr(conversion, "TRIES", 2)
    measure(engine, [1])
    with engine.connect() as reader:
        reader.exec_driver_sql("SELECT FROM links")  # a report that takes long
        with ThreadPoolExecutor(1) as operator:
            work = operator.submit(convert, engine, quietly)
            measure(engine, range(2, 40))
            with pytest.raises(CannotPartition, match="in use"):
                work.result()
    assert value(engine, "SELECT relkind FROM pg_class WHERE relname = 'readings'") == ("r",)
    convert(engine, quietly)
    assert misses(engine) == []


def test_a_partition_that_finds_its_neighbour_in_use_is_made_when_it_is_free(engine):
    convert(engine, quietly)
    gone = coming(now(engine))[-1].partition
    execute(engine, f"ALTER TABLE readings DETACH PARTITION {gone}")
    execute(engine, f"DROP TABLE {gone}")
    told, busy = [], Event()

    def tell(line):
        told.append(line)
        if "in use" in line:
            busy.set()

    with ThreadPoolExecutor(1) as operator:
        with engine.connect() as reader:
            reader.exec_driver_sql("SELECT FROM readings_other")
            work = operator.submit(convert, engine, tell)
            assert busy.wait(20)
        work.result(20)
    assert f"Partitions made: {gone}" in told


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ("CREATE VIEW mine AS SELECT id FROM readings", "The view mine would be left behind"),
        (
            "CREATE TRIGGER mine BEFORE UPDATE ON readings EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "The trigger mine would be left behind",
        ),
        ("SELECT setval('readings_id_seq', 9e15::bigint)", "There are ids of this month"),
    ],
)
def test_what_would_be_left_behind_is_named_before_anything_is_changed(engine, made, why):
    execute(engine, made)
    with pytest.raises(CannotPartition, match=why):
        convert(engine, quietly)
    assert value(engine, "SELECT relkind FROM pg_class WHERE relname = 'readings'") == ("r",)


def test_who_may_read_them_still_may(engine):
    execute(engine, "GRANT SELECT ON readings TO pg_monitor")
    convert(engine, quietly)
    assert value(engine, "SELECT has_table_privilege('pg_monitor', 'readings', 'SELECT')") == (True,)
    execute(engine, "REVOKE SELECT ON readings_earlier FROM pg_monitor")


def test_partitions_are_cleared_up_as_early_as_the_table_was(engine):
    options = "SELECT reloptions FROM pg_class WHERE relname = '{}'"
    before = value(engine, options.format("readings"))
    convert(engine, quietly)
    assert before[0]
    assert {value(engine, options.format(name)) == before for name in names(engine)} == {True}


@pytest.mark.parametrize(
    ("moment", "name", "first"),
    [
        (0.0, "readings_1970_01", 197001),
        (1798761599.9, "readings_2026_12", 202612),
        (1798761600.0, "readings_2027_01", 202701),
    ],
)
def test_months_are_those_of_utc(database_url, moment, name, first):
    month = Month.of(moment)
    assert (month.partition, month.first_id) == (name, first * IDS)
    assert month.later(13).later(-13) == month
    assert keeping.coming(Month(2026, 11))[-1] == Month(2027, 1)
