"""A job that somebody orders at scrapyd by hand, with curl or scrapyd-client, as scrapyd's own documents have it."""

import json
import os
import re
import stat
import subprocess
import sys

import pytest
from sqlalchemy import select

from crawler.scrapyd.jobfiles import prune
from crawler.store import database
from crawler.store.database import now
from crawler.store.models.batches import Batch
from crawler.store.models.runs import Budget
from tests.vk_standin import truth

pytestmark = pytest.mark.process

LINKS = ["https://vk.com/wall-1_1", "https://vk.com/wall-1_903", "\x1b[2J[/foo]"]
PLACE = ("-d", "project=default", "-d", "spider=vk_views")


@pytest.fixture
def views(running):
    """The right numbers of a job's rows."""
    return [truth.views("wall", -1, 1), None, None]


def curl(system, *arguments):
    """Order at scrapyd as a person does; its answer."""
    password = (system.folder / "var/scrapyd_password").read_text().strip()
    command = ["curl", "-sS", "-u", f"views:{password}", f"{system.scrapyd_url}/schedule.json", *arguments]
    return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=30).stdout)


def scrapyd_client(system, *arguments):
    """Run scrapyd-client in the project's folder; what it prints, its exit code."""
    password = (system.folder / "var/scrapyd_password").read_text().strip()
    command = [sys.executable, "-m", "scrapyd_client", *arguments]
    done = subprocess.run(
        command,
        cwd=system.folder,
        env=system.environment | {"SCRAPYD_PASSWORD": password},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.stdout + done.stderr, done.returncode


def finished(system, job):
    """Wait until scrapyd lists the job as finished; what it lists."""

    def found():
        listed = system.scrapyd("listjobs.json?project=default").json()["finished"]
        return next((each for each in listed if each["id"] == job), None)

    return system.until(found, 60, f"finished with {job}")


def shown(log):
    """The words of each line of the table in a log."""
    table = log.partition("Measured:\n")[2].partition("\n\n")[0].splitlines()
    return [line.split() for line in table if not line.startswith("20")]


def test_curl_gets_a_table_in_the_log_and_rows_beside_it(running, views):
    system, _ = running
    answer = curl(system, *PLACE, "--data-urlencode", f"links={' '.join(LINKS)}")
    assert answer["status"] == "ok"
    listed = finished(system, answer["jobid"])
    log = system.scrapyd(listed["log_url"].lstrip("/")).text
    table = shown(log)
    assert table[0] == ["link", "views", "likes", "comments", "reposts", "reason"]
    assert table[1][:2] == [LINKS[0], str(views[0])]
    assert table[2] == [LINKS[1], "views_hidden"]
    assert table[3][0] == r"\x1b[2J[/foo]"
    assert "Spider closed (finished)" in log
    assert "\x1b" not in log
    rows = [json.loads(line) for line in system.scrapyd(listed["items_url"].lstrip("/")).text.splitlines()]
    assert [(row["link"], row["views"]) for row in rows] == list(zip(LINKS, views, strict=True))
    folder = system.folder / "var/scrapyd/logs/default/vk_views"
    modes = {file.suffix: stat.S_IMODE(file.stat().st_mode) for file in folder.glob(f"{answer['jobid']}.*")}
    assert modes == {".log": 0o600, ".jl": 0o600}
    assert 'href="/items/default/vk_views/' in system.scrapyd("jobs").text


def test_a_run_of_the_systems_own_leaves_no_rows(running):
    system, _ = running
    system.finished(system.submit(["https://vk.com/wall-61_1"]))
    own = [
        file for file in (system.folder / "var/scrapyd/logs").rglob("*.log") if f"run={file.stem}" in file.read_text()
    ]
    assert own
    assert not [file for file in own if file.with_suffix(".jl").exists()]


def test_scrapyd_client_finds_the_node_and_hears_refusals_in_words(running):
    system, _ = running
    config = system.folder / "scrapy.cfg"
    config.write_text(config.read_text().replace("http://127.0.0.1:6800", system.scrapyd_url))
    said, code = scrapyd_client(system, "targets")
    assert (said.split(), code) == (["default", system.scrapyd_url], 0)
    assert scrapyd_client(system, "spiders", "-p", "default")[0].split() == ["default:", "vk_views"]
    said, code = scrapyd_client(system, "schedule", "-p", "default", "vk_views", "--arg", f"links={LINKS[0]}")
    assert code == 0, said
    job = re.fullmatch(r"default / vk_views => ([0-9a-f]{32})\n", said)[1]
    assert shown(system.scrapyd(finished(system, job)["log_url"].lstrip("/")).text)[1][0] == LINKS[0]
    for argument, words in (
        ("links=@.env", "the links themselves"),
        ("setting=LOG_LEVEL=DEBUG", "no field 'setting'"),
        ("run=1", "run must be 32 hexadecimal digits"),
    ):
        said, code = scrapyd_client(system, "schedule", "-p", "default", "vk_views", "--arg", argument)
        assert code == 1
        assert words in said


def test_the_longest_order_that_is_taken_is_worked(running):
    system, _ = running
    link = "https://vk.com/wall-1_1"
    links = f"{link} {'x' * (131_065 - len(link) - 1)}"
    order = ["--data-urlencode", f"links={links}"]
    listed = finished(system, curl(system, *PLACE, *order)["jobid"])
    assert shown(system.scrapyd(listed["log_url"].lstrip("/")).text)[1][0] == link
    assert links[300:1000] not in (system.folder / "var/logs/scrapyd.log").read_text()


def test_a_job_by_hand_draws_on_the_systems_budgets_and_leaves_no_batch(running):
    system, vk = running
    engine = database.create(url=f"sqlite:///{system.folder / 'var/views.db'}")
    finished(system, curl(system, *PLACE, "-d", "links=wall-1_1")["jobid"])
    with engine.begin() as connection:
        (key, used), *_ = connection.execute(select(Budget.key, Budget.next_at)).all()
        batches = connection.execute(select(Batch.id)).all()
    finished(system, curl(system, *PLACE, "-d", "links=wall-1_2")["jobid"])
    with engine.begin() as connection:
        assert connection.execute(select(Budget.next_at).where(Budget.key == key)).scalar() > used
        assert connection.execute(select(Batch.id)).all() == batches
        connection.execute(Budget.__table__.update().values(paused_until=now() + 600, why="of the test"))
    vk.reset()
    try:
        job = finished(system, curl(system, *PLACE, "-d", "links=wall-1_3")["jobid"])
        log = system.scrapyd(job["log_url"].lstrip("/")).text
        assert shown(log)[1] == ["wall-1_3", "credential"]
        assert "Nothing can be asked now: of the test" in log
        assert vk.journal() == []
    finally:
        with engine.begin() as connection:
            connection.execute(Budget.__table__.update().values(paused_until=0))
        engine.dispose()


def test_a_cancelled_one_shows_what_it_has(running):
    system, vk = running
    vk.set(latency=4.0)
    try:
        job = curl(system, *PLACE, "-d", "links=wall-1_4 nonsense")["jobid"]
        system.until(lambda: any("wall.getById" in str(entry) for entry in vk.journal()), 30, "asking")
        assert system.scrapyd("cancel.json", project="default", job=job).json()["prevstate"] == "running"
        listed = finished(system, job)
    finally:
        vk.set(latency=0)
    table = shown(system.scrapyd(listed["log_url"].lstrip("/")).text)
    rows = [json.loads(line) for line in system.scrapyd(listed["items_url"].lstrip("/")).text.splitlines()]
    assert [line[0] for line in table[1:3]] == [row["link"] for row in rows] == ["wall-1_4", "nonsense"]
    assert [line[1] for line in table[1:3]] == [str(rows[0]["views"] or rows[0]["reason"]), "unsupported"]


def test_rows_are_removed_with_their_log(tmp_path):
    for age, name in enumerate(["new.log", "new.jl", "older.log", "oldest.jl", "oldest.log"]):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    prune(tmp_path, 2)
    assert {file.name for file in tmp_path.iterdir()} == {"new.log", "new.jl", "older.log"}
