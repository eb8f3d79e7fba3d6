"""The whole system's processes: how they start, come back, and end without leaving one behind."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest

from crawler.store import database
from tests.checkout import copy_to
from tests.processes import MARK, marked, of_module, spiders
from tests.seed import seed
from tests.system import System, clean_environment, free_port

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return copy_to(tmp_path_factory.mktemp("checkout") / "views")


@pytest.fixture
def mark(request):
    """A mark of this test's own; whatever wears it at the end is killed."""
    mark = f"{os.getpid()}-{request.node.name}"
    yield mark
    for pid in marked(mark):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def silent_vk():
    """A VK that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def crawling(tmp_path, silent_vk):
    """Settings for a spider to be found at work: a database of this test's own, and that VK."""
    url = f"sqlite:///{tmp_path / 'views.db'}"
    return {"SQLALCHEMY_DATABASE_URL": url, "VK_TOKENS": "token", "VK_API_URL": silent_vk}


@contextmanager
def started(folder, mark, **settings):
    system = System(folder, {MARK: mark, **settings})
    system.start()
    with system.process, system.session:
        try:
            yield system
        finally:
            if system.process.poll() is None:
                system.stop()


def start_spider(system, mark):
    """Have a spider at work on a batch; its process."""
    engine = database.create(url=system.environment["SQLALCHEMY_DATABASE_URL"])
    seed(engine, ["wall-1_1"], run=False)
    engine.dispose()
    return system.until(lambda: spiders(mark), 20, "crawling")[0]


def nobody(system, mark, seconds=5.0):
    """Wait until no process is left."""
    end = monotonic() + seconds
    while (left := marked(mark)) and monotonic() < end:
        sleep(0.05)  # the processor is for those who are to end
    assert left == {}, system.logs()


def test_a_killed_child_comes_back_and_sigterm_to_make_ends_everything(folder, mark, crawling):
    with started(folder, mark, **crawling) as system:
        for module in ("scrapyd", "control.api", "control.scheduler"):
            old = of_module(mark, module)
            os.kill(old, signal.SIGKILL)
            system.until(lambda module=module, old=old: of_module(mark, module) not in {0, old}, 20, "restored")
        system.until(lambda: answers(system), 20, "answering")
        start_spider(system, mark)
        assert system.stop() < 5
        nobody(system, mark, 0)


def answers(system):
    try:
        return system.session.get(f"{system.url}/openapi.json", timeout=2).ok and system.scrapyd("daemonstatus.json").ok
    except OSError:
        return False


def test_the_supervisor_loads_no_database_library(folder, mark):
    """It runs for months beside the others: what it keeps in memory nobody else has."""
    with started(folder, mark) as system:
        maps = Path(f"/proc/{of_module(mark, 'control.serve')}/maps").read_text()
        assert not [line for line in maps.splitlines() if "sqlalchemy" in line or "greenlet" in line]
        assert "sqlalchemy" in Path(f"/proc/{of_module(mark, 'control.scheduler')}/maps").read_text()
        assert answers(system)


def test_an_api_and_a_scheduler_that_hang_are_started_anew(folder, mark, crawling):
    modules = {"api": "control.api", "scheduler": "control.scheduler"}
    with started(folder, mark, **crawling) as system:
        old = {name: of_module(mark, module) for name, module in modules.items()}
        for pid in old.values():
            os.kill(pid, signal.SIGSTOP)
        for name, module in modules.items():
            system.until(lambda m=module, n=name: of_module(mark, m) not in {0, old[n]}, 150, "restored")
            assert any(line.startswith(f"{name} has given no sign of life") for line in system.output)
        system.until(lambda: answers(system), 20, "answering")
        with system.session.get(f"{system.url}/readyz", timeout=20) as answer:
            assert answer.status_code in {200, 503}


