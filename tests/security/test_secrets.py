"""Secrets are where they are used, and nowhere else."""

import base64
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from control.supervision.start_checks import exposed
from crawler.process import environment
from crawler.store import database
from tests.checkout import ROOT
from tests.conftest import migrate
from tests.control.conftest import anonymous, app, quick_hashes
from tests.system import PASSWORD, system
from tests.vk_standin.client import StandIn

__all__ = ["anonymous", "app", "quick_hashes"]

GOOD, DEAD, WATCHED = (f"vk1.a.canary-{name}-0123456789abcdef" for name in ("good", "dead", "watched"))
CANARY = "canary"
KEY = "canary-of-the-key-that-signs-tokens"
BROKEN = ROOT / "tests/crawler/spiders/broken"
PAGES = ["", "jobs", "logs/", "logs/default/vk_views/", "listjobs.json?project=default", "daemonstatus.json"]


@pytest.fixture(scope="module")
def standin():
    with StandIn("--token", f"service:{GOOD}", "--token", f"user:{WATCHED}") as started:
        yield started


@pytest.fixture(scope="module")
def worked(tmp_path_factory):
    """A system that has met errors that repeat its tokens, and all that it has said: by where it said it."""
    folder = tmp_path_factory.mktemp("checkout") / "views"
    options = ("--token", f"user:{GOOD}", "--token", f"user:{WATCHED}")
    settings = {"VK_TOKENS": f"{DEAD},{WATCHED},{GOOD}", "SECRET_KEY": KEY, "MAX_RUNS": "2", "WARM_SPARES": "0"}
    with system(folder, *options, **settings) as (running, vk):
        vk.fault(code=14, token=WATCHED, times=0, fields={"redirect_uri": f"https://vk.com/?token={WATCHED}"})
        for code in (1, 10):
            vk.fault(code=code, token=GOOD, message=f"failed for {GOOD}")
        vk.set(latency=0.5)
        with (folder / "crawler/settings.py").open("a") as settings_of_spiders:  # nobody can order them at scrapyd
            settings_of_spiders.write('LOG_LEVEL = "DEBUG"\n')
        running.scrapyd("schedule.json", project="default", spider="vk_views", jobid="d" * 32, links="wall-1_1")
        batch = running.submit([f"https://vk.com/wall-1_{item}" for item in range(1, 50)] + ["video-1_1"])
        running.until(lambda: any("runner" in line for line in command_lines().values()), 30, "crawling")
        said = command_lines()
        vk.set(latency=0)
        running.finished(batch)
        running.until(lambda: b"downloader/request_count" in debug_log(folder).read_bytes(), 30, "logged")
        yield (
            running,
            said | answers(running, batch) | files(folder / "var"),
            {entry["error"] for entry in vk.journal()},
        )


def command_lines():
    """Those of all processes but the stand-in, which is told what tokens there are."""
    found = {}
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found[str(file)] = file.read_bytes().decode(errors="replace")
        except OSError:
            continue
    return {file: words for file, words in found.items() if "tests.vk_standin" not in words}


def debug_log(folder):
    return folder / "var/scrapyd/logs/default/vk_views" / f"{'d' * 32}.log"


def answers(running, batch):
    """What users, administrators and scrapyd's console see."""
    command = [sys.executable, "-m", "flask", "--app", "control.app", "users", "promote", "analyst"]
    subprocess.run(command, cwd=running.folder, env=running.environment, check=True, capture_output=True)
    own = [
        "/batches",
        f"/batches/{batch}",
        f"/batches/{batch}/links",
        "/get-bg-tasks",
        "/readyz",
        "/metrics",
        "/openapi.json",
    ]
    seen = {path: running.session.get(f"{running.url}{path}").text for path in own}
    seen |= {path: running.scrapyd(path).text for path in PAGES}
    return seen | {"the terminal": "".join(running.output)}


def files(folder):
    return {str(file): file.read_bytes().decode(errors="replace") for file in folder.rglob("*") if file.is_file()}


@pytest.mark.process
def test_T28_no_token_of_vk_is_said_anywhere_whatever_vk_answers(worked):
    running, said, errors = worked
    assert {1, 5, 10, 14} <= errors
    assert [where for where, what in said.items() if CANARY in what] == []
    assert "DEBUG" in debug_log(running.folder).read_text()


