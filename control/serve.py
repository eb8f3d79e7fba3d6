"""The whole system: `python -m control.serve` checks and migrates, then runs scrapyd, the API and the scheduler.

`--roles api,scheduler` starts a part of it, where other hosts run the rest. Without the role migrate it waits until a
host with it has migrated; with that role alone it migrates and ends.
If something keeps it from starting, it says so in one line and exits with code 1.
"""

import os
import signal
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Awaitable, Callable
from functools import partial

from crawler.process import environment, memory, steady_time

if __name__ == "__main__":
    memory.leave_out("OpenSSL")  # all that is probed from here is on loopback

from twisted.internet import reactor
from twisted.internet.defer import ensureDeferred
from twisted.internet.utils import getProcessOutput

from control.settings import ROLES, Settings
from control.supervision.banner import banner
from control.supervision.http_probe import Asked, Check, answer, is_alive, is_well
from control.supervision.liveness import Liveness
from control.supervision.scrapyd_watchdog import Watchdog
from control.supervision.start_checks import (
    LOCKS,
    LOGS,
    Address,
    CannotStartError,
    exposed,
    give_up,
    lock,
    make_folders,
    own_scrapyd,
    say,
)
from control.supervision.supervisor import Supervisor

PATIENCE_SECONDS = 20.0  # how long we wait for an answer before we say what we wait for
PREPARE = "control.supervision.prepare"
API_SECONDS = 30.0  # without an answer, until it is restarted
SCHEDULER_SECONDS = 40.0  # without a sign of life; longer than it may have to wait for a locked database


class System:
    """The running processes, and what the user is told about them."""

    def __init__(self, settings: Settings, api: Address | None, scrapyd: Address | None) -> None:
        self.settings = settings
        self.api = api
        self.scrapyd = scrapyd
        self.schedules = "scheduler" in settings.roles
        self.ready = False
        self.exit_code = 0
        self.supervisor = Supervisor(LOGS, self.died)
        if scrapyd:
            self.supervisor.add("scrapyd", ("scrapyd", "--pidfile="), self.scrapyd_environment(scrapyd))
        if api:
            self.supervisor.add("api", ("control.api",))
        if self.schedules:
            self.supervisor.add_with_sign_of_life("scheduler", ("control.scheduler",))
        self.watched: dict[str, Liveness | Watchdog] = {}

    def scrapyd_environment(self, scrapyd: Address) -> dict[str, str]:
        return {
            "SCRAPYD_BIND_ADDRESS": scrapyd.host,
            "SCRAPYD_HTTP_PORT": str(scrapyd.port),
            "NODE_URL": self.settings.node_url,
            "SCRAPYD_USERNAME": self.settings.scrapyd_username,
            "SCRAPYD_PASSWORD": self.settings.scrapyd_password,
        }

    def run(self) -> int:
        """Work until a signal comes, and return the exit code."""
        steady_time.install(reactor)
        reactor.addSystemEventTrigger("before", "shutdown", self.supervisor.stopService)
        reactor.callWhenRunning(self.start)
        reactor.run()
        return self.exit_code

    def start(self) -> None:
        say(f"starting {', '.join(self.supervisor.logs)}")
        self.supervisor.startService()
        ensureDeferred(self.announce())

    async def announce(self) -> None:
        await answer(self.checks(), PATIENCE_SECONDS, say_waiting)
        self.ready = True
        self.watch_ours()
        key, *problems = (await said_by(PREPARE, "known")).split("\n") if self.api else [""]
        say(banner(self.settings, self.api, key))
        for problem in filter(None, [*exposed(), *problems]):
            say(f"look here: {problem}")

    def checks(self) -> dict[str, Asked]:
        """Return who has to answer before all is ready, by the name that the user is told."""
        checks: dict[str, Asked] = {}
        if self.api:
            checks["the API"] = partial(is_well, Check(f"{self.api.url}/openapi.json"))
        elif self.schedules:  # beside an API, only that one's answer is waited for
            checks["the scheduler"] = partial(self.supervisor.is_alive, "scheduler")
        if self.scrapyd:
            checks["scrapyd"] = partial(is_well, self.watch_scrapyd(self.scrapyd))
        return checks

    def watch_scrapyd(self, scrapyd: Address) -> Check:
        user = (self.settings.scrapyd_username, self.settings.scrapyd_password)
        check = Check(f"{scrapyd.url}/daemonstatus.json", user)
        self.watched["scrapyd"] = Watchdog(check, self.settings.max_runs, partial(self.restart, "scrapyd"))
        self.watched["scrapyd"].startService()
        return check

    def watch_ours(self) -> None:
        if self.api:
            api = Check(f"{self.api.url}/healthz")
            self.watch("api", lambda: is_alive(api, API_SECONDS / 2), API_SECONDS)
        if self.schedules:
            self.watch("scheduler", lambda: self.supervisor.is_alive("scheduler"), SCHEDULER_SECONDS)

    def watch(self, name: str, is_alive: Callable[[], Awaitable[bool]], silent: float) -> None:
        self.watched[name] = Liveness(is_alive, silent, partial(self.restart, name))
        self.watched[name].startService()

    def restart(self, name: str, why: str) -> None:
        say(f"{name} {why}: it is started anew")
        self.supervisor.stopProcess(name)

    def died(self, name: str, how: str) -> None:
        """Handle the end of a process. During the start the system ends with a message; later it mends itself."""
        if name in self.watched:
            self.watched[name].begin()
        if self.ready:
            say(f"{name} ended ({how}) and is started again; see {LOGS / name}.log")
            return
        self.exit_code = 1
        print(self.supervisor.said(name) or f"{name} ended ({how})", file=sys.stderr, flush=True)  # noqa: T201
        if self.supervisor.running:
            reactor.stop()