@pytest.fixture
def in_the_background():
    """A shell without job control has what it starts with `&` ignore SIGINT, and its children inherit that."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("in_the_background")
def test_ctrl_c_in_the_terminal_ends_everything_even_a_spider_that_hangs(folder, mark, crawling):
    with started(folder, mark, **crawling) as system:
        os.kill(start_spider(system, mark), signal.SIGSTOP)
        os.killpg(system.process.pid, signal.SIGINT)
        nobody(system, mark)
        system.process.wait(5)


def test_a_killed_supervisor_leaves_nobody(folder, mark, crawling):
    with started(folder, mark, **crawling) as system:
        start_spider(system, mark)
        os.kill(of_module(mark, "control.serve"), signal.SIGKILL)
        nobody(system, mark)
        system.process.wait(5)


def test_it_says_where_things_are_and_a_second_start_is_refused(folder, mark):
    with started(folder, mark) as system:
        system.until(lambda: any("Ctrl-C" in line for line in system.output), 5, "explained")
        said = "".join(system.output)
        assert f"{system.url}/docs" in said
        assert f"{system.scrapyd_url}  (scrapyd's console; user views, password in var/scrapyd_password)" in said
        assert str(folder / "var/logs") in said
        assert (folder / "var/scrapyd_password").read_text().strip() not in said
        assert "already running" in refused(folder)
        assert answers(system)
    modes = {file.name: file.stat().st_mode & 0o077 for file in (folder / "var").rglob("*")}
    assert not any(modes.values()), modes


def refused(folder, **settings):
    """The one line with which a start is refused."""
    environment = clean_environment() | {name: str(value) for name, value in settings.items()}
    command = [sys.executable, "-m", "control.serve"]
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 1, result
    assert result.stderr.count("\n") == 1, result.stderr
    return result.stderr.removeprefix("views-stats cannot start: ").rstrip()


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"SECRET_KEY": "short"}, "SECRET_KEY must be 32 bytes"),
        ({"SQLALCHEMY_DATABASE_URL": "mysql://x"}, "SQLALCHEMY_DATABASE_URL must name SQLite or PostgreSQL, not mysql"),
        ({"VK_API_URL": "api.vk.com"}, "VK_API_URL must be"),
        ({"LEASE_SECONDS": "soon"}, "LEASE_SECONDS must be"),
        ({"WARM_SPARES": "-1"}, "WARM_SPARES must be a whole number from 0 to 100, not '-1'"),
        ({"SPIDER_MEMORY_MIB": "64"}, "SPIDER_MEMORY_MIB must be 0 or a whole number from 256 to 1048576, not '64'"),
        ({"HOST": "host.invalid"}, "HOST, PORT: cannot listen on host.invalid:8000"),
    ],
)
def test_a_bad_setting_is_one_line(folder, settings, line):
    assert refused(folder, **settings).startswith(line)


def test_a_port_in_use_is_one_line(folder):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        in_use = f"cannot listen on 127.0.0.1:{port}: the port is in use"
        assert refused(folder, PORT=port) == f"HOST, PORT: {in_use}"
        assert refused(folder, SCRAPYD_URLS=f"http://localhost:{port}").endswith(in_use)


@pytest.mark.parametrize(
    ("content", "line"), [(b"text" * 1000, "file is not a database"), (None, "unable to open database file")]
)
def test_a_database_that_is_none_is_one_line(folder, tmp_path, content, line):
    file = tmp_path / "missing/views.db"
    if content:
        file.parent.mkdir()
        file.write_bytes(content)
    settings = {"SQLALCHEMY_DATABASE_URL": f"sqlite:///{file}", "SCRAPYD_URLS": "http://192.0.2.1"}
    assert refused(folder, **settings, PORT=free_port()) == f"SQLALCHEMY_DATABASE_URL: {line}"


def test_a_directory_that_cannot_be_written_is_one_line(tmp_path):
    folder = copy_to(tmp_path / "views")
    (folder / "var").write_text("in the way")
    assert refused(folder).startswith(f"{folder}/var cannot be written to: ")
