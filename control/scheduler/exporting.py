"""Exports are made: one at a time, by a child of the scheduler's with limits."""

import subprocess
import sys

from sqlalchemy import Engine

from control.exports import lease, working_files
from control.logs import get_logger
from crawler.process.environment import ROOT

log = get_logger()

COMMAND = [sys.executable, "-m", "control.exports.child"]


class Exporter:
    """Has a child while there is something to make. The pipe of its standard input ends it with the scheduler."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.child: subprocess.Popen[bytes] | None = None
        self.export_id = self.worker = ""

    @property
    def busy(self) -> bool:
        return self.child is not None

    def progress(self) -> None:
        """Look after the child; without one, begin with the next export."""
        if self.child and self.child.poll() is None:
            return
        if self.child:
            self._clear_after_child(self.child.returncode)
        taken = lease.take(self.engine)
        if taken:
            self._begin(*taken)

    def _begin(self, export_id: str, worker: str, before: str | None) -> None:
        working_files.remove_old()
        if before:
            working_files.remove(before)
        self.export_id, self.worker = export_id, worker
        self.child = subprocess.Popen([*COMMAND, export_id, worker], cwd=ROOT, stdin=subprocess.PIPE)  # noqa: S603
        log.info("export begun", export=export_id)

    def _clear_after_child(self, code: int) -> None:
        """Give back what the child has not finished, whatever ended it, and clear what it has left."""
        assert self.child
        assert self.child.stdin
        self.child.stdin.close()
        self.child = None
        working_files.remove(self.worker)
        if lease.give_back(self.engine, self.export_id, self.worker):
            log.warning("an export's process ended before its end; it is made again", export=self.export_id, code=code)
        else:
            log.info("export ended", export=self.export_id, code=code)

    def close(self) -> None:
        """End the child with its scheduler."""
        if self.child and self.child.stdin:
            self.child.stdin.close()
            self.child.wait()
