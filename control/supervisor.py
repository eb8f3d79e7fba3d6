"""Keeps the system's processes running, writes down what they print, and ends them all."""

# ruff: noqa: N802, N815 - the names are Twisted's

import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.python.logfile import LogFile
from twisted.runner.procmon import LoggingProtocol, ProcessMonitor

LOG_BYTES = 10_000_000
OLD_LOGS = 5
SWEEP_SECONDS = 2.0  # spiders of a scrapyd that was killed end by themselves in less, unless they hang
REMEMBERED_CHUNKS = 20  # of a child's latest output
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

    def processEnded(self, reason: Failure) -> None:
        self.service.ended(self, reason)


class Supervisor(ProcessMonitor):
    """Runs modules of Python, which come back when they die. `died` is told of each: its name, and how it ended."""

    maxRestartDelay = 10
    killTime = 3.5  # type: ignore[assignment] # seconds from TERM to KILL: a stop is over within 5

    def __init__(self, logs: Path, died: Callable[[str, str], None]) -> None:
        super().__init__(reactor)
        self.directory = logs
        self.died = died
        self.logs: dict[str, LogFile] = {}
        self.latest: dict[str, deque[bytes]] = {}
        self.files: dict[str, dict[int, str | int]] = {}
        self.all_ended: Deferred[None] = Deferred()

    def add(self, name: str, module: Iterable[str], environment: dict[str, str], files: dict[int, str | int]) -> None:
        """Register a child, before the service starts. `files` are file descriptors of its own, and ours for each."""
        self.logs[name] = LogFile(
            f"{name}.log", str(self.directory), rotateLength=LOG_BYTES, maxRotatedFiles=OLD_LOGS, defaultMode=0o600
        )
        self.latest[name] = deque(maxlen=REMEMBERED_CHUNKS)
        command = [sys.executable, "-m", "control.child", *module]
        self.files[name] = PIPES | files
        self.addProcess(name, command, env=os.environ | environment)

    def startProcess(self, name: str) -> None:
        if name in self.protocols:
            return
        child = Child(self, name)
        self.protocols[name] = child
        self.timeStarted[name] = reactor.seconds()
        process = self._processes[name]
        try:
            reactor.spawnProcess(child, process.args[0], process.args, env=process.env, childFDs=self.files[name])
        except OSError as error:  # no memory, too many processes
            self.died(name, str(error.strerror))
            self._monitoredProcessExited(name, Failure())

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
