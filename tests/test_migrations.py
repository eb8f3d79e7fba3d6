import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, create_engine, inspect, select, text
from sqlalchemy.exc import IntegrityError

from control.accounts import taken_names
from crawler.platforms.contract import Measured
from crawler.queue import claims, lease, results
from crawler.queue.results import Result
from crawler.store import database
from crawler.store.database import writing
from crawler.store.models.accounts import User
from crawler.store.partitions import catalogue
from crawler.store.partitions.conversion import convert
from crawler.store.partitions.keeping import keep
from tests import next_release
from tests.conftest import ROOT, migrate
from tests.seed import seed

VERSIONS = ROOT / "control/migrations/versions"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    server = request.getfixturevalue("postgresql_server")
    engine = create_engine(server.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS empty")
        connection.exec_driver_sql("CREATE DATABASE empty")
    engine.dispose()
    return server.format("empty")


@pytest.mark.process
def test_up_is_what_the_models_say_and_down_leaves_nothing(empty_url):
    migrate(empty_url)
    assert "No new upgrade operations detected" in migrate(empty_url, "check").stdout
    migrate(empty_url, "downgrade", "base")
    engine = create_engine(empty_url)
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()
    migrate(empty_url)


def rows(engine):
    """All rows of all tables, by table: each a set of its columns' names with their values."""
    found = MetaData()
    found.reflect(engine)
    with engine.connect() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in found.sorted_tables
            if table.name != "alembic_version"
        }


def kept(before, after):
    """Whether the tables and columns that both have hold the same."""
    for name in before.keys() & after.keys():
        columns = before[name][0].keys() & after[name][0].keys() if before[name] and after[name] else set()
        assert len(before[name]) == len(after[name]), name
        assert columns or not before[name]
        for one, other in zip(before[name], after[name], strict=True):
            assert {column: one[column] for column in columns} == {column: other[column] for column in columns}


@pytest.mark.process
def test_every_migration_keeps_every_row_up_and_down(empty_url, monkeypatch):
    """They run in this process: fifty of Alembic's own take a minute to start."""
    monkeypatch.setenv("SQLALCHEMY_DATABASE_URL", empty_url)
    alembic = Config(toml_file=ROOT / "pyproject.toml")
    steps = {"downgrade": command.downgrade, "upgrade": command.upgrade}
    command.upgrade(alembic, "head")
    engine = database.create(url=empty_url)
    run = seed(engine, links=["wall-1_1", "wall-1_2", "spam"])
    assert lease.start(engine, run, 60)
    (link,) = claims.claim(engine, run, 60, 1)
    results.save(engine, run, 60, [Result((link.id,), link.post_id, Measured(views=7, source="test"), 200)])
    last = len(list(VERSIONS.glob("*.py")))
    walk = [("downgrade", number) for number in range(last - 1, 0, -1)] + [("upgrade", n) for n in range(2, last + 1)]
    for direction, number in walk:
        before = rows(engine)
        steps[direction](alembic, f"{number:04}")
        kept(before, rows(engine))
        with pytest.raises(IntegrityError, match="final link never changes"), writing(engine) as connection:
            connection.execute(text("UPDATE links SET detail = 'x'"))
        if engine.dialect.name == "sqlite":
            with engine.connect() as connection:
                assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
                assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    engine.dispose()


@pytest.mark.process
def test_migrations_do_not_mind_partitions(postgresql_url, tmp_path, monkeypatch):
    """Neither those that have touched readings so far, down and up, nor what the next release may do."""
    engine = database.create(url=postgresql_url)
    convert(engine, lambda _line: None)
    monkeypatch.setenv("SQLALCHEMY_DATABASE_URL", postgresql_url)
    alembic = Config(toml_file=ROOT / "pyproject.toml")
    command.downgrade(alembic, "0014")
    command.upgrade(alembic, "head")
    assert "No new upgrade operations detected" in migrate(postgresql_url, "check").stdout
    next_release.migrate(postgresql_url, tmp_path)
    with engine.connect() as connection:
        assert catalogue.is_partitioned(connection)
        connection.execute(text("SELECT of_the_next_release FROM readings"))
    assert keep(engine) == []
    engine.dispose()


