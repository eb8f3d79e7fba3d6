"""Keeps the system's processes running, writes down what they print, and ends them all."""

# ruff: noqa: N802, N803, N815 - the names are Twisted's

import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.python.logfile import LogFile
from twisted.runner.procmon import LoggingProtocol, ProcessMonitor

from control.supervision import sign_of_life
from crawler.process.lifeline import STOP_SECONDS

LOG_BYTES = 10_000_000
OLD_LOGS = 5
SWEEP_SECONDS = 2.0  # spiders of a scrapyd that was killed end by themselves in less, unless they hang
REMEMBERED_CHUNKS = 20  # of a child's latest output
NOTHING_MORE: Mapping[str, str] = {}
PIPES: dict[int, str | int] = {0: "w", 1: "r", 2: "r"}  # a child's file descriptors, and what we do with them


class Child(LoggingProtocol):
    """Like its parent, but takes lines of any length: the stock one closes the pipe at one of 16 KiB."""

    service: "Supervisor"

    def __init__(self, service: "Supervisor", name: str) -> None:
        self.service = service
        self.name = name

    def connectionMade(self) -> None:
        assert self.transport is not None
        self.pid: int = self.transport.pid

    def outReceived(self, data: bytes) -> None:
        self.service.write(self.name, data)

    errReceived = outReceived

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        if childFD == sign_of_life.FD:
            self.service.alive.add(self.name)
        else:
            super().childDataReceived(childFD, data)

    def processEnded(self, reason: Failure) -> None:
        self.service.ended(self, reason)


class Supervisor(ProcessMonitor):
    """Runs modules of Python, which come back when they die. `died` is told of each: its name, and how it ended."""

    maxRestartDelay = 10
    killTime = STOP_SECONDS  # type: ignore[assignment] # from TERM to KILL

    def __init__(self, logs: Path, died: Callable[[str, str], None]) -> None:
        super().__init__(reactor)
        self.directory = logs
        self.died = died
        self.logs: dict[str, LogFile] = {}
        self.latest: dict[str, deque[bytes]] = {}
        self.pipes: dict[str, dict[int, str | int]] = {}
        self.alive: set[str] = set()  # who has given a sign of life since somebody asked
        self.all_ended: Deferred[None] = Deferred()

    def add(self, name: str, module: Iterable[str], environment: Mapping[str, str] = NOTHING_MORE) -> None:
        """Register a child, before the service starts."""
        self.logs[name] = LogFile(
            f"{name}.log", str(self.directory), rotateLength=LOG_BYTES, maxRotatedFiles=OLD_LOGS, defaultMode=0o600
        )
        self.latest[name] = deque(maxlen=REMEMBERED_CHUNKS)
        command = [sys.executable, "-m", "control.supervision.child", *module]
        self.addProcess(name, command, env={**os.environ, **environment})

    def add_with_sign_of_life(self, name: str, module: Iterable[str]) -> None:
        """Register a child that gives one; it has a pipe for it."""
        self.pipes[name] = {**PIPES, sign_of_life.FD: "r"}
        self.add(name, module, {sign_of_life.SETTING: str(sign_of_life.FD)})

    def startProcess(self, name: str) -> None:
        if name in self.protocols:
            return
        child = Child(self, name)
        self.protocols[name] = child
        self.timeStarted[name] = reactor.seconds()
        process = self._processes[name]
        try:
            reactor.spawnProcess(
                child, process.args[0], process.args, env=process.env, childFDs=self.pipes.get(name, PIPES)
            )
        except OSError as error:  # no memory, too many processes
            self.died(name, str(error.strerror))
            self._monitoredProcessExited(name, Failure())

    async def is_alive(self, name: str) -> bool:
        """Whether a child has given a sign of life since the last time."""
        heard = name in self.alive
        self.alive.discard(name)
        return heard

    def write(self, name: str, data: bytes) -> None:
        self.latest[name].append(data)
        with suppress(OSError):  # a full disk stops nothing
            self.logs[name].write(data)

    def ended(self, child: Child, reason: Failure) -> None:
        if self.running:
            self.died(child.name, _how(reason))
            reactor.callLater(SWEEP_SECONDS, _sweep, child.pid)
        else:
            _sweep(child.pid)
        self._monitoredProcessExited(child.name, reason)
        if not (self.running or self.protocols or self.all_ended.called):
            self.all_ended.callback(None)

    def stopService(self) -> Deferred[None]:  # type: ignore[override] # Twisted waits for a Deferred
        """Ask every child to end, kill what has not after `killTime`, and wait for all."""
        super().stopService()
        if not self.protocols and not self.all_ended.called:
            self.all_ended.callback(None)
        return self.all_ended

    def said(self, name: str) -> str:
        """Return what a child printed last."""
        return b"".join(self.latest[name]).decode(errors="replace").strip()


def _how(reason: Failure) -> str:
    number = getattr(reason.value, "signal", None)
    return f"killed by {signal.Signals(number).name}" if number else f"exit code {getattr(reason.value, 'exitCode', 0)}"


def _sweep(session: int) -> None:
    """Kill what a child that ended has left behind in its session: a spider that hangs, for one."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(session, signal.SIGKILL)