@pytest.mark.process
def test_T28_neither_are_our_own_secrets_beyond_their_own_files(worked):
    running, said, _ = worked
    password = (running.folder / "var/scrapyd_password").read_text().strip()
    secrets = [password, base64.b64encode(f"views:{password}".encode()).decode()]
    secrets += [PASSWORD, running.session.headers["Authorization"].removeprefix("Bearer ")]
    where = {file for secret in secrets for file, what in said.items() if secret in what}
    assert where == {str(running.folder / "var/scrapyd_password")}


@pytest.mark.process
def test_T35_all_files_are_their_owners_only(worked):
    running, _, _ = worked
    modes = {str(file): file.stat() for file in (running.folder / "var").rglob("*")}
    assert {"views.db", "views.db-wal", "views.db-shm", "scrapyd_password"} <= {Path(name).name for name in modes}
    assert [name for name, status in modes.items() if status.st_mode & 0o077] == []


@pytest.mark.process
@pytest.mark.parametrize("output", ["out.csv", "out.json"])
@pytest.mark.parametrize("broken", [False, True])
def test_T28_an_ad_hoc_run_at_debug_says_no_token_pages_and_tracebacks_included(
    crawl, standin, tmp_path, output, broken
):
    standin.reset()
    standin.fault(code=10, message=f"failed for {GOOD}")
    settings = standin.environment() | {"VK_TOKENS": GOOD}
    if broken:
        settings["PYTHONPATH"] = f"{BROKEN}:{ROOT}"
    links = "links=wall-1_1 video-1_1 clip-1_2"
    result = crawl("vk_views", "-L", "DEBUG", "-a", links, "-O", str(tmp_path / output), **settings)
    assert ("ZeroDivisionError" in result.stderr) is broken
    assert "DEBUG" in result.stderr
    said = result.stdout + result.stderr + (tmp_path / output).read_text()
    assert CANARY not in said
    asked = standin.journal()
    assert broken or {"page", "wall.getById"} <= {entry["method"] for entry in asked}
    assert not any(entry["token_in_url"] or (entry["method"] == "page" and entry["token"]) for entry in asked)


@pytest.mark.parametrize("name", ["jwt", "token", "access_token", "Authorization", "access_token_cookie"])
def test_T13_a_token_counts_in_its_header_only(anna, anonymous, name):
    token = anna.environ_base["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    assert anna.get("/batches").status_code == 200
    for value in (token, f"Bearer {token}"):
        assert anonymous.get("/batches", query_string={name: value}).status_code == 401
        assert anonymous.post("/batches", json={"links": ["wall-1_1"], name: value}).status_code == 401
        anonymous.set_cookie(name, value)
        assert anonymous.get("/batches").status_code == 401


@pytest.fixture
def generous():
    """The umask of most machines, under which new files may be read by all."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder):
    return {file.name: oct(stat.S_IMODE(file.stat().st_mode)) for file in folder.iterdir()}


@pytest.mark.process
def test_T35_a_database_made_by_hand_is_its_owners_only(tmp_path, generous):
    migrate(f"sqlite:///{tmp_path / 'views.db'}")
    engine = database.create(url=f"sqlite:///{tmp_path / 'views.db'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE users SET username = username"))
        assert modes(tmp_path) == dict.fromkeys(["views.db", "views.db-wal", "views.db-shm"], "0o600")
    engine.dispose()


def test_T35_one_that_others_could_read_is_closed_to_them(tmp_path, generous, migrated_sqlite):
    file = tmp_path / "views.db"
    file.write_bytes(migrated_sqlite.read_bytes())
    assert modes(tmp_path) == {"views.db": "0o644"}
    engine = database.create(url=f"sqlite:///{file}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE users SET username = username"))
        assert set(modes(tmp_path).values()) == {"0o600"}
    engine.dispose()


def test_T35_an_env_file_that_others_can_read_is_said_to_be(tmp_path, monkeypatch, generous):
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    assert exposed() == []
    (tmp_path / ".env").write_text("VK_TOKENS=x")
    assert exposed() == ["others can read .env: chmod 600 .env"]
    (tmp_path / ".env").chmod(0o600)
    assert exposed() == []
