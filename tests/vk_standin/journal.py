"""Every request that the stand-in got."""

from collections import Counter
from hashlib import sha256
from time import monotonic
from typing import Any


class Journal:
    """Its entries know tokens by the start of their SHA-256 only, as the crawler's database does."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def note(
        self, method: str, path: str, *, ids: int, kind: str = "", token: str = "", in_url: bool = False, host: str = ""
    ) -> dict[str, Any]:
        """Write down a request as it arrives; `error` is for the code that it will be answered with, `trouble`
        for what goes wrong with it.
        """
        entry = {
            "time": monotonic(),
            "method": method,
            "host": host,
            "path": path,
            "ids": ids,
            "kind": kind,
            "token": sha256(token.encode()).hexdigest()[:16] if token else "",
            "token_in_url": in_url,
            "error": 0,
            "trouble": "",
        }
        self.entries.append(entry)
        return entry

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many requests and ids there were by method, and how many errors by code."""
        requests: Counter[str] = Counter()
        ids: Counter[str] = Counter()
        errors: Counter[str] = Counter()
        for entry in self.entries:
            requests[entry["method"]] += 1
            ids[entry["method"]] += entry["ids"]
            errors[str(entry["error"])] += entry["error"] != 0
        return {"requests": requests, "ids": ids, "errors": +errors}

    def clear(self) -> None:
        self.entries.clear()
