"""Secrets that nobody set: made once, kept under var/ for their owner's eyes only."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from crawler.environment import VAR

BYTES = 48


def secret(name: str, folder: Path = VAR) -> str:
    """Return the secret, made now unless it is there. Of two processes that make one at once, the first wins."""
    path = folder / name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _make(path)
    return path.read_text(encoding="ascii").strip()


def _make(path: Path) -> None:
    """Link a whole file into place: nobody ever reads half a secret."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent)  # mode 0600
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(BYTES) + "\n")
    with suppress(FileExistsError):
        os.link(draft, path)
    Path(draft).unlink()
