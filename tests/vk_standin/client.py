"""The stand-in as tests hold it in hand."""

import os
import select
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Self

import requests

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30.0


class StandIn:
    """A stand-in for VK in a process of its own, for as long as the context lasts. `options` are its command line's,
    `variables` of its environment.
    """

    def __init__(self, *options: str, **variables: str) -> None:
        self.variables = variables
        self.command = [sys.executable, "-m", "tests.vk_standin", "--port", "0", "--end-with-stdin", *options]
        self.url = ""

    def __enter__(self) -> Self:
        self.said = TemporaryFile()
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env=environment | self.variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.said,
        )
        self.session = requests.Session()
        self.session.trust_env = False
        try:
            self.url = self._ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()
        try:
            self.process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        finally:
            self.said.close()

    def _ready(self) -> str:
        """Wait for the line that tells the address."""
        assert self.process.stdout
        readable, _, _ = select.select([self.process.stdout], [], [], START_SECONDS)
        line = self.process.stdout.readline().decode() if readable else ""
        word, _, url = line.strip().partition(" ")
        if word != "ready":
            self.process.kill()
            self.process.wait()
            self.said.seek(0)
            why = "said nothing in time" if not readable else f"said {line!r}"
            raise RuntimeError(f"the stand-in {why} in place of `ready URL`:\n{self.said.read().decode()}")
        return url

    def environment(self) -> dict[str, str]:
        """Return the settings that make the crawler ask here."""
        return {
            "VK_API_URL": self.url,
            "VK_SITE_URL": self.url,
            "VK_VIDEO_URL": self.url,
            "VK_REQUESTS_PER_SECOND": "50",
        }

    def call(self, method: str, token: str, **parameters: str) -> dict[str, Any]:
        """Call a method of the API as the crawler does."""
        form = {"access_token": token, "v": "5.199"} | parameters
        answer: dict[str, Any] = self.session.post(f"{self.url}/method/{method}", data=form, timeout=20).json()
        return answer

    def journal(self) -> list[dict[str, Any]]:
        """Every request so far, as it arrived: `time` (monotonic seconds), `method` (`page` and `robots.txt` too),
        `host` (of pages), `path`, `ids` (how many), `kind` and `token` (a fingerprint), `token_in_url`, `error` (the
        code answered, or 0), `trouble` (what was drawn to go wrong with it, or nothing).
        """
        entries: list[dict[str, Any]] = self._control("journal", {})
        return entries

    def counts(self) -> dict[str, dict[str, int]]:
        """How many `requests` and `ids` so far by method, how many `errors` by code."""
        counts: dict[str, dict[str, int]] = self._control("counts", {})
        return counts

    def set(self, **settings: Any) -> None:
        """Change a setting, as settings.py lists them."""
        self._control("set", settings)

    def fault(self, **fault: Any) -> None:
        """Plant a fault: an effect and its conditions, as faults.py lists them."""
        self._control("fault", fault)

    def reset(self) -> None:
        """Forget faults, settings and journal."""
        self._control("reset", {})

    def _control(self, what: str, given: dict[str, Any]) -> Any:
        response = self.session.post(f"{self.url}/standin/{what}", json=given, timeout=20)
        if not response.ok:
            raise ValueError(response.json()["error"])
        return response.json()
