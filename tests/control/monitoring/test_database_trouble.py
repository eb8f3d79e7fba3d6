"""A database that is damaged, or whose disk is full, says so itself: SQLite files that are broken on purpose."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, InternalError, OperationalError

from control.batches import cancellation, progress
from control.monitoring import database_trouble, heartbeat
from control.nodes.client import Jobs, Scrapyd
from control.web.engine import TROUBLE, db
from crawler.store.database import is_damaged
from tests.control.conftest import problem
from tests.control.routes.test_readyz import messages

LINKS = {"links": [f"https://vk.com/wall-1_{item}" for item in range(1, 2000)]}


@pytest.fixture
def database_url(sqlite_url):
    """PostgreSQL's own errors are raised by hand below."""
    return sqlite_url


@pytest.fixture
def working(app, monkeypatch):
    heartbeat.write(db.engine)
    monkeypatch.setattr(Scrapyd, "listed", lambda _: Jobs())


def pages_of(table):
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        size = connection.exec_driver_sql("PRAGMA page_size").scalar()
        root = connection.execute(text("SELECT rootpage FROM sqlite_master WHERE name = :name"), {"name": table})
        return size, root.scalar_one()


def overwrite(table):
    size, page = pages_of(table)
    db.engine.dispose()
    with Path(db.engine.url.database).open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


@pytest.mark.usefixtures("working")
@pytest.mark.parametrize("table", ["links", "batches"])
def test_damage_is_503_and_readyz_remembers_it(admin, anonymous, table):
    batch = admin.post("/batches", json=LINKS).json["id"]
    overwrite(table)
    for ask in (lambda: admin.get(f"/batches/{batch}/links"), lambda: admin.post("/batches", json=LINKS)):
        answer = ask()
        assert problem(answer) == (503, "database_unavailable")
        assert "damaged" in answer.get_json(force=True)["detail"]
    said = admin.get("/readyz")
    assert problem(said) == (503, "not_ready")
    assert "damaged" in said.text
    assert problem(anonymous.get("/readyz")) == (503, "not_ready")


def test_a_file_that_is_no_database_is_503(anna):
    overwrite("users")
    Path(db.engine.url.database).write_bytes(b"\xff" * 8192)
    for answer in (anna.get("/batches"), anna.get("/readyz")):
        assert problem(answer)[0] == 503


@pytest.mark.parametrize("code", ["XX001", "XX002"])
def test_so_is_a_damaged_postgresql(anna, monkeypatch, code):
    class Corrupted(Exception):
        sqlstate = code

    def fail(*_):
        raise InternalError("SELECT", {}, Corrupted())

    monkeypatch.setattr(progress, "own", fail)
    assert problem(anna.get("/batches/x")) == (503, "database_unavailable")


def test_a_statement_of_ours_that_is_wrong_is_still_our_fault(anna, monkeypatch):
    def fail(*_):
        raise DatabaseError("SELEC", {}, Exception("syntax"))

    monkeypatch.setattr(progress, "own", fail)
    assert problem(anna.get("/batches/x")) == (500, "internal")
    assert not is_damaged(OperationalError("", {}, Exception("database is locked")))


def full(app):
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorname = "SQLITE_FULL"
    return OperationalError("DELETE", {}, error)


@pytest.mark.usefixtures("working")
def test_a_delete_that_finds_no_room_says_why(app, anna, admin, monkeypatch):
    batch = anna.post("/batches", json=LINKS).json["id"]
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")

    def fail(*_):
        raise full(app)

    monkeypatch.setattr(cancellation, "erase_batch", fail)
    answer = anna.delete(f"/batches/{batch}")
    assert problem(answer) == (507, "storage_full")
    assert "to delete takes some room" in answer.get_json(force=True)["detail"]
    assert answer.headers["Retry-After"]


@pytest.mark.usefixtures("working")
def test_readyz_is_red_while_the_disk_is_full(admin, monkeypatch):
    assert admin.get("/readyz").status_code == 200
    monkeypatch.setattr(database_trouble, "LEAST_FREE_BYTES", 1 << 80)
    admin.application.extensions["readiness"].until = 0
    assert messages(admin.get("/readyz"))[0].startswith("the database's disk is full")


@pytest.mark.usefixtures("working")
def test_and_for_a_minute_after_something_found_no_room(app, admin):
    connection = db.engine.connect()
    connection.exec_driver_sql(f"PRAGMA max_page_count = {connection.exec_driver_sql('PRAGMA page_count').scalar()}")
    with pytest.raises(OperationalError, match="full"):
        connection.exec_driver_sql("CREATE TABLE more AS SELECT hex(randomblob(100000)) AS x")
    connection.invalidate()
    connection.close()
    assert list(app.extensions[TROUBLE].in_words())
    assert messages(admin.get("/readyz"))[0].startswith("the database's disk is full")
