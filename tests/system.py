"""The whole system as a user has it: `make run` in a copy of the checkout, on a stand-in for VK, asked over HTTP."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import SystemRandom
from threading import Thread
from typing import Any

import requests

from tests.checkout import copy_to
from tests.vk_standin.client import StandIn

PASSWORD = "correct horse battery staple"
OWN_SETTINGS = (
    *("SQLALCHEMY_DATABASE_URL", "SECRET_KEY", "SCRAPYD_", "VK_", "MAX_RUNS", "HOST", "PORT", "LEASE_SECONDS"),
    *("RUNS_PER_PROCESS", "REGISTRATION", "ROLES", "NODE_URL", "TRUSTED_", "CORS_"),
    *("READS_", "CHANGES_", "SUBMISSIONS_", "LINKS_", "LOGINS_", "MOST_"),
)
LIMITS = (
    *("READS_PER_SECOND", "CHANGES_PER_MINUTE", "SUBMISSIONS_PER_MINUTE", "LOGINS_PER_HOUR", "REGISTRATIONS_PER_HOUR"),
    *("LINKS_PER_MINUTE", "MOST_WAITING_LINKS", "MOST_LINKS_PER_DAY", "MOST_STORED_MEGABYTES"),
)
PLENTY = dict.fromkeys(LIMITS, "1000000000")


PORTS = range(20_000, 32_000)  # below those that clients get: a system that is started again finds its port free


def free_port() -> int:
    while True:
        port = SystemRandom().choice(PORTS)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


def clean_environment() -> dict[str, str]:
    """Return our environment without any setting of the system's own."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OWN_SETTINGS)}


class System:
    """A running system. `settings` are its environment on top of ports of its own."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.folder = folder
        self.port, self.scrapyd_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.scrapyd_url = f"http://127.0.0.1:{self.scrapyd_port}"
        self.environment = (
            clean_environment()
            | PLENTY
            | {
                "PORT": str(self.port),
                "SCRAPYD_URLS": self.scrapyd_url,
                "PYTHON": sys.executable,
                **settings,
            }
        )
        self.command = ["make", "run"]
        self.process: subprocess.Popen[str] | None = None
        self.output: list[str] = []
        self.session = requests.Session()

    def start(self, timeout: float = 90.0) -> None:
        """Start it and wait until it says that it is ready."""
        self.output = []
        self.process = subprocess.Popen(
            self.command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.reader = Thread(target=self._read, args=(self.process,), daemon=True)
        self.reader.start()
        self.until(lambda: any("ready" in line for line in self.output), timeout, "ready")

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            self.output.extend(process.stdout)

    def until(self, true: Any, timeout: float, what: str) -> Any:
        """Poll until `true()`; its result, or an error with what the system printed."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if result := true():
                return result
            if self.process and self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"not {what} after {timeout} s; the system says:\n{''.join(self.output)}\n{self.logs()}")

    def logs(self) -> str:
        """The last lines of every log there is."""
        files = sorted((self.folder / "var").rglob("*.log"))
        return "\n".join(f"== {file.name}\n" + "\n".join(file.read_text().splitlines()[-30:]) for file in files)

    def stop(self) -> float:
        """Send SIGTERM to `make` and return how many seconds it took to end."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
        seconds = time.monotonic() - began
        self.reader.join()
        return seconds

    def pid_of(self, module: str) -> int:
        """The child of the supervisor that runs this module."""
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and self._is(folder, module):
                return int(folder.name)
        return 0

    def _is(self, folder: Path, module: str) -> bool:
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            ours = (folder / "cwd").readlink() == self.folder
        except OSError:
            return False
        return ours and words[1:4] == [b"-m", b"control.supervision.child", module.encode()]

    def login(self, name: str = "analyst") -> None:
        who = {"username": name, "password": PASSWORD}
        assert self.session.post(f"{self.url}/users", json=who).status_code in {201, 409}
        token = self.session.post(f"{self.url}/users/login", json=who).json()["token"]
        self.session.headers["Authorization"] = f"Bearer {token}"

    def submit(self, links: list[str]) -> str:
        """Post a batch; its id."""
        response = self.session.post(f"{self.url}/batches", json={"links": links})
        assert response.status_code == 202, response.text
        return str(response.json()["id"])

    def batch(self, id_: str) -> dict[str, Any]:
        result: dict[str, Any] = self.session.get(f"{self.url}/batches/{id_}").json()
        return result

    def rows(self, id_: str) -> list[dict[str, Any]]:
        """Every link of a batch, page after page."""
        rows: list[dict[str, Any]] = []
        cursor: dict[str, Any] = {}
        while True:
            page = self.session.get(f"{self.url}/batches/{id_}/links", params={"limit": 1000, **cursor}).json()
            rows += page["links"]
            if not page["next_cursor"]:
                return rows
            cursor = {"cursor": page["next_cursor"]}

    def finished(self, id_: str, timeout: float = 90.0) -> list[dict[str, Any]]:
        """Wait until every link of a batch is final; its rows."""
        unfinished = {"created", "in progress"}
        self.until(lambda: self.batch(id_)["state"] not in unfinished, timeout, f"finished with batch {id_}")
        return self.rows(id_)

    def scrapyd(self, path: str, **form: str) -> requests.Response:
        """Ask scrapyd, as its console's user."""
        auth = ("views", (self.folder / "var/scrapyd_password").read_text().strip())
        method = "POST" if form else "GET"
        return requests.request(method, f"{self.scrapyd_url}/{path}", data=form, auth=auth, timeout=20)


@contextmanager
def system(folder: Path, *options: str, **settings: str) -> Iterator[tuple[System, StandIn]]:
    """A stand-in for VK (with these options) and a system on it, both stopped at the end."""
    copy_to(folder)
    with StandIn(*options) as vk:
        running = System(folder, vk.environment() | settings)
        try:
            running.start()
            running.login()
            yield running, vk
        finally:
            if running.process and running.process.poll() is None:
                running.stop()