def say_waiting(name: str) -> None:
    say(f"still waiting for {name}; its log is in {LOGS}")


async def said_by(module: str, argument: str) -> str:
    """Run one of our modules and return its output."""
    said: bytes = await getProcessOutput(sys.executable, ["-m", module, argument], os.environ)
    return said.decode(errors="replace")


def read_settings() -> Settings:
    try:
        return Settings()
    except ValueError as error:
        raise CannotStartError(str(error)) from None


def prepare(settings: Settings) -> int:
    """Run the process that prepares the database, and return its exit code. It ends with this process."""
    waits = () if "migrate" in settings.roles else ("wait",)
    command = (sys.executable, "-m", "control.supervision.child", PREPARE, *waits)
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:  # noqa: S603 - our own code
        return child.wait()


def api_of(settings: Settings) -> Address | None:
    return Address(settings.host, settings.port, "HOST, PORT") if "api" in settings.roles else None


def scrapyd_of(settings: Settings) -> Address | None:
    """Return where our scrapyd is to listen. Without any setting of roles a host may well have none."""
    if "node" not in settings.roles:
        return None
    listens = (settings.scrapyd_bind_address, settings.scrapyd_http_port)
    found = own_scrapyd(settings.scrapyd_urls, settings.node_url, *listens)
    if not found and settings.roles != set(ROLES):
        raise CannotStartError("NODE_URL must be set for the role node: SCRAPYD_URLS names no scrapyd of this host")
    return found


def main() -> int:
    try:
        make_folders()
        settings = read_settings()
        held = [lock(role) for role in LOCKS if role in settings.roles]
        api, scrapyd = api_of(settings), scrapyd_of(settings)
        for address in filter(None, (api, scrapyd)):
            address.check_free()
        if (failed := prepare(settings)) or not held:
            return failed
    except CannotStartError as error:
        give_up(error)
    except KeyboardInterrupt:
        return 130
    return System(settings, api, scrapyd).run()


def read_options() -> None:
    """Set ROLES as the option says, for the processes that are started here as well."""
    parser = ArgumentParser(prog="control.serve", description="Start the system, or some roles of it.")
    parser.add_argument("--roles", metavar=",".join(ROLES), help="what to start here; default: ROLES, else all")
    if roles := parser.parse_args().roles:
        os.environ["ROLES"] = roles


if __name__ == "__main__":
    # What a script starts with `&` inherits that SIGINT is ignored. Some of our children end at SIGINT all the same, so
    # we have to end at it, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    read_options()
    os.chdir(environment.ROOT)
    sys.exit(main())
