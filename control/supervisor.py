"""Keeps the processes of the system alive, and its log files small."""

import sys
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger, formatTime
from twisted.python.logfile import LogFile
from twisted.runner.procmon import ProcessMonitor

from crawler.environment import ROOT, VAR

LOGS = VAR / "logs"
LOG_BYTES = 10 * 1024 * 1024
OLD_LOGS = 5


class Supervisor(ProcessMonitor):
    """Starts a child again when it dies, at once or, if it dies again and again, after up to 10 s."""

    killTime = 4  # noqa: N815 - Twisted's name; seconds a child has to end before it is killed
    maxRestartDelay = 10  # noqa: N815 - Twisted's name

    def __init__(self) -> None:
        super().__init__()
        self.log = Logger(observer=self._write)  # type: ignore[arg-type] # any callable observes
        self.files: dict[str, LogFile] = {}

    def add(self, name: str, module: str, environment: dict[str, str], *arguments: str) -> None:
        LOGS.mkdir(parents=True, exist_ok=True)
        self.files[name] = LogFile(f"{name}.log", str(LOGS), rotateLength=LOG_BYTES, maxRotatedFiles=OLD_LOGS)
        command = [sys.executable, "-m", "control.child", module, *arguments]
        self.addProcess(name, command, env=environment, cwd=str(ROOT))

    def log_of(self, name: str) -> Path:
        return LOGS / f"{name}.log"

    def _write(self, event: dict[str, Any]) -> None:
        file = self.files.get(event.get("tag", ""))
        if file:
            file.write(f"{formatTime(event['log_time'])} {event['line']}\n")
            file.flush()

    def stopService(self) -> Deferred[Any]:  # type: ignore[override] # noqa: N802 - Twisted waits for it
        """Stop the children and wait until the last has ended, which the stock monitor does not."""
        super().stopService()
        waiting = LoopingCall(lambda: None if self.protocols else waiting.stop())
        return waiting.start(0.05)
