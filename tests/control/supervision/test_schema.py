"""Which schemas a start accepts: its own, and those of later releases, which have migrated already."""

import pytest
from sqlalchemy import text

from control.supervision import prepare, schema
from control.supervision.start_checks import CannotStartError
from crawler.store import database
from crawler.store.database import writing
from tests import next_release


@pytest.fixture
def said(database_url, monkeypatch):
    """What a start says of this database, which has the newest schema."""
    monkeypatch.setenv("SQLALCHEMY_DATABASE_URL", database_url)
    said = []
    monkeypatch.setattr(prepare, "say", said.append)
    return said


@pytest.fixture
def pauses(monkeypatch):
    """What happens while a start waits, one thing a pause."""
    pauses = []
    monkeypatch.setattr(prepare, "sleep", lambda _seconds: pauses.pop(0)())
    return pauses


def set_version(version):
    engine = database.create()
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    engine.dispose()


def drop_version():
    engine = database.create()
    with writing(engine) as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    engine.dispose()


def restore():
    engine = database.create()
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:version)"), {"version": schema.newest()})
    engine.dispose()


def in_one_line(call):
    with pytest.raises(CannotStartError) as caught:
        call()
    (line,) = str(caught.value).splitlines()
    return line


@pytest.mark.process
def test_a_schema_of_the_next_release_is_left_as_it_is(said, database_url, tmp_path):
    next_release.migrate(database_url, tmp_path)
    prepare.migrate()
    assert len(said) == 2
    assert said[1].startswith(f"its schema is {next_release.version()}, of a newer release, and stays as it is")
    prepare.wait()
    prepare.forget_rights()
    assert len(said) == 2


def test_the_own_schema_is_waited_for_no_longer(said):
    prepare.wait()
    assert said == []


@pytest.mark.parametrize("version", ["deadbeef", "12", "00001", "000a", "0000"])
def test_a_database_that_is_not_ours_is_refused(said, version):
    set_version(version)
    for start in (prepare.migrate, prepare.wait):
        assert in_one_line(start).startswith("SQLALCHEMY_DATABASE_URL: the database is of another version: ")
    assert [line for line in said if not line.startswith("migrating")] == []


def test_an_older_schema_is_waited_for_and_that_is_said_once(said, pauses):
    set_version("0007")
    pauses += [lambda: None, lambda: None, lambda: set_version(schema.newest())]
    prepare.wait()
    (line,) = said
    assert line.startswith("waiting for the database ")
    assert line.endswith(f"its schema is 0007, and this code needs {schema.newest()}: the role migrate sees to that")
    assert pauses == []


def test_so_is_an_empty_database(said, pauses):
    drop_version()
    pauses.append(restore)
    prepare.wait()
    (line,) = said
    assert "its schema is empty, and this code needs" in line


def test_so_is_a_server_that_is_not_there_yet(said, pauses, monkeypatch):
    nowhere = "postgresql://postgres:hidden@127.0.0.1:1/views"
    pauses.extend([lambda: None] * 2)
    monkeypatch.setenv("SQLALCHEMY_DATABASE_URL", nowhere)
    with pytest.raises(IndexError):  # it would wait for ever
        prepare.wait()
    (line,) = said
    assert "waiting for the database postgresql+psycopg://postgres:***@127.0.0.1:1/views: " in line
    assert "refused" in line


def test_a_file_that_is_no_database_is_not_waited_for(said, monkeypatch, tmp_path):
    file = tmp_path / "no.db"
    file.write_bytes(b"text" * 1000)
    monkeypatch.setenv("SQLALCHEMY_DATABASE_URL", f"sqlite:///{file}")
    assert in_one_line(prepare.wait) == "SQLALCHEMY_DATABASE_URL: file is not a database"
    assert said == []
