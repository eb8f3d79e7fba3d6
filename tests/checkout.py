"""A copy of the checkout to run the whole system in, without touching the `var/` of the real one."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def copy_to(path: Path) -> Path:
    """Copy what git tracks or would track; `.venv` is shared. Times are kept, so nothing looks newer than it is."""
    for name in _files():
        if (ROOT / name).is_file():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, path / name)
    (path / ".venv").symlink_to((ROOT / ".venv").resolve())
    return path


def _files() -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return output.rstrip("\0").split("\0")
