"""The whole system: `python -m control.serve` checks and migrates, then runs scrapyd, the API and the scheduler.

Whatever keeps it from starting is said in one line, and the exit code is 1.
"""

import errno
import fcntl
import importlib
import os
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError
from twisted.internet import reactor
from twisted.internet.defer import ensureDeferred
from twisted.internet.threads import deferToThread

from control import doorbell
from control.readiness import problems
from control.ready import Check, answer
from control.settings import Settings
from control.supervisor import Supervisor
from control.watchdog import Watchdog
from crawler import environment, platforms
from crawler.database import create, database_url

LOGS = environment.VAR / "logs"
LOCK = environment.VAR / "serve.lock"
PATIENCE_SECONDS = 20.0  # after so long without an answer we say what we wait for


class CannotStartError(Exception):
    """One line: what is wrong, and the fix."""


def say(line: str) -> None:
    with suppress(OSError):  # nobody reads us any more; the system goes on
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


def own_scrapyd(urls: tuple[str, ...]) -> Address | None:
    """Find the first node on a loopback address: that one is ours to start."""
    for url in urls:
        parts = urlsplit(url)
        host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname or ""
        if parts.scheme == "http" and not parts.path and _is_loopback(host):
            return Address(host, parts.port or 80, "SCRAPYD_URLS")
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def checked_settings() -> Settings:
    """Read every setting there is, so that a bad value is found now and not in the log of some child."""
    try:
        settings = Settings()
        database_url()
        for platform in platforms.known().values():
            platform.access(os.environ)
        importlib.import_module("crawler.settings")  # Scrapy's settings are a module: to read them is to import it
    except ValueError as error:
        raise CannotStartError(str(error)) from None
    return settings


def make_folders() -> None:
    """Whatever the system writes is its owner's only."""
    os.umask(0o077)
    try:
        LOGS.mkdir(parents=True, exist_ok=True)
        with LOCK.open("a"):
            pass
    except OSError as error:
        raise CannotStartError(f"{environment.VAR} cannot be written to: {error.strerror}") from None


def lock() -> IO[str]:
    """Keep a second system out of this checkout, until the file that is returned is closed or we are dead."""
    file = LOCK.open("r+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotStartError(f"already running in {environment.ROOT} (process {file.read().strip()})") from None
    file.truncate()
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def migrate() -> None:
    """Bring the database's schema up to date."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    say(f"migrating the database {database_url().render_as_string(hide_password=True)}")
    try:
        command.upgrade(config, "head")
    except DBAPIError as error:
        raise CannotStartError(f"SQLALCHEMY_DATABASE_URL: {str(error.orig).partition(chr(10))[0]}") from None
    except CommandError as error:
        raise CannotStartError(f"SQLALCHEMY_DATABASE_URL: the database is of another version: {error}") from None


def known_problems() -> list[str]:
    """What an earlier start has found out, such as a token that VK refuses."""
    engine = create()
    try:
        return problems(engine)
    finally:
        engine.dispose()


def exposed() -> list[str]:
    """Tell whether others on this machine can read the tokens in `.env`. The file is the user's: it is left alone."""
    file = environment.ROOT / ".env"
    return ["others can read .env: chmod 600 .env"] if file.exists() and file.stat().st_mode & 0o077 else []


class System:
    """The running children, and what the user is told of them."""

    def __init__(self, settings: Settings, api: Address, scrapyd: Address | None) -> None:
        self.settings = settings
        self.api = api
        self.scrapyd = scrapyd
        self.ready = False
        self.exit_code = 0
        self.supervisor = Supervisor(LOGS, self.died)
        if scrapyd:
            self.supervisor.add("scrapyd", ("scrapyd", "--pidfile="), self.scrapyd_environment(scrapyd), {})
        hears, rings = doorbell.make()
        self.supervisor.add("api", ("control.api",), doorbell.ENVIRONMENT, {doorbell.FD: rings})
        self.supervisor.add("scheduler", ("control.scheduler",), doorbell.ENVIRONMENT, {doorbell.FD: hears})

    def scrapyd_environment(self, scrapyd: Address) -> dict[str, str]:
        return {
            "SCRAPYD_BIND_ADDRESS": scrapyd.host,
            "SCRAPYD_HTTP_PORT": str(scrapyd.port),
            "SCRAPYD_USERNAME": self.settings.scrapyd_username,
            "SCRAPYD_PASSWORD": self.settings.scrapyd_password,
        }

    def run(self) -> int:
        """Work until a signal ends it; the exit code."""
        reactor.addSystemEventTrigger("before", "shutdown", self.supervisor.stopService)
        reactor.callWhenRunning(self.start)
        reactor.run()
        return self.exit_code

    def start(self) -> None:
        say(f"starting {', '.join(self.supervisor.logs)}")
        self.supervisor.startService()
        ensureDeferred(self.announce())

    async def announce(self) -> None:
        checks = [Check("the API", f"{self.api.url}/openapi.json")]
        if self.scrapyd:
            checks.append(self.watch_scrapyd(self.scrapyd))
        await answer(checks, PATIENCE_SECONDS, lambda name: say(f"still waiting for {name}; its log is in {LOGS}"))
        self.ready = True
        say(self.banner())
        for problem in [*exposed(), *await deferToThread(known_problems)]:
            say(f"look here: {problem}")

    def watch_scrapyd(self, scrapyd: Address) -> Check:
        user = (self.settings.scrapyd_username, self.settings.scrapyd_password)
        check = Check("scrapyd", f"{scrapyd.url}/daemonstatus.json", user)
        watchdog = Watchdog(check, self.settings.max_runs, self.restart_scrapyd)
        watchdog.startService()
        return check

    def restart_scrapyd(self, why: str) -> None:
        say(f"scrapyd {why}: it is started anew")
        self.supervisor.stopProcess("scrapyd")

    def banner(self) -> str:
        nodes = ", ".join(self.settings.scrapyd_urls)
        password = "in SCRAPYD_PASSWORD" if os.environ.get("SCRAPYD_PASSWORD") else "in var/scrapyd_password"
        return f"""
ready
  API       {self.api.url}
  API docs  {self.api.url}/docs
  runs      {nodes}  (scrapyd's console; user {self.settings.scrapyd_username}, password {password})
  logs      {LOGS}
Ctrl-C stops everything.
"""

    def died(self, name: str, how: str) -> None:
        """Once it has started, the system mends itself; until then the user is told and nothing is left running."""
        if self.ready:
            say(f"{name} ended ({how}) and is started again; see {LOGS / name}.log")
            return
        self.exit_code = 1
        print(self.supervisor.said(name) or f"{name} ended ({how})", file=sys.stderr, flush=True)  # noqa: T201
        if self.supervisor.running:
            reactor.stop()


def main() -> int:
    try:
        make_folders()
        settings = checked_settings()
        held = lock()
        api = Address(settings.host, settings.port, "HOST, PORT")
        scrapyd = own_scrapyd(settings.scrapyd_urls)
        for address in filter(None, (api, scrapyd)):
            address.check_free()
        migrate()
    except CannotStartError as error:
        sys.exit(f"views-stats cannot start: {error}")
    except KeyboardInterrupt:
        return 130
    with held:
        return System(settings, api, scrapyd).run()


if __name__ == "__main__":
    os.chdir(environment.ROOT)
    sys.exit(main())