READINGS = "SELECT id, post_id, views, likes, comments, reposts, source, http_status, run_id, measured_at FROM readings"


@pytest.mark.process
def test_readings_outlive_the_migration_of_their_times_and_those_with_a_key_keep_it(empty_url):
    """`0016` rebuilds what readings are found by, and takes their keys from links. What it cannot know stays empty."""
    migrate(empty_url)
    engine = database.create(url=empty_url)
    run = seed(engine, links=[f"wall-1_{item}" for item in range(1, 21)])
    assert lease.start(engine, run, 60)
    with writing(engine) as connection:
        connection.execute(text("UPDATE links SET access_key = 'k' WHERE position % 5 = 0"))
    said = Measured(views=2**40, likes=1, source="test")
    done = [Result((each.id,), each.post_id, said, 200) for each in claims.claim(engine, run, 60, 20)]
    results.save(engine, run, 60, done)

    def readings(columns=""):
        with engine.connect() as connection:
            return connection.execute(text(READINGS.replace(" FROM", f"{columns} FROM") + " ORDER BY id")).all()

    before, keys = readings(), [row.access_key for row in readings(", access_key")]
    assert (len(before), keys.count("k")) == (20, 4)
    migrate(empty_url, "downgrade", "0015")
    assert readings() == before
    migrate(empty_url)
    assert readings() == before
    assert [(row.access_key, row.asked_at) for row in readings(", access_key, asked_at")] == [
        (key, None) for key in keys
    ]
    engine.dispose()


ALIKE = ["anna", "Anna", "zoe", "АННА", "AHHA", "ZOE", "boris"]


@pytest.mark.process
def test_users_whose_names_become_one_all_stay_and_are_named(empty_url):
    migrate(empty_url, "upgrade", "0007")
    engine = database.create(url=empty_url)
    with writing(engine) as connection:
        for age, name in enumerate(ALIKE):
            values = {"id": name, "name": name, "hash": f"hash of {name}", "at": float(age)}
            new = "INSERT INTO users (id, username, password_hash, created_at) VALUES (:id, :name, :hash, :at)"
            connection.execute(text(new), values)
    said = migrate(empty_url).stdout
    for older, newer in (("anna", "Anna"), ("zoe", "ZOE"), ("АННА", "AHHA")):
        assert f"the users {older!r} and {newer!r} have one spelling, or look alike. Both stay" in said
    assert said.count("rename") == 3
    found = select(User.username, User.password_hash, User.namesake).order_by(User.created_at)
    with engine.connect() as connection:
        assert connection.execute(found).all() == [
            (name, f"hash of {name}", int(name in {"Anna", "AHHA", "ZOE"})) for name in ALIKE
        ]
        assert taken_names.find(connection, "ANNA", User.username) == ("anna",)
        assert taken_names.find(connection, "Anna", User.username) == ("Anna",)
    migrate(empty_url, "downgrade", "0007")
    assert len(rows(engine)["users"]) == len(ALIKE)
    engine.dispose()


def test_a_final_link_never_changes(engine):
    seed(engine, links=["wall-1_1"])
    with writing(engine) as connection:
        connection.execute(text("UPDATE links SET status = 'failed', reason = 'lost'"))
    with pytest.raises(IntegrityError, match="final link never changes"), writing(engine) as connection:
        connection.execute(text("UPDATE links SET detail = 'x'"))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE links SET status = 'gone'",
        "UPDATE links SET status = 'done'",  # without a reading
        "UPDATE links SET status = 'failed'",  # without a reason
        "UPDATE links SET reason = 'lost'",  # of a link that has not failed
        "UPDATE runs SET state = 'asleep'",
    ],
)
def test_the_database_refuses_what_cannot_be(engine, change):
    seed(engine, links=["wall-1_1"])
    with pytest.raises(IntegrityError), writing(engine) as connection:
        connection.execute(text(change))
