import pytest
from sqlalchemy import select, text

from control.web.engine import db
from crawler.platforms.contract import Measured
from crawler.queue import claims, lease, results
from crawler.queue.results import Result
from crawler.store.models.accounts import User
from crawler.store.models.batches import Link
from crawler.store.models.runs import Run
from tests.seed import seed


@pytest.fixture
def run(app):
    """Run a command; the lines it printed."""

    def invoke(*arguments, exit_code=0):
        result = app.test_cli_runner().invoke(args=arguments)
        assert result.exit_code == exit_code, result.output
        return result.stdout.splitlines() if exit_code == 0 else result.stderr.splitlines()

    return invoke


def change(statement):
    with db.engine.begin() as connection:
        connection.execute(text(statement))


def everything():
    with db.engine.connect() as connection:
        return [connection.execute(select(table.__table__)).all() for table in (Run, Link, User)]


def claimed(*links):
    """A run that works on links, the first of which it has asked for."""
    run_id = seed(db.engine, links)
    assert lease.start(db.engine, run_id, 60)
    first = claims.claim(db.engine, run_id, 60, 10)[0]
    with db.engine.begin() as connection:
        claims.mark_sent(connection, run_id, [first.id])
    return run_id


def measured(*links):
    run_id = seed(db.engine, links)
    assert lease.start(db.engine, run_id, 60)
    said = [
        Result((each.id,), each.post_id, Measured(7, "test"), 200) for each in claims.claim(db.engine, run_id, 60, 10)
    ]
    results.save(db.engine, run_id, 60, said)


@pytest.mark.usefixtures("boris")
def test_a_user_becomes_an_administrator_and_a_plain_user_again(run, anna):
    assert anna.get("/metrics").status_code == 403
    assert run("users", "promote", "anna") == ["anna is an administrator."]
    assert anna.get("/metrics").status_code == 200
    assert [line.split()[:2] for line in run("users", "list")[1:]] == [["anna", "yes"], ["boris", "no"]]
    assert run("users", "demote", "anna") == ["anna is no administrator."]
    assert anna.get("/metrics").status_code == 403


def test_a_user_is_made_by_an_administrator_of_the_machine(app, run, anonymous):
    app.config["SETTINGS"].registration = "closed"
    result = app.test_cli_runner().invoke(args=["users", "add", "clara"], input="correct horse\ncorrect horse\n")
    assert result.stdout.splitlines()[-1] == "clara can log in."
    assert "correct horse" not in result.output
    who = {"username": "clara", "password": "correct horse"}
    assert anonymous.post("/users/login", json=who).status_code == 200
    assert run("users", "list")[1].split()[:3] == ["clara", "no", "active"]


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize(
    ("name", "password", "line"),
    [
        ("anna", "correct horse", "Error: This username is taken, or looks like one that is: choose another one."),
        ("clara", "short", "Error: password: String should have at least 8 characters"),
        ("clara", "12345678", "Error: password: Many people use this password, or it is a name: choose another one."),
        (
            " clara",
            "correct horse",
            "Error: username: Use printable characters only, with no space at the beginning or end.",
        ),
    ],
)
def test_a_user_who_cannot_be_made_is_one_clear_line(run, name, password, line):
    assert run("users", "add", name, "--password", password, exit_code=1) == [line]


def test_a_disabled_user_is_out_until_they_are_enabled(run, anna, anonymous):
    token = anna.post("/tokens", json={"name": "script"}).json["token"]
    anonymous.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    batch = anna.post("/batches", json={"links": ["https://vk.com/wall-1_1"]}).json["id"]
    assert run("users", "disable", "anna") == ["anna is disabled."]
    assert run("users", "list")[1].split()[:3] == ["anna", "no", "disabled"]
    assert {client.get("/batches").status_code for client in (anna, anonymous)} == {401}
    assert run("users", "enable", "anna") == ["anna can log in."]
    assert anna.get("/batches").status_code == 401
    assert anonymous.get(f"/batches/{batch}").status_code == 200


@pytest.mark.parametrize("command", ["promote", "demote", "disable", "enable"])
def test_nobody_of_that_name(run, command):
    assert run("users", command, "nobody", exit_code=1) == ["Error: There is no user 'nobody'."]


def test_a_dry_run_without_any_run_says_nothing_but_its_columns(run):
    assert run("rescue", "--dry-run") == ["run  batch  state  age  lease  links  sent  what is done and why"]


