"""Warm starts: spare processes wait for the next jobs. A job starts cold if no spare is ready."""

import signal
from typing import Any

from scrapyd.launcher import ScrapyProcessProtocol
from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredList
from twisted.logger import Logger
from twisted.python.failure import Failure

from crawler.scrapyd.spare_process import PIPES, Spare

REFILL_SECONDS = 0.75  # leaves the processor to the job that took the spare
AGAIN_SECONDS = 10.0  # after a spare died before it was ready, because the next one will hardly do better
REST_SECONDS = 60.0  # without a job, until all spares but one give their memory back
AT_REST = 1  # it takes the next job, and the others are made again meanwhile

log = Logger()


class Spares:
    """Up to `most` spare processes of one command and environment, fewer while there is nothing to do.

    A job with another environment starts cold.
    """

    def __init__(self, command: list[str], environment: dict[str, str], most: int) -> None:
        self.command = command
        self.environment = environment
        self.most = self.wanted = most
        self.waiting: list[Spare] = []
        self.filling: Any = None
        self.resting: Any = reactor.callLater(REST_SECONDS, self.rest)
        self.stopping = False

    def start(self, job: ScrapyProcessProtocol) -> None:
        """Start a job. Raises if the system refuses a new process."""
        self.work()
        ready = [spare for spare in self.waiting if spare.ready]
        if ready and job.env == self.environment:
            self.waiting.remove(ready[0])
            ready[0].give(job, job.args[len(self.command) :])
            self.fill_after(REFILL_SECONDS)
        else:
            start_cold(job)

    def work(self) -> None:
        """Want all spares, until there has been nothing to do for some time."""
        self.wanted = self.most
        if self.resting.active():
            self.resting.reset(REST_SECONDS)
        else:
            self.resting = reactor.callLater(REST_SECONDS, self.rest)

    def rest(self) -> None:
        self.wanted = min(self.most, AT_REST)
        for spare in self.waiting[self.wanted :]:
            spare.kill()

    def fill_after(self, seconds: float) -> None:
        if not self.stopping and not self.due():
            self.filling = reactor.callLater(seconds, self.fill)

    def due(self) -> bool:
        return self.filling is not None and self.filling.active()

    def fill(self) -> None:
        try:
            while len(self.waiting) < self.wanted:
                spare = Spare(self.ended)
                reactor.spawnProcess(spare, self.command[0], self.command, self.environment, childFDs=PIPES)
                self.waiting.append(spare)
        except OSError:
            log.failure("No spare can be started; it is tried again")
            self.fill_after(AGAIN_SECONDS)

    def ended(self, spare: Spare, status: Failure) -> None:
        job = spare.job
        if job is None:
            self.waiting.remove(spare)
            self.fill_after(REFILL_SECONDS if spare.ready else AGAIN_SECONDS)
        elif spare.taken or self.stopping or was_asked_to(status):
            job.processEnded(status)
        else:
            start_after_all(job, status)

    def stop(self) -> Deferred[Any]:
        """Kill the spares, which hold nothing that is worth an orderly end. Fires when they are gone."""
        self.stopping = True
        for timer in (self.filling, self.resting):
            if timer is not None and timer.active():
                timer.cancel()
        for spare in self.waiting:
            spare.kill()
        return DeferredList([spare.gone for spare in self.waiting])


def start_cold(job: ScrapyProcessProtocol) -> None:
    reactor.spawnProcess(job, job.args[0], args=job.args, env=job.env)


def was_asked_to(status: Failure) -> bool:
    """Whether it ended by a signal that asks it to end: somebody cancelled the job, so it must not start anew."""
    return getattr(status.value, "signal", None) in {signal.SIGINT, signal.SIGTERM}


def start_after_all(job: ScrapyProcessProtocol, status: Failure) -> None:
    log.warn("Spare {pid} ended before it took job {job}, which starts cold", pid=job.pid, job=job.job)  # noqa: G010
    try:
        start_cold(job)
    except Exception:  # noqa: BLE001 - the slot must be given back after any error
        log.failure("Job {job} could not be started", job=job.job)
        job.processEnded(status)
