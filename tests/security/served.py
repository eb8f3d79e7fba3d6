"""The API as it runs in production: in a process of its own, on a free port, with its own SQLite file."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.conftest import migrate
from tests.system import PLENTY, clean_environment, free_port

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "views.db"
SECRET_KEY = "k" * 48


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of an API with an empty database in this folder, and its log beside it."""
    database, port = f"sqlite:///{folder / DATABASE}", free_port()
    migrate(database)
    own = {
        "SQLALCHEMY_DATABASE_URL": database,
        "PORT": str(port),
        "SECRET_KEY": SECRET_KEY,
        "SCRAPYD_PASSWORD": "unused",
    }
    with (folder / "api.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "control.api"],
            cwd=ROOT,
            env=clean_environment() | PLENTY | own,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            _wait(process, f"http://127.0.0.1:{port}", folder / "api.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        try:
            requests.get(f"{url}/healthz", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the API does not answer: {log.read_text()}")
