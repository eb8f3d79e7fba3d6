"""The images of compose.yaml without a registry: bases of Debian's packages, and on them ours by the Dockerfile."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.checkout import ROOT
from tests.containers.lab import Lab

RELEASE = "bookworm"
PACKAGES = {
    "python": "python3,python3-venv",
    "database": "postgresql-15",
    "proxy": "haproxy",
}
FILES = "tests/containers/images"
WHEELS, SECRET = "wheels", "packages"


def bootstrap(packages: str, target: Path) -> Path:
    """Make a root file system of Debian's packages: a folder, or a file if the target's name ends like one."""
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f"unfinished-{target.name}")
        command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={packages}", RELEASE, str(unfinished)]
        subprocess.run(command, check=True)
        unfinished.rename(target)
    return target


def fetch(folder: Path) -> None:
    """Bring to the folder what the images are made of."""
    for name, packages in PACKAGES.items():
        bootstrap(packages, folder / f"{name}.tar")
    wanted, had = ROOT / "requirements.txt", folder / WHEELS / "requirements.txt"
    if not had.exists() or had.read_bytes() != wanted.read_bytes():
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes", "--no-deps"]
        wheels = ["--only-binary=:all:", "--python-version=3.11"]
        subprocess.run([*pip, *wheels, f"--requirement={wanted}", f"--dest={folder / WHEELS}"], check=True)
        shutil.copy2(wanted, had)


def build(lab: Lab, folder: Path, checkout: Path) -> None:
    """Make all images of the checkout on the machine, which has no network but its own."""
    there = lab.run("podman", "images", "--format={{.Repository}}").split()
    for name in PACKAGES:
        if f"localhost/{name}-base" not in there:
            lab.run("podman", "import", "--quiet", str(folder / f"{name}.tar"), f"localhost/{name}-base")
    (folder / SECRET).write_text(f"PIP_NO_INDEX=1\nPIP_FIND_LINKS=/{WHEELS}\nUV_OFFLINE=1\nUV_FIND_LINKS=/{WHEELS}\n")
    ours = ["--build-arg=BASE=localhost/python-base", f"--secret=id=packages,src={folder / SECRET}"]
    _build(lab, "views-stats", checkout / "Dockerfile", checkout, *ours, f"--volume={folder / WHEELS}:/{WHEELS}:ro")
    _build(lab, "standin", checkout / FILES / "Standin", checkout / "tests")
    for name in ("Database", "Proxy"):
        _build(lab, name.lower(), checkout / FILES / name, checkout / FILES)


def _build(lab: Lab, name: str, file: Path, context: Path, *more: str) -> None:
    """Build in Docker's format, for only that has health checks."""
    command = ["podman", "build", "--quiet", "--format=docker", "--network=none", f"--tag=localhost/{name}"]
    lab.run(*command, f"--file={file}", *more, str(context))
