"""A real scrapyd with our parts in it, on a machine of its own as far as that goes."""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from time import monotonic, sleep

import requests
from scrapyd.sqlite import JsonSqlitePriorityQueue
from sqlalchemy import select, update

from crawler.store import database
from crawler.store.database import now
from crawler.store.models.batches import Link
from crawler.store.models.runs import Run, RunState
from tests.processes import MARK, marked, spares, spiders
from tests.seed import seed
from tests.system import clean_environment, free_port

AUTH = ("views", "the password of the tests' own scrapyd")


def until(true, what, seconds=30.0):
    end = monotonic() + seconds
    while monotonic() < end:
        if result := true():
            return result
        sleep(0.05)
    raise AssertionError(f"not {what}")


def enqueue(folder, job, **arguments):
    """Put a job into the queue of the scrapyd in this folder that it would not take."""
    queue = JsonSqlitePriorityQueue(str(folder / "var/scrapyd/dbs/default.db"), "spider_queue")
    with closing(queue.conn):
        queue.put({"name": "vk_views", "_job": job, **arguments})


class Scrapyd:
    """A scrapyd in a copy of the checkout with a database of its own, and a VK that never answers."""

    def __init__(self, folder, database_file, vk, spares):
        self.folder = folder
        self.mark = f"{os.getpid()}-scrapyd"
        self.port = free_port()
        self.vk = vk
        self.spares = spares
        self.engine = database.create(url=f"sqlite:///{database_file}")
        self.environment = clean_environment() | {
            MARK: self.mark,
            "SQLALCHEMY_DATABASE_URL": f"sqlite:///{database_file}",
            "SCRAPYD_HTTP_PORT": str(self.port),
            "SCRAPYD_USERNAME": AUTH[0],
            "SCRAPYD_PASSWORD": AUTH[1],
            "VK_TOKENS": "token",
            "VK_API_URL": f"http://127.0.0.1:{vk.getsockname()[1]}",
            "MAX_RUNS": "1",
            "WARM_SPARES": str(spares),
            "LEASE_SECONDS": "6",
        }
        self.log = folder / "scrapyd.log"

    def start(self):
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "scrapyd", "--pidfile="]
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        until(self.answers, "answering")

    def answers(self):
        try:
            return self.ask("daemonstatus.json")
        except requests.ConnectionError:
            return None

    def ask(self, path, **form):
        method = "POST" if form else "GET"
        url = f"http://127.0.0.1:{self.port}/{path}"
        return requests.request(method, url, data=form, auth=AUTH, timeout=20).json()

    def schedule(self, job, **more):
        form = {"project": "default", "spider": "vk_views", "jobid": job, "run": job} | more
        assert self.ask("schedule.json", **form)["status"] == "ok"

    def over(self):
        """Commit a run that is not to be had any more: whoever works on it ends at once, and nobody kills it before."""
        run = seed(self.engine, ["wall-1_1"])
        with self.engine.begin() as connection:
            ended = update(Run).where(Run.id == run)
            connection.execute(ended.values(state=RunState.FINISHED, finished_at=now() + 3600))
        return run

    def queue(self, job, **arguments):
        enqueue(self.folder, job, **arguments)

    def jobs(self, state):
        return [job["id"] for job in self.ask("listjobs.json?project=default")[state]]

    def spider(self):
        return next(iter(spiders(self.mark)), 0)

    def ready(self):
        """Wait until all spares are; their processes."""
        return until(lambda: len(found := spares(self.mark, ready=True)) == self.spares and (found or [0]), "ready", 60)

    def run(self, links):
        """Commit a run, and wait until its spider, a spare if there are any, has a request on the wire; its id."""
        ready = self.ready()
        run = seed(self.engine, links)
        self.schedule(run)
        until(lambda: self.one(select(Link.id).where(Link.run_id == run, Link.sent.is_(True))), "sent")
        assert not self.spares or self.spider() in ready
        return run

    def spider_log(self, run):
        return (self.folder / f"var/scrapyd/logs/default/vk_views/{run}.log").read_text()

    def one(self, statement):
        with self.engine.connect() as connection:
            return connection.execute(statement).first()

    def rows(self, run):
        """Status and reason of each link in the run's batch."""
        batch = select(Run.batch_id).where(Run.id == run).scalar_subquery()
        statement = (
            select(Link.status, Link.reason, Link.attempts).where(Link.batch_id == batch).order_by(Link.position)
        )
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(statement)]

    def outcome(self, run):
        return tuple(self.one(select(Run.state, Run.outcome).where(Run.id == run)))

    def cancel(self, run):
        return self.ask("cancel.json", project="default", job=run)

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait(10)

    def clear(self):
        """Kill what runs, and forget what waits."""
        for pid in marked(self.mark):
            os.kill(pid, signal.SIGKILL)
        self.process.wait(10)
        shutil.rmtree(self.folder / "var", ignore_errors=True)
