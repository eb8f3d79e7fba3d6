"""No hot route reads a whole table or sorts a whole batch: the statements that each really executes are explained.

A new route is a line of ROUTES. SQLite's plans hold what foreign keys look for too. For an INSERT that is left out: it
names scans that run only where an earlier statement broke a key, which cannot be (`OP_FkIfZero` in SQLite's fkey.c).
"""

import re
from contextlib import contextmanager

import pytest
from sqlalchemy import event, select
from sqlalchemy.schema import CreateTable, DropTable

from control.web.engine import db
from crawler.queue.acceptance import GIVEN
from crawler.store.models.accounts import User
from crawler.store.models.batches import Status
from tests.bench import history
from tests.bench.million import tidy

LARGE = {"links", "readings", "posts", "batches", "users", "runs", "submissions"}
LINKS = {"links": ["https://vk.com/wall-1_1", "https://vk.com/wall-1_2?w=wall-1_2", "spam", "https://vk.com/wall-1_1"]}
PAGES = {f"links, {status}": f"/batches/{{batch}}/links?status={status}" for status in Status}
CURSORS = {"views": "5.1", "-views": "b5.1", "position": "b1", "-position": "1"}
SORTED = {
    f"links by {sort}, {what}": f"/batches/{{batch}}/links?sort={sort}{more}"
    for sort, cursor in CURSORS.items()
    for what, more in (("the first", ""), ("further on", f"&cursor={cursor}"), ("of one reason", "&reason=not_found"))
}
ROUTES = {
    "hand links in": ("POST", "/batches", LINKS),
    "hand links in the original way": ("POST", "/get-views/vk", LINKS),
    "batches": ("GET", "/batches", None),
    "batches further on": ("GET", "/batches?cursor={batch}", None),
    "a batch": ("GET", "/batches/{batch}", None),
    "links": ("GET", "/batches/{batch}/links", None),
    "links further on": ("GET", "/batches/{batch}/links?cursor=1", None),
    **{name: ("GET", path, None) for name, path in PAGES.items()},
    **{f"{name}, further on": ("GET", f"{path}&cursor=1", None) for name, path in PAGES.items()},
    **{name: ("GET", path, None) for name, path in SORTED.items()},
    "links with values": ("GET", "/batches/{batch}/links?ages=1h,24h", None),
    "readings of a post": ("GET", "/posts/vk/wall-1_1/readings", None),
    "readings of a post further on": ("GET", "/posts/vk/wall-1_1/readings?cursor=1.0_1&bucket=1h", None),
    "readings of a link": ("GET", "/batches/{batch}/links/0/readings", None),
    "views of a post": ("GET", "/posts/vk/wall-1_1/views?at=2026-10-31T21:00:00Z", None),
    "links that contain a text": ("GET", "/batches/{batch}/links?q=WALL&sort=-views", None),
    "batches of a name": ("GET", "/batches?q=november", None),
    "rename": ("PATCH", "/batches/{batch}", {"name": "November"}),
    "all links": ("GET", "/get-bg-tasks", None),
    "log in": ("POST", "/users/login", {"username": "anna", "password": "a long password"}),
    "cancel": ("POST", "/batches/{batch}/cancel", None),
    "retry": ("POST", "/batches/{cancelled}/retry", {"only": "failed"}),
    "delete": ("DELETE", "/batches/{cancelled}", None),
}

# SQLite's and PostgreSQL's words. The rows of a request are `given`: they are read as a whole, and sorted.
WHOLE = re.compile(r"^SCAN (\w+)|Seq Scan on (\w+)")
SORT = re.compile(r"USE TEMP B-TREE|(?<!Incremental )Sort  \(")


@pytest.fixture
def batches(anna):
    made = [anna.post("/batches", json=LINKS).json["id"] for _ in range(2)]
    assert anna.post(f"/batches/{made[0]}/cancel").status_code == 200
    return {"cancelled": made[0], "batch": made[1]}


@pytest.fixture
def executed(app):
    """What is executed from now on, with its parameters."""
    seen = []

    def note(_connection, _cursor, statement, parameters, _context, executemany):
        if statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")):
            seen.append((statement, parameters[0] if executemany else parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


@contextmanager
def explaining():
    """A connection that has the temporary table too."""
    with db.engine.connect() as connection:
        connection.execute(CreateTable(GIVEN))
        connection.commit()
        yield connection
        connection.rollback()
        connection.execute(DropTable(GIVEN))
        connection.commit()


def plan(connection, statement, parameters):
    """The lines of a statement's plan. PostgreSQL, which likes whole tables that are small, is kept from it."""
    if connection.dialect.name == "sqlite":
        driver = connection.connection.driver_connection
        driver.rollback()  # the pragma has no effect within a transaction
        driver.execute(f"PRAGMA foreign_keys = {int(not statement.startswith('INSERT'))}")
        return [row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    for dear in ("seqscan", "sort", "bitmapscan"):
        connection.exec_driver_sql(f"SET LOCAL enable_{dear} = off")
    return [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)]


def faults(connection, statement, parameters, large=frozenset(LARGE)):
    lines = plan(connection, statement, parameters)
    whole = [line for line in lines for found in [WHOLE.search(line)] if found and large & set(found.groups())]
    sorted_ = [line for line in lines if SORT.search(line) and not re.search(r"\bFROM given\b", statement)]
    return [(statement, line, lines) for line in whole + sorted_]


@pytest.mark.parametrize("route", ROUTES)
def test_a_hot_route_uses_indexes(anna, batches, executed, route):
    method, path, body = ROUTES[route]
    key = {"Idempotency-Key": "once"} if method == "POST" else {}
    answer = anna.open(path.format(**batches), method=method, json=body, headers=key)
    assert answer.status_code < 300 or route == "log in", answer.text
    assert answer.data is not None
    statements = list(executed)
    assert any("FROM users" in statement for statement, _ in statements)
    with explaining() as connection:
        assert [fault for statement in statements for fault in faults(connection, *statement)] == []


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_links_of_one_status_are_found_by_it(anna, batches, executed, path):
    """Not by going through the whole batch."""
    anna.get(path.format(**batches))
    (statement,) = [each for each in executed if "links.status = " in each[0]]
    with db.engine.connect() as connection:
        assert any("ix_links_batch_id_status" in line for line in plan(connection, *statement))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("path", ["/batches/{batch}/links?ages=1h,24h", "/posts/vk/wall-1_1/readings"])
def test_of_what_a_user_has_seen_only_what_is_asked_for_is_read(anna, executed, path):
    """PostgreSQL would rather make a table of all that they have ever seen, in which it then looks once."""
    with db.engine.connect() as connection:
        user = connection.execute(select(User.id).where(User.username == "anna")).scalar_one()
    batch = history.fill(db.engine, user, posts=2, each=1000)
    tidy(db.engine)
    executed.clear()
    assert anna.get(path.format(batch=batch)).status_code == 200
    asked = [each for each in executed if "kept_readings" in each[0]]
    with db.engine.connect() as connection:
        lines = [row[0] for each in asked for row in connection.exec_driver_sql(f"EXPLAIN {each[0]}", each[1])]
    assert any("kept_readings" in line for line in lines)
    assert not [line for line in lines if "hashed SubPlan" in line]


def test_a_whole_table_would_be_seen(app):
    with db.engine.connect() as connection:
        assert faults(connection, "SELECT * FROM links WHERE url = 'x'", ())
        assert faults(connection, "SELECT position FROM links WHERE batch_id = 1 ORDER BY url", ())
        assert not faults(connection, "SELECT position FROM links WHERE batch_id = 1 ORDER BY position", ())
