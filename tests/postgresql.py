"""A PostgreSQL server of the tests' own, from Debian's package, on a socket in a temporary directory."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"


def binaries() -> Path | None:
    """Where the newest installed server lies."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def server() -> Iterator[str]:
    """Yield the address of the server, without a database's name: `postgresql+psycopg://postgres@/{}?host=…`."""
    folder = Path(tempfile.mkdtemp(prefix="views-pg-"))
    data = folder / "data"
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        _run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync", f"--pgdata={data}")
        options = f"{FAST} -c listen_addresses='' -c unix_socket_directories={folder}"
        _run("pg_ctl", f"--pgdata={data}", f"--log={folder}/log", f"--options={options}", "--wait", "start")
        yield f"postgresql+psycopg://postgres@/{{}}?host={folder}"
    finally:
        _run("pg_ctl", f"--pgdata={data}", "--mode=immediate", "stop", check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _run(program: str, *arguments: str, check: bool = True) -> None:
    """Run a server's program; PostgreSQL refuses to run as root."""
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    command = [*user, str(binaries() / program), *arguments]
    subprocess.run(command, check=check, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
