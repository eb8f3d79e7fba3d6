"""Starting and stopping the whole system: real processes, in a copy of the checkout."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.checkout import copy_to
from tests.system import System, free_port


@pytest.fixture
def checkout(tmp_path):
    return copy_to(tmp_path / "views")


@pytest.fixture
def system(checkout):
    system = System(checkout, {"VK_TOKENS": ""})
    yield system
    if system.process and system.process.poll() is None:
        system.stop()


def processes_in(folder):
    """Every process whose working directory is the checkout."""
    found = {}
    for each in Path("/proc").iterdir():
        try:
            if each.name.isdigit() and (each / "cwd").readlink() == folder:
                found[int(each.name)] = (each / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
    return found


def none_left(folder, seconds=6.0):
    end = time.monotonic() + seconds
    while left := processes_in(folder):
        if time.monotonic() > end:
            return left
        time.sleep(0.05)
    return {}


def test_it_says_where_things_are_and_keeps_its_secrets(system, checkout):
    system.start()
    said = "".join(system.output)
    assert system.url in said
    assert f"{system.url}/docs" in said
    assert system.scrapyd_url in said
    assert "user views, password in var/scrapyd_password" in said
    for name in ("secret_key", "scrapyd_password"):
        assert stat.S_IMODE((checkout / "var" / name).stat().st_mode) == 0o600
        assert (checkout / "var" / name).read_text().strip() not in said
    assert system.session.get(f"{system.scrapyd_url}/jobs").status_code == 401
    assert system.scrapyd("jobs").status_code == 200
    for service in ("addversion", "delversion", "delproject"):
        assert system.scrapyd(f"{service}.json", project="default").status_code == 404
    assert system.stop() < 5
    assert none_left(checkout, 0) == {}


def test_a_second_start_goes_on_where_the_first_stopped(system, checkout):
    system.start()
    system.login()
    batch = system.submit(["spam"])
    secret = (checkout / "var/secret_key").read_text()
    system.stop()
    system.start()
    assert system.batch(batch)["state"] == "failed"
    assert (checkout / "var/secret_key").read_text() == secret


def test_ctrl_c_in_the_terminal_stops_everything(system, checkout):
    system.start()
    began = time.monotonic()
    os.killpg(system.process.pid, signal.SIGINT)
    system.process.wait(10)
    assert time.monotonic() - began < 5
    assert none_left(checkout, 0) == {}


def test_a_killed_supervisor_leaves_nothing_behind(system, checkout):
    system.start()
    (supervisor,) = (pid for pid, command in processes_in(checkout).items() if "control.serve" in command)
    os.kill(supervisor, signal.SIGKILL)
    assert none_left(checkout) == {}


def run(checkout, *, command=(sys.executable, "-m", "control.serve"), **settings):
    environment = System(checkout, settings).environment
    return subprocess.run(
        command, cwd=checkout, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def refusal(result):
    """The one line on standard error."""
    assert result.returncode not in {0, -signal.SIGTERM}
    (line,) = (line for line in result.stderr.splitlines() if not re.match(r"make(\[|:)", line))
    return line


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PORT", "eighty"),
        ("SECRET_KEY", "too short"),
        ("ALGORITHM", "none"),
        ("SCRAPYD_URLS", "nowhere"),
        ("MAX_RUNS", "-1"),
        ("BATCH_DEADLINE", "soon"),
        ("VK_TOKENS", "canary token"),
        ("VK_REQUESTS_PER_SECOND", "fast"),
        ("VK_API_URL", "vk"),
        ("LEASE_SECONDS", "long"),
        ("ROBOTSTXT_OBEY", "maybe"),
        ("SQLALCHEMY_DATABASE_URL", "mysql://x/y"),
        ("SQLALCHEMY_DATABASE_URL", "nonsense"),
        ("SQLALCHEMY_DATABASE_URL", "postgresql://canary@127.0.0.1:1/x"),
        ("SQLALCHEMY_DATABASE_URL", "sqlite:////no/such/folder/x.db"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(checkout, name, text):
    line = refusal(run(checkout, **{name: text}))
    assert name in line or "database" in line
    assert "canary" not in line


def test_a_port_in_use(checkout):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"PORT: cannot listen on 127.0.0.1:{port}" in refusal(run(checkout, PORT=str(port)))
        line = refusal(run(checkout, SCRAPYD_URLS=f"http://localhost:{port}"))
        assert f"SCRAPYD_URLS: cannot listen on 127.0.0.1:{port}" in line


def test_a_directory_that_cannot_be_written(checkout):
    (checkout / "var").write_text("a file where the directory should be")
    assert "cannot write to" in refusal(run(checkout, command=["make", "-s", "run"]))


def test_a_database_that_is_none(checkout):
    file = checkout / "x.db"
    file.write_bytes(b"no database" * 1000)
    assert "database" in refusal(run(checkout, SQLALCHEMY_DATABASE_URL=f"sqlite:///{file}"))


def test_it_runs_once_in_a_directory(system, checkout):
    system.start()
    assert "runs already" in refusal(run(checkout))


def test_a_scrapyd_elsewhere_is_not_started_here(checkout):
    result = run(
        checkout,
        SCRAPYD_URLS=f"http://192.0.2.1:{free_port()}",
        command=["timeout", "4", sys.executable, "-m", "control.serve"],
    )
    assert not (checkout / "var/scrapyd").exists()
    assert not (checkout / "var/logs/scrapyd.log").exists()
    assert result.returncode == 124
