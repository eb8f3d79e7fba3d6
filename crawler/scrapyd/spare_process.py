"""A process that has loaded everything a job needs, and waits for a job."""

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

from crawler.scrapyd.warm_start import NEWS

WARMING_SECONDS = 60.0
TAKING_SECONDS = 5.0  # long enough for a busy machine; too short a time only costs a cold start
PIPES = {0: "w", 1: "r", 2: "r", NEWS: "r"}

log = Logger()


class Spare(ProcessProtocol):
    """The protocol of a spare. Once it has a job, the job's own protocol gets the process and its output.

    The process sends news on a pipe of its own, at most twice: first that it is ready, then that it has taken the job
    and begins. A process that ends or hangs before the second message has done nothing of the job.
    """

    transport: Any

    def __init__(self, ended: Callable[["Spare", Failure], None]) -> None:
        self.ended = ended
        self.job: ScrapyProcessProtocol | None = None
        self.ready = False
        self.taken = False
        self.gone: Deferred[None] = Deferred()
        self.timeout = reactor.callLater(WARMING_SECONDS, self.timed_out)

    def give(self, job: ScrapyProcessProtocol, arguments: list[str]) -> None:
        self.job = job
        job.makeConnection(self.transport)
        self.timeout = reactor.callLater(TAKING_SECONDS, self.timed_out)
        self.transport.write(json.dumps(arguments).encode() + b"\n")

    def childDataReceived(self, childFD: int, data: bytes) -> None:  # noqa: N802, N803 - Twisted's names
        if childFD == NEWS:
            self.news_came()
        elif self.job:
            self.job.childDataReceived(childFD, data)
        else:
            log.error("A spare says: {said}", said=data.decode(errors="replace").rstrip())

    def news_came(self) -> None:
        self.cancel_timeout()
        if self.job:
            self.taken = True
        else:
            self.ready = True

    def cancel_timeout(self) -> None:
        if self.timeout.active():
            self.timeout.cancel()

    def timed_out(self) -> None:
        log.error("Spare {pid} hangs and is killed", pid=self.transport.pid)
        self.kill()

    def kill(self) -> None:
        with suppress(ProcessExitedAlready):
            self.transport.signalProcess("KILL")

    def processEnded(self, reason: Failure) -> None:  # noqa: N802 - Twisted's name
        self.cancel_timeout()
        self.ended(self, reason)
        self.gone.callback(None)
