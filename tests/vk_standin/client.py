"""The stand-in as tests hold it in hand."""

import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import requests

ROOT = Path(__file__).resolve().parents[2]


class StandIn:
    """A stand-in for VK in a process of its own, for as long as the context lasts."""

    def __init__(self, *options: str) -> None:
        self.options = options
        self.url = ""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.vk_standin", "--end-with-stdin", *self.options]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        word, _, self.url = self.process.stdout.readline().strip().partition(" ")
        assert word == "ready", "the stand-in did not start"
        self.session = requests.Session()
        self.session.trust_env = False
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()
        self.process.communicate(timeout=20)

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
        """Every request so far: when (monotonic seconds), what, how many ids, whose token."""
        entries: list[dict[str, Any]] = self.session.get(f"{self.url}/standin/journal", timeout=20).json()
        return entries

    def set(self, **settings: Any) -> None:
        """Change `latency`, `rate`, `most_bytes` or `robots`."""
        self._post("set", settings)

    def fault(self, **fault: Any) -> None:
        """Plant a fault: `code`, or `status` and `body`, or `drop`, or `hang`; for a `method`, a token's `kind`."""
        self._post("fault", fault)

    def reset(self) -> None:
        """Forget faults and journal."""
        self._post("reset", {})

    def _post(self, what: str, given: dict[str, Any]) -> None:
        self.session.post(f"{self.url}/standin/{what}", json=given, timeout=20).raise_for_status()
