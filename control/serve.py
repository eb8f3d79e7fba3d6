"""`python -m control.serve`: the whole system under one supervisor. `make run` ends in it."""

import fcntl
import importlib
import ipaddress
import os
import socket
import sys
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

import requests
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError
from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure

from control.scrapyd import Scrapyd, ScrapydError
from control.settings import Settings
from control.supervisor import LOGS, Supervisor
from crawler import database, platforms
from crawler.environment import ROOT, VAR

reactor: Any = installed_reactor  # mypy cannot read its interface

START_SECONDS = 60.0
LOCK = VAR / "lock"


class CannotStart(Exception):
    """Says why, and what to do."""


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def lock() -> TextIO:
    """Take the directory for this process, for as long as the file stays open."""
    try:
        VAR.mkdir(exist_ok=True)
        file = LOCK.open("a")
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotStart("it runs already, from this same directory: stop that one first") from None
    except OSError as error:
        raise CannotStart(f"cannot write to {VAR}: {error.strerror}") from None
    return file


def prepare() -> Settings:
    """Check everything that can be wrong before anything starts."""
    chosen = _settings()
    _check_port("PORT", chosen.host, chosen.port)
    if local := local_scrapyd(chosen):
        _check_port("SCRAPYD_URLS", *local)
    _migrate()
    return chosen


def _settings() -> Settings:
    try:
        importlib.import_module("crawler.settings")  # as Scrapy does: the spiders' own settings are checked there
        for platform in platforms.known().values():
            platform.access(os.environ)
        database.database_url()
        return Settings()
    except (ValueError, OSError) as error:
        raise CannotStart(str(error)) from None


def _check_port(name: str, host: str, port: int) -> None:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as error:
        raise CannotStart(f"{name}: cannot listen on {host}:{port}: {error.strerror}; choose another one") from None


def local_scrapyd(chosen: Settings) -> tuple[str, int] | None:
    """Return the first address of SCRAPYD_URLS that is this machine's own: that scrapyd is ours to start."""
    for url in chosen.scrapyd_urls:
        parts = urlsplit(url)
        host = "127.0.0.1" if parts.hostname == "localhost" else str(parts.hostname)
        if _is_loopback(host):
            return host, parts.port or 80
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _migrate() -> None:
    try:
        command.upgrade(Config(ROOT / "alembic.ini"), "head")
    except (SQLAlchemyError, CommandError, OSError) as error:
        first = str(error).strip().partition("\n")[0]
        raise CannotStart(f"the database cannot be migrated: {first}") from None


def supervise(chosen: Settings) -> Supervisor:
    environment = os.environ | {
        "PYTHONUNBUFFERED": "1",
        "SCRAPYD_USERNAME": chosen.scrapyd_username,
        "SCRAPYD_PASSWORD": chosen.scrapyd_password,
    }
    supervisor = Supervisor()
    if local := local_scrapyd(chosen):
        address = {"SCRAPYD_BIND_ADDRESS": local[0], "SCRAPYD_HTTP_PORT": str(local[1])}
        supervisor.add("scrapyd", "scrapyd", environment | address, "--pidfile=")
    supervisor.add("api", "control.api", environment)
    supervisor.add("scheduler", "control.scheduler", environment)
    return supervisor


def missing(chosen: Settings) -> list[str]:
    """Name what does not answer yet."""
    silent = []
    try:
        requests.get(f"{api_url(chosen)}/openapi.json", timeout=5).raise_for_status()
    except requests.RequestException:
        silent.append("api")
    for url in chosen.scrapyd_urls:
        try:
            Scrapyd(url, chosen.scrapyd_username, chosen.scrapyd_password).daemonstatus()
        except ScrapydError:
            silent.append("scrapyd")
    return silent


def api_url(chosen: Settings) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(chosen.host, chosen.host)  # noqa: S104 - where it listens
    return f"http://{host}:{chosen.port}"


async def announce(chosen: Settings) -> None:
    """Wait until everything answers, then say where it is."""
    end = reactor.seconds() + START_SECONDS
    while silent := await deferToThread(missing, chosen):
        if reactor.seconds() > end:
            raise CannotStart(f"{' and '.join(silent)} did not start within {START_SECONDS:.0f} s: see {shown(LOGS)}")
        await deferLater(reactor, 0.2)
    say(banner(chosen))


def banner(chosen: Settings) -> str:
    password = "SCRAPYD_PASSWORD" if os.environ.get("SCRAPYD_PASSWORD") else shown(VAR / "scrapyd_password")
    consoles = "\n                   ".join(chosen.scrapyd_urls)
    return f"""views-stats is ready.
  API              {api_url(chosen)}
  Swagger UI       {api_url(chosen)}/docs
  scrapyd console  {consoles}
                   user {chosen.scrapyd_username}, password in {password}
  logs             {shown(LOGS)}/
Ctrl-C stops everything."""


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def main() -> None:
    problems: list[str] = []

    def failed(failure: Failure) -> None:
        problems.append(failure.getErrorMessage() if failure.check(CannotStart) else failure.getTraceback())
        reactor.stop()

    try:
        say("Starting views-stats…")
        held = lock()
        chosen = prepare()
        supervisor = supervise(chosen)
    except CannotStart as error:
        sys.exit(f"views-stats cannot start: {error}")
    supervisor.startService()
    reactor.addSystemEventTrigger("before", "shutdown", supervisor.stopService)
    reactor.callWhenRunning(lambda: Deferred.fromCoroutine(announce(chosen)).addErrback(failed))
    reactor.run()
    held.close()
    if problems:
        sys.exit(f"views-stats cannot start: {problems[0]}")
    say("views-stats has stopped.")


if __name__ == "__main__":
    main()
