"""A copy of this checkout: the system writes into its own directory, and tests must not write into yours."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NEVER = {".git", ".venv", "var", ".env", "__pycache__"}


def copy_to(folder: Path) -> Path:
    """Copy what is under version control, or would be, and share the installed .venv."""
    for name in _files():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    (folder / ".venv").symlink_to((ROOT / ".venv").resolve())
    return folder


def _files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        return [name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return [str(path) for path in found if NEVER.isdisjoint(path.parts)]
