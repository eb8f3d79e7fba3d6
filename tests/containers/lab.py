"""A machine of the tests' own that has podman: a root file system from Debian's packages, in namespaces of its own.

No registry of images is needed, and nothing is left: when its first process ends the kernel removes what it mounted,
started and listened on.
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

HERE = Path(__file__).parent
PACKAGES = "podman,crun,netavark,aardvark-dns,iptables,nftables,iproute2,conmon,catatonit,curl"
CGROUPS = Path("/sys/fs/cgroup")
PARENT = "libpod_parent"  # the cgroup of all of podman's containers
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "DISABLE_HC_SYSTEMD": "true",  # there is no systemd to run health checks from time to time; `Lab` runs them
}
START_SECONDS = 30.0
CHECK_SECONDS = 2.0
END_SECONDS = 10.0


def why_not() -> str:
    """Say why there can be no such machine here; empty: there can."""
    if os.geteuid():
        return "only root may make namespaces"
    if missing := [name for name in ("mmdebstrap", "unshare", "nsenter") if not shutil.which(name)]:
        return f"{', '.join(missing)}: not installed"
    with_cgroups = CGROUPS.is_dir() and any(CGROUPS.iterdir())
    return "" if with_cgroups else f"there are no cgroups at {CGROUPS}"


class Lab:
    """The running machine. `shared` is a folder that it sees by the same name."""

    def __init__(self, root: Path, shared: Path) -> None:
        self.shared = shared
        self.socket = shared / "podman.sock"
        self.socket.unlink(missing_ok=True)
        serve = [HERE / "enter", root, shared, "podman", "system", "service", "--time=0", f"unix://{self.socket}"]
        with (shared / "podman.log").open("wb") as log:
            self.process = subprocess.Popen(serve, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.ended = Event()
        self.checked: dict[str, bool] = {}  # which containers have a health check
        self.checker = Thread(target=self._check_health, daemon=True)

    def start(self) -> None:
        self.until(self.socket.exists, START_SECONDS, "podman")
        self.run("podman", "rm", "--all", "--force", "--volumes")  # what a run that was killed left
        self.run("podman", "volume", "prune", "--force")
        self.run("podman", "network", "prune", "--force")
        self.checker.start()

    def stop(self) -> None:
        self.ended.set()
        if self.checker.is_alive():
            self.checker.join()
        self.process.kill()
        self.process.wait()

    def inside(self, *command: str) -> list[str]:
        """Return a command that runs as one of this machine's processes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return ["nsenter", f"--target={children[0]}", "--all", "--root", "--wd", *command]

    def run(self, *command: str, given: str = "", check: bool = True) -> str:
        """Return what the command prints on this machine."""
        done = subprocess.run(
            self.inside(*command), env=ENVIRONMENT, input=given, capture_output=True, text=True, check=False
        )
        assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def containers(self, *only: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.run("podman", "ps", "--format=json", *only))
        return found

    def until(self, true: Any, seconds: float, what: str) -> Any:
        """Poll until `true()`; return its result."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := true():
                return found
            assert self.process.poll() is None, (self.shared / "podman.log").read_text()
            time.sleep(0.2)
        raise AssertionError(f"not {what} after {seconds:g} s")

    def _check_health(self) -> None:
        """Do what systemd's timers would do."""
        while not self.ended.wait(CHECK_SECONDS):
            for container in self.containers():
                if not self.ended.is_set() and self._has_check(container["Id"]):
                    self.run("podman", "healthcheck", "run", container["Id"], check=False)

    def _has_check(self, container: str) -> bool:
        if container not in self.checked:
            wanted = self.run("podman", "inspect", "--format={{json .Config.Healthcheck}}", container, check=False)
            self.checked[container] = "CMD" in wanted
        return self.checked[container]


@contextmanager
def lab(root: Path, shared: Path) -> Iterator[Lab]:
    """A machine with this root file system. What its containers were counted in is removed, too."""
    running = Lab(root, shared)
    try:
        running.start()
        yield running
    finally:
        running.stop()
        _remove_cgroups()


def cgroups() -> list[Path]:
    return [*CGROUPS.glob(f"*/{PARENT}"), *CGROUPS.glob(PARENT)]


def _remove_cgroups() -> None:
    """Their processes may take a moment to end. Those that hold any, of another podman, stay."""
    end = time.monotonic() + END_SECONDS
    while cgroups() and time.monotonic() < end:
        for parent in cgroups():
            for folder, _, _ in os.walk(parent, topdown=False):
                with suppress(OSError):
                    Path(folder).rmdir()
        time.sleep(0.1)
