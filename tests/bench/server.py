"""The API's process alone, on a database: nothing works on what is posted."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

import requests

from tests.bench.usage import Usage, usage
from tests.checkout import ROOT
from tests.system import PASSWORD, PLENTY, clean_environment, free_port


class Server:
    """For as long as the context lasts. `user` is the id of the user who asks."""

    def __init__(self, database: str) -> None:
        port = str(free_port())
        self.url = f"http://127.0.0.1:{port}"
        settings = {"PORT": port, "SECRET_KEY": "k" * 32, "SCRAPYD_PASSWORD": "unused"}
        self.environment = clean_environment() | PLENTY | settings | {"SQLALCHEMY_DATABASE_URL": database}
        self.session = requests.Session()
        self.session.trust_env = False

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "control.api"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stderr=subprocess.DEVNULL)
        await_answer(self.session, f"{self.url}/healthz", self.process)
        who = {"username": "analyst", "password": PASSWORD}
        self.user = str(self.session.post(f"{self.url}/users", json=who).json()["id"])
        token = self.session.post(f"{self.url}/users/login", json=who).json()["token"]
        self.session.headers["Authorization"] = f"Bearer {token}"
        self.forget_peak()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()

    def ask(self, method: str, path: str, **given: Any) -> float:
        """Seconds until the whole answer is here; the status must be a good one."""
        began = time.perf_counter()
        with self.session.request(method, self.url + path, stream=True, **given) as answer:
            self.length = sum(len(piece) for piece in answer.iter_content(65_536))
        seconds = time.perf_counter() - began
        assert answer.ok, answer.status_code
        return seconds

    def forget_peak(self) -> None:
        """Count the most memory from now on: hashing a password takes more than all the rest."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    @property
    def usage(self) -> Usage:
        return usage(self.process.pid)


def await_answer(session: requests.Session, url: str, process: subprocess.Popen[bytes]) -> None:
    """Return once the process, which has just started, answers there."""
    while not _answers(session, url):
        assert process.poll() is None, f"{process.args!r} has ended"
        time.sleep(0.1)


def _answers(session: requests.Session, url: str) -> bool:
    try:
        return session.get(url).ok
    except requests.ConnectionError:
        return False
