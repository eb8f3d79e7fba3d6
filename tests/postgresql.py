"""A PostgreSQL server of the tests' own, from Debian's package, on a socket in a temporary directory."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
DURABLE = "-c max_connections=200"  # as it comes: what was committed survives a kill


def binaries() -> Path | None:
    """Where the newest installed server lies."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


class Server:
    """Lies in `folder`. `address` lacks a database's name: `postgresql+psycopg://postgres@/{}?host=…`. `inside` stands
    before its commands, and so says where it runs. A `copied` one is a standby of the server at that address.
    """

    def __init__(
        self,
        folder: Path,
        options: str,
        listening: str,
        variables: dict[str, str],
        *,
        inside: Sequence[str],
        copied: str,
    ) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.environment = os.environ | variables
        self.options = f"{options} -c listen_addresses='{listening}' -c unix_socket_directories={folder}"
        self.address = f"postgresql+psycopg://postgres@/{{}}?host={folder}"
        self.inside = inside
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        if copied:
            self._copy(copied)
        else:
            self._make(listening)

    def _make(self, listening: str) -> None:
        self._run(
            "initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync", f"--pgdata={self.data}"
        )
        if listening:
            with (self.data / "pg_hba.conf").open("a") as rules:
                rules.write(f"host all,replication all {listening}/24 trust\n")

    def _copy(self, address: str) -> None:
        where = (f"--host={address}", "--username=postgres", f"--pgdata={self.data}")
        self._run("pg_basebackup", *where, "--write-recovery-conf", "--checkpoint=fast", "--no-sync")

    def start(self) -> None:
        log, options = f"--log={self.folder}/log", f"--options={self.options}"
        self._run("pg_ctl", f"--pgdata={self.data}", log, options, "--wait", "start")

    def kill(self) -> None:
        """Kill all its processes at once, as the loss of its machine would."""
        main = int((self.data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        pids = (main, *map(int, children))
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while any(map(_lives, pids)):
            time.sleep(0.01)
        for lock in (self.data / "postmaster.pid", *self.folder.glob(".s.PGSQL.*.lock")):
            lock.unlink()  # it names a process that is there, for `kill`, as long as nobody has reaped it

    def stop(self) -> None:
        self._run("pg_ctl", f"--pgdata={self.data}", "--mode=immediate", "stop", check=False)

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        """Run one of its programs; PostgreSQL refuses to run as root."""
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*self.inside, *user, str(binaries() / program), *arguments]
        quiet = subprocess.DEVNULL
        subprocess.run(command, check=check, stdout=quiet, stderr=quiet, cwd="/", env=self.environment)


@contextmanager
def running(
    options: str = FAST, listening: str = "", inside: Sequence[str] = (), copied: str = "", **variables: str
) -> Iterator[Server]:
    """A running server, gone when the context ends. `variables` are of its environment. `listening` is an address where
    it takes everybody of that network, too.
    """
    folder = Path(tempfile.mkdtemp(prefix="views-pg-"))
    server = Server(folder, options, listening, variables, inside=inside, copied=copied)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
