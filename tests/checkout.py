"""A copy of the checkout to run the whole system in, without touching the `var/` of the real one."""

import shutil
import subprocess
from importlib.util import cache_from_source
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
UNTRACKED = {".git", ".venv", "var", ".env", "__pycache__"}


def copy_to(path: Path) -> Path:
    """Copy what git tracks or would track, and what Python has compiled of it; `.venv` is shared. Times are kept, so
    nothing looks newer than it is.
    """
    for name in _files():
        for file in (ROOT / name, Path(cache_from_source(str(ROOT / name)))):
            if file.is_file():
                copy = path / file.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, copy)
    (path / ".venv").symlink_to((ROOT / ".venv").resolve())
    return path


def _files() -> list[str]:
    """List what git tracks or would track; without git, all but what is never tracked."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    if shutil.which("git") and (ROOT / ".git").exists():
        return (
            subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
            .stdout.rstrip("\0")
            .split("\0")
        )
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*"))
    return [str(path) for path in found if UNTRACKED.isdisjoint(path.parts)]
