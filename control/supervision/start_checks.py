"""What is looked at before anything starts, and the one line that says what is wrong.

Nothing here loads the database's library: the supervisor would keep it in memory for as long as it runs.
"""

import errno
import fcntl
import os
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, NoReturn
from urllib.parse import urlsplit

from crawler.process import environment
from crawler.process.loopback import is_loopback

LOOPBACK, PORT = "127.0.0.1", 6800  # where a scrapyd listens that nobody tells anything else
LISTENING = "SCRAPYD_BIND_ADDRESS, SCRAPYD_HTTP_PORT"
LOGS = environment.VAR / "logs"
LOCKS = {role: environment.VAR / f"{role}.lock" for role in ("api", "scheduler", "node")}


class CannotStartError(Exception):
    """Raised with one line that says what is wrong, and the fix."""


def give_up(error: CannotStartError) -> NoReturn:
    sys.exit(f"views-stats cannot start: {error}")


def say(line: str) -> None:
    with suppress(OSError):  # nobody reads the output any more; the system goes on
        print(line, flush=True)  # noqa: T201 - this is our user's terminal


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int
    setting: str

    @property
    def url(self) -> str:
        """Where this machine finds it: a server that listens everywhere is asked on loopback."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def check_free(self) -> None:
        """Raise CannotStartError where nobody can listen there."""
        try:
            for family, kind, protocol, _, where in socket.getaddrinfo(
                self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            ):
                with socket.socket(family, kind, protocol) as listener:
                    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    listener.bind(where)
        except OSError as error:
            what = "the port is in use" if error.errno == errno.EADDRINUSE else error.strerror
            raise CannotStartError(f"{self.setting}: cannot listen on {self.host}:{self.port}: {what}") from None


def own_scrapyd(
    urls: Iterable[str], node_url: str = "", bind_address: str = "", port: int | None = None
) -> Address | None:
    """Find out where the scrapyd that is ours to start listens: as `node_url` says, else the first node on loopback.

    It speaks no TLS: an https `node_url` is that of a proxy on this host.
    """
    if node_url:
        where = urlsplit(node_url)
        behind = where.scheme == "https"
        host, usual = (LOOPBACK, PORT) if behind else (where.hostname or "", where.port or 80)
        setting = LISTENING if behind or bind_address or port else "NODE_URL"
        return Address(bind_address or host, port or usual, setting)
    for url in urls:
        parts = urlsplit(url)
        host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname or ""
        if parts.scheme == "http" and not parts.path and is_loopback(host):
            return Address(host, parts.port or 80, "SCRAPYD_URLS")
    return None


def make_folders() -> None:
    """Whatever the system writes is its owner's only."""
    os.umask(0o077)
    try:
        LOGS.mkdir(parents=True, exist_ok=True)
        for file in LOCKS.values():
            with file.open("a"):
                pass
    except OSError as error:
        raise CannotStartError(f"{environment.VAR} cannot be written to: {error.strerror}") from None


def lock(role: str) -> IO[str]:
    """Keep a second one of this role out of this checkout, until the file that is returned is closed or we are dead."""
    file = LOCKS[role].open("r+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotStartError(f"already running in {environment.ROOT} (process {file.read().strip()})") from None
    file.truncate()
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def exposed() -> list[str]:
    """Tell whether others on this machine can read the tokens in `.env`. The file is the user's: it is left alone."""
    file = environment.ROOT / ".env"
    return ["others can read .env: chmod 600 .env"] if file.exists() and file.stat().st_mode & 0o077 else []
