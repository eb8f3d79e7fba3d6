"""Starts and stops the processes of runs."""

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from scrapy.spiderloader import get_spider_loader
from scrapy.utils.project import get_project_settings
from scrapyd import launcher
from scrapyd.config import Config
from scrapyd.interfaces import IEnvironment, IPoller
from scrapyd.webservice import spider_list
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.task import LoopingCall, deferLater
from twisted.internet.threads import deferToThread
from twisted.logger import Logger
from twisted.python.failure import Failure

from crawler.exceptions import Fenced
from crawler.process.environment import PROJECT
from crawler.process.lifeline import SPIDERS_STOP_SECONDS
from crawler.queue import claims, lease
from crawler.scrapyd import reaper
from crawler.scrapyd.job import Job
from crawler.scrapyd.registration import Registration
from crawler.scrapyd.spare_pool import REFILL_SECONDS, Spares
from crawler.settings import LEASE_SECONDS, WARM_SPARES
from crawler.store import database  # reads .env too, for a scrapyd that is started by hand
from crawler.store.models.base import random_id

REAP_SECONDS = 2.0

log = Logger()


class Launcher(launcher.Launcher):
    """The stock launcher loses the slot of a job that cannot be started (scrapy/scrapyd#543), leaves its processes
    behind when it stops, lets a free slot wait for the next poll, and starts every process cold.
    """

    def __init__(self, config: Config, app: Any) -> None:
        super().__init__(config, app)
        self.max_proc = int(os.environ.get("MAX_RUNS") or os.cpu_count() or 1)
        self.engine = database.create()
        self.reaping = LoopingCall(self._reap)
        environment = app.getComponent(IEnvironment).get_environment({"_project": PROJECT}, 0)
        self.spares = Spares([sys.executable, "-m", self.runner], environment, WARM_SPARES)
        self.registration = Registration(self.engine, config, self.max_proc)
        self.stopping = False

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        _know_spiders()
        super().startService()
        self.reaping.start(REAP_SECONDS, now=False)
        self.registration.start()
        self.spares.fill_after(REFILL_SECONDS)

    def stopService(self) -> Deferred[None]:  # noqa: N802 - Twisted's name
        """Ask every spider to end, and kill those that do not end in time. scrapyd waits for the result."""
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        self.stopping = True
        self.reaping.stop()
        running = list(self.processes.values())
        _signal(running, "INT")
        kill = reactor.callLater(SPIDERS_STOP_SECONDS, _signal, running, "KILL")
        await self.registration.stop()
        await DeferredList([self.spares.stop(), *(process.deferred for process in running)])
        if kill.active():
            kill.cancel()
        await deferToThread(_settle, self.engine, running)

    def look(self) -> None:
        """Look into the queue at once. The stock launcher waits for the next poll."""
        reactor.callLater(0, self._look)

    def _look(self) -> None:
        if not self.stopping:
            self.app.getComponent(IPoller).poll()

    def _get_message(self, slot: int) -> None:
        super()._get_message(slot)
        self.look()

    def _spawn_process(self, message: dict[str, Any], slot: int) -> None:
        spawned = maybeDeferred(self._spawn, message, slot)
        spawned.addErrback(self._not_spawned, message["_job"], slot)

    def _spawn(self, message: dict[str, Any], slot: int) -> None:
        """Do what the stock launcher does, but let a spare be the process if there is one."""
        environment = self.app.getComponent(IEnvironment)
        owner = random_id()
        message.setdefault("settings", {}).update(environment.get_settings(message), RUN_OWNER=owner)
        args = [sys.executable, "-m", self.runner, "crawl", *launcher.get_crawl_args(message)]
        env = environment.get_environment(message, slot)
        process = Job(message, env, args, owner)
        process.deferred.addBoth(self._process_finished, slot)
        self.spares.start(process)
        self.processes[slot] = process

    def _not_spawned(self, failure: Failure, job: str, slot: int) -> None:
        log.failure("Job {job} could not be started", failure, job=job)
        self._get_message(slot)

    def _process_finished(self, process: Job, slot: int) -> None:
        super()._process_finished(process, slot)
        Deferred.fromCoroutine(self._give_up(process))

    async def _give_up(self, process: Job) -> None:
        """Without a database, try again until there is one: the run would keep its slot until its lease has ended."""
        while not self.stopping and not await deferToThread(
            reaper.give_up_run, self.engine, process.job, process.owner
        ):
            await deferLater(reactor, REAP_SECONDS)

    def _reap(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._kill_overdue())

    async def _kill_overdue(self) -> None:
        """Kill processes whose runs are over, because they may still hold a slot or the database's lock."""
        processes = [process for process in self.processes.values() if _is_ours(process)]
        overdue = await deferToThread(reaper.overdue, self.engine, {process.job for process in processes})
        _signal([process for process in processes if process.job in overdue], "KILL")


def _is_ours(process: launcher.ScrapyProcessProtocol) -> bool:
    """Whether the job works on runs of our queue, and not on links that somebody ordered by hand."""
    return f"run={process.job}" in process.args


def _signal(processes: Iterable[launcher.ScrapyProcessProtocol], name: str) -> None:
    for process in processes:
        with suppress(ProcessExitedAlready):
            process.transport.signalProcess(name)


def _settle(engine: Engine, processes: list[Job]) -> None:
    """Give back the links of spiders that were killed. A spider that ended in time has done so itself."""
    for process in processes:
        with suppress(Fenced, SQLAlchemyError):
            if run_id := lease.at_work(engine, process.job, process.owner):
                claims.settle(engine, run_id, LEASE_SECONDS, "shutdown")
    engine.dispose()


def _know_spiders() -> None:
    """Fill scrapyd's list of spiders. Otherwise it would run `scrapy list` and answer nobody until that has ended."""
    spider_list.cache[PROJECT][None] = get_spider_loader(get_project_settings()).list()