def test_a_dry_run_says_what_would_be_done_and_changes_nothing(run):
    working, silent = claimed("wall-1_1"), claimed("wall-1_1", "wall-1_2", "wall-1_3")
    fresh, stale = seed(db.engine, ["wall-1_1"]), seed(db.engine, ["wall-1_1"])
    over = seed(db.engine, ["wall-1_1"])
    change(f"UPDATE runs SET lease_until = lease_until - 72 WHERE id = '{silent}'")
    change(f"UPDATE runs SET created_at = created_at - 200 WHERE id = '{stale}'")
    change(f"UPDATE runs SET state = 'finished', finished_at = 1 WHERE id = '{over}'")
    before = everything()
    lines = {line.split()[0]: " ".join(line.split()[2:]) for line in run("rescue", "--dry-run")[1:]}
    assert lines.keys() == {working, silent, fresh, stale}
    assert lines[working].partition(" s ")[0].startswith("running")
    assert "1 1 left alone: its lease holds for" in lines[working]
    assert "3 1 given up: its lease ended" in lines[silent]
    assert lines[silent].endswith("1 links are charged one try, 2 are free at once")
    assert "0 0 left alone: it has" in lines[fresh]
    assert "0 0 given up: it did not start within 180 s; no link is charged" in lines[stale]
    assert everything() == before


def test_without_dry_run_it_is_done(run):
    silent = claimed("wall-1_1")
    claimed("wall-1_1")
    change(f"UPDATE runs SET lease_until = 1 WHERE id = '{silent}'")
    assert run("rescue")[-1] == "Runs given up: 1"
    assert run("rescue")[-1] == "Runs given up: 0"
    with db.engine.connect() as connection:
        assert connection.execute(select(Run.state).where(Run.id == silent)).scalar_one() == "lost"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("arguments", [["partitions"], ["partitions", "--dry-run"]])
def test_sqlite_has_no_partitions(run, arguments):
    assert run(*arguments) == ["SQLite has no partitions: there is nothing to do."]


def tables():
    with db.engine.connect() as connection:
        return set(
            connection.execute(
                text("SELECT relname FROM pg_class WHERE relname ~ '^readings' AND relkind ~ '[rp]'")
            ).scalars()
        )


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_partitions_are_foretold_and_made(run):
    measured("wall-1_1", "wall-1_2", "wall-1_3")
    change("UPDATE readings SET measured_at = 1791000000 WHERE id = 1")
    change("UPDATE readings SET measured_at = 1797999999 WHERE id > 1")
    foretold = run("partitions", "--dry-run")
    assert foretold[0].endswith("MB with indexes, no partitions")
    assert foretold[1:3] == ["2026-10: 1 readings", "2026-12: 2 readings"]
    assert "For some milliseconds readings and links are" in " ".join(foretold)
    assert tables() == {"readings"}
    assert run("partitions")[-1] == "Readings have a partition for each month."
    made = tables() - {"readings"}
    assert all(name in " ".join(foretold) for name in made)
    assert {"readings_earlier", "readings_other"} < made
    after = run("partitions", "--dry-run")
    assert [line.partition(":")[0] for line in after[:-1]] == sorted(made)
    assert "readings_earlier: about 3 readings" in after[-3]
    assert after[-1] == "Partitions that would be made: none, all are there"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_keeps_partitions_from_being_made_is_one_clear_line(run):
    change("CREATE VIEW mine AS SELECT * FROM readings")
    why = "The view mine would be left behind: remove it, and make it anew afterwards."
    assert run("partitions", "--dry-run")[-1] == f"Nothing would be done: {why}"
    assert run("partitions", exit_code=1) == [f"Error: {why}"]


@pytest.mark.usefixtures("anna", "boris")
def test_a_user_is_renamed(run):
    assert run("users", "rename", "ANNA", "zoe") == ["ANNA is zoe now."]
    assert [line.split()[0] for line in run("users", "list")[1:]] == ["boris", "zoe"]
    assert "is taken" in run("users", "rename", "zoe", "Boris", exit_code=1)[0]
    assert "mixes Cyrillic and Latin" in run("users", "rename", "zoe", "zoе", exit_code=1)[0]
    assert run("users", "rename", "nobody", "x", exit_code=1) == ["Error: There is no user 'nobody'."]


@pytest.mark.usefixtures("anna", "boris")
def test_names_that_clash_since_before_are_listed(run):
    change(
        "UPDATE users SET username = 'Anna', spelling = 'anna', look = 'anna', namesake = 1 WHERE username = 'boris'"
    )
    said = run("users", "list")[-1]
    assert said.startswith("look here: the users 'anna' and 'Anna' have one spelling")
    assert run("users", "rename", "Anna", "boris") == ["Anna is boris now."]
    assert not any("look here" in line for line in run("users", "list"))
