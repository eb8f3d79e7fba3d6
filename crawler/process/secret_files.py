"""Secrets that this installation makes for itself. Each has its own file, which only its owner can read."""

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import mkstemp


def read_or_create(path: Path, make: Callable[[], str]) -> str:
    """Return the secret in the file. The first use makes it; if several processes do so at once, all get the same.

    Raises ValueError with the file's name and the fix if it cannot be read or made.
    """
    try:
        if not path.exists():
            _create(path, make())
        path.chmod(0o600)
        secret = path.read_text().strip()
    except OSError as error:
        raise ValueError(f"cannot be kept in {path} ({error.strerror}): see who owns the directory") from None
    if not secret:
        raise ValueError(f"is empty in {path}: delete the file to have a new one made")
    return secret


def _create(path: Path, secret: str) -> None:
    """Write another file and link it, so that nobody sees it half written and the first process wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp's mode is 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secret + "\n")
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(name)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()
