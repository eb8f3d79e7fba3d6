"""A process that has loaded everything but its job, which it takes over when one comes."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from scrapyd.launcher import ScrapyProcessProtocol
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure

from crawler.scrapyd.warmth import NEWS

WARMING_SECONDS = 60.0
TAKING_SECONDS = 5.0  # a busy machine is slow; being wrong costs a cold start
PIPES = {0: "w", 1: "r", 2: "r", NEWS: "r"}

log = Logger()


class Spare(ProcessProtocol):
    """Without a job at first, then that job's: the job's own protocol gets the process, and hears what it says.

    It sends news on a pipe of its own, at most twice: that it is ready, and, before it begins, that it has taken the
    job. One that ends or hangs without that word has begun nothing.
    """

    transport: Any

    def __init__(self, ended: Callable[["Spare", Failure], None]) -> None:
        self.ended = ended
        self.job: ScrapyProcessProtocol | None = None
        self.ready = False
        self.taken = False
        self.gone: Deferred[None] = Deferred()
        self.patience = reactor.callLater(WARMING_SECONDS, self.hangs)

    def give(self, job: ScrapyProcessProtocol, arguments: list[str]) -> None:
        self.job = job
        job.makeConnection(self.transport)
        self.patience = reactor.callLater(TAKING_SECONDS, self.hangs)
        self.transport.write(json.dumps(arguments).encode() + b"\n")

    def childDataReceived(self, childFD: int, data: bytes) -> None:  # noqa: N802, N803 - Twisted's names
        if childFD == NEWS:
            self.heard()
        elif self.job:
            self.job.childDataReceived(childFD, data)
        else:
            log.error("A spare says: {said}", said=data.decode(errors="replace").rstrip())

    def heard(self) -> None:
        self.be_patient()
        if self.job:
            self.taken = True
        else:
            self.ready = True

    def be_patient(self) -> None:
        if self.patience.active():
            self.patience.cancel()

    def hangs(self) -> None:
        log.error("Spare {pid} hangs and is killed", pid=self.transport.pid)
        self.kill()

    def kill(self) -> None:
        with suppress(ProcessExitedAlready):
            self.transport.signalProcess("KILL")

    def processEnded(self, reason: Failure) -> None:  # noqa: N802 - Twisted's name
        self.be_patient()
        self.ended(self, reason)
        self.gone.callback(None)
