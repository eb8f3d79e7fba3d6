"""Some of the system's processes on each host: what starts, what is waited for, and what is said."""

import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import trustme

from control.supervision import schema
from crawler.store import database
from tests import next_release, tls_proxy
from tests.checkout import copy_to
from tests.conftest import execute
from tests.control.test_serve import mark, nobody, refused, started
from tests.processes import MARK, marked, of_module
from tests.system import System, clean_environment, free_port
from tests.vk_standin import truth
from tests.vk_standin.client import StandIn

__all__ = ["mark"]

pytestmark = pytest.mark.process

MODULES = {"api": "control.api", "scheduler": "control.scheduler", "node": "scrapyd"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return copy_to(tmp_path_factory.mktemp("checkout") / "views")


def command(*options):
    return [sys.executable, "-m", "control.serve", *options]


def run(folder, *options, **settings):
    """A start that comes to its end by itself."""
    environment = clean_environment() | settings
    return subprocess.run(
        command(*options), cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def running(mark):
    return {role for role, module in MODULES.items() if of_module(mark, module)}


@contextmanager
def taken(*ports):
    """Somebody else listens there."""
    with ExitStack() as stack:
        for port in ports:
            stack.enter_context(socket.create_server(("127.0.0.1", port)))
        yield


@pytest.mark.parametrize("words", ["cook", "api;node", "api,cook"])
def test_a_bad_role_is_one_line_with_the_option_and_the_roles(folder, words):
    for done in (run(folder, "--roles", words), run(folder, ROLES=words)):
        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        assert "ROLES must be some of api, scheduler, node, migrate, separated by commas" in line
        assert "--roles" in line


def test_a_node_whose_address_nobody_tells_is_one_line(folder):
    assert "NODE_URL must be set" in refused(folder, ROLES="node", SCRAPYD_URLS="http://10.0.0.6:6800")


def test_migrate_alone_migrates_and_ends_and_the_option_wins(folder, tmp_path):
    settings = {"SQLALCHEMY_DATABASE_URL": f"sqlite:///{tmp_path / 'views.db'}", "ROLES": "node,api"}
    for _ in range(2):
        done = run(folder, "--roles", "migrate", **settings)
        assert (done.returncode, done.stderr) == (0, "")
    engine = database.create(url=settings["SQLALCHEMY_DATABASE_URL"])
    assert schema.version(engine) == schema.newest()
    engine.dispose()
    next_release.migrate(settings["SQLALCHEMY_DATABASE_URL"], tmp_path)
    done = run(folder, "--roles", "migrate", **settings)
    assert done.returncode == 0
    assert f"its schema is {next_release.version()}, of a newer release" in done.stdout


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_who_waits_for_a_schema_says_so_once_and_ends_at_once(folder, mark, tmp_path, ending):
    url = f"sqlite:///{tmp_path / 'views.db'}"
    environment = clean_environment() | {MARK: mark, "SQLALCHEMY_DATABASE_URL": url, "PORT": str(free_port())}
    arguments = command("--roles", "api")
    with subprocess.Popen(arguments, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("waiting for the database ")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2.5)
        process.send_signal(ending)
        assert process.wait(3) in {130, -signal.SIGTERM}
        assert process.stdout.read() == ""  # the end, which comes when the process that waited has ended, too
    assert marked(mark) == {}


def test_only_what_is_wanted_starts_whoever_has_the_other_ports(folder, mark, tmp_path):
    settings = {"SQLALCHEMY_DATABASE_URL": f"sqlite:///{tmp_path / 'views.db'}", "ROLES": "migrate,scheduler"}
    ports = free_port(), free_port()
    with (
        taken(*ports),
        started(folder, mark, **settings, PORT=str(ports[0]), SCRAPYD_URLS=f"http://127.0.0.1:{ports[1]}") as system,
    ):
        assert running(mark) == {"scheduler"}
        system.until(lambda: any("Ctrl-C" in line for line in system.output), 10, "explained")
        said = "".join(system.output)
        assert "starting scheduler\n" in said
        assert str(folder / "var/logs") in said
        assert not any(words in said for words in ("page  ", "API", "console", "setup"))
        assert "already running" in refused(folder, ROLES="node,scheduler")
        old = of_module(mark, "control.scheduler")
        os.kill(old, signal.SIGKILL)
        system.until(lambda: of_module(mark, "control.scheduler") not in {0, old}, 20, "restored")
        assert system.stop() < 5
        nobody(system, mark, 0)


@pytest.fixture
def behind_tls(tmp_path):
    """A node's address behind a proxy with TLS, and the settings of all hosts and of the node that go with it."""
    authority, file, port = trustme.CA(), tmp_path / "authority.pem", free_port()
    authority.cert_pem.write_to_path(file)
    with tls_proxy.serving(authority.issue_cert("localhost"), ("127.0.0.1", port)) as shown:
        url = f"https://localhost:{shown}"
        yield url, {"SCRAPYD_CA": str(file), "SCRAPYD_URLS": url}, {"SCRAPYD_HTTP_PORT": str(port), "NODE_URL": url}


def test_two_hosts_that_start_in_any_order_do_the_work_of_one(postgresql_server, mark, tmp_path, behind_tls):
    node_url, of_all, of_node = behind_tls
    shared = {
        "SQLALCHEMY_DATABASE_URL": empty(postgresql_server),
        "SECRET_KEY": "k" * 40,
        "SCRAPYD_PASSWORD": "p" * 40,
        "VK_TOKENS": "standin-service",
        MARK: mark,
        **of_all,
    }
    with StandIn() as vk, ThreadPoolExecutor() as threads:
        node = host(tmp_path / "node", vk, shared, ROLES="node", **of_node)
        control = host(tmp_path / "control", vk, shared, ROLES="api,scheduler,migrate")
        try:
            starting = threads.submit(node.start)
            node.until(lambda: any("waiting for the database" in line for line in node.output), 30, "waiting")
            control.start()
            starting.result()
            assert f"{node_url}  (scrapyd's console" in "".join(node.output)
            assert running(mark) == {"api", "scheduler", "node"}
            control.login()
            rows = control.finished(control.submit(["wall-31_1", "wall-31_2"]))
        finally:
            stop(node, control)
    assert [row["views"] for row in rows] == [truth.views("wall", -31, item) for item in (1, 2)]
    assert marked(mark) == {}


def empty(server):
    execute(server, "DROP DATABASE IF EXISTS two_hosts")
    execute(server, "CREATE DATABASE two_hosts")
    return server.format("two_hosts")


def host(folder: Path, vk, shared, **settings):
    return System(copy_to(folder), vk.environment() | shared | settings)


def stop(*hosts):
    for each in hosts:
        if each.process and each.process.poll() is None:
            each.stop()
