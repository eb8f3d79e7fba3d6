"""Runs of the real spider on a seeded database, until every link is final; hours of waiting pass in seconds."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Thread

from sqlalchemy import func, insert, select, text

from crawler.platforms.vk.access import access
from crawler.store import database
from crawler.store.models.base import random_id
from crawler.store.models.batches import Batch, Link
from crawler.store.models.posts import Reading
from crawler.store.models.runs import Budget, Run
from tests.checkout import ROOT
from tests.seed import seed
from tests.system import clean_environment

IMPATIENCE = (  # after its first try a link waits until it is released, and never again
    "UPDATE budgets SET paused_until = 0",
    (
        "CREATE TRIGGER no_pause AFTER UPDATE OF paused_until ON budgets WHEN new.paused_until > 0"
        " BEGIN UPDATE budgets SET paused_until = 0 WHERE key = new.key; END"
    ),
    (
        "CREATE TRIGGER no_wait AFTER UPDATE OF not_before ON links"
        " WHEN new.not_before > 0 AND new.status = 'created' AND new.attempts + new.failures > 1"
        " BEGIN UPDATE links SET not_before = 0 WHERE id = new.id; END"
    ),
)
MOST_RUNS = 15


class VkRun:
    """A batch of wall posts. `tokens` are of a service: calls of a hundred posts each; without any, pages are read."""

    def __init__(self, url, vk, items, tokens="standin-service"):
        self.engine = database.create(url=url)
        self.vk = vk
        self.log = ""
        self.runs = 1
        settings = vk.environment() | {"VK_TOKENS": tokens, "SQLALCHEMY_DATABASE_URL": url}
        self.environment = clean_environment() | settings
        self.run_id = seed(self.engine, [f"wall-1_{item}" for item in items])
        with database.writing(self.engine) as connection:
            for credential in access(settings).credentials:
                connection.execute(insert(Budget).values(key=credential.budget, kind="service"))

    @contextmanager
    def working(self, seconds, *options):
        """Work in the background; at the end all is final."""
        with ThreadPoolExecutor(1) as worker:
            self.work_ahead = worker.submit(self.finish, seconds, *options)
            try:
                yield
            finally:
                self.work_ahead.result()
                self.engine.dispose()

    def check(self):
        """Raise what broke the work in the background."""
        if self.work_ahead.done():
            self.work_ahead.result()

    def finish(self, seconds, *options):
        """Work until every link is final, as the scheduler would: run after run."""
        end = time.monotonic() + seconds
        self.work(end, *options)
        while self.unfinished():
            self.runs += 1
            assert self.runs <= MOST_RUNS, f"{self.unfinished()} links are not final after {MOST_RUNS} runs"
            self.run_id = self.another()
            self.work(end, *options)

    def work(self, end, *options):
        command = [sys.executable, "-m", "crawler.scrapyd.runner", "crawl", "vk_views", "-a", f"run={self.run_id}"]
        with subprocess.Popen(
            [*command, *options], cwd=ROOT, env=self.environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            said = []
            reader = Thread(target=lambda: said.append(process.stderr.read()))
            reader.start()
            try:
                process.wait(max(0.1, end - time.monotonic()))
            finally:
                process.stdin.close()
                reader.join(5)
                self.log += b"".join(said).decode()

    def another(self):
        run_id = random_id()
        with database.writing(self.engine) as connection:
            batch_id = connection.execute(select(Batch.id)).scalar_one()
            connection.execute(insert(Run).values(id=run_id, batch_id=batch_id, platform="vk", node=""))
        return run_id

    def unfinished(self, positions=range(10**9)):
        where = (Link.finished_at.is_(None), Link.position.between(positions.start, positions.stop - 1))
        with self.engine.connect() as connection:
            return connection.execute(select(func.count()).where(*where)).scalar_one()

    def release(self, positions):
        """Make the links there due; those after them stay due soon, so the spider stays as well."""
        within = "status = 'created' AND position >= :start AND position < :stop"
        self.change(f"UPDATE links SET not_before = 0 WHERE {within}", start=positions.start, stop=positions.stop)
        self.hold_back(positions.stop)

    def hold_back(self, start):
        later = "UPDATE links SET not_before = :soon WHERE status = 'created' AND position >= :start"
        self.change(later, soon=time.time() + 5, start=start)

    def let_time_fly(self):
        """End every pause and wait at once, those to come too."""
        for statement in IMPATIENCE:
            self.change(statement)

    def change(self, statement, **values):
        with database.writing(self.engine) as connection:
            connection.execute(text(statement), values)

    def ended(self, positions=range(10**9)):
        """Every link's URL, views or none, reason, detail and charged attempts."""
        statement = select(Link.url, Reading.views, Link.reason, Link.detail, Link.attempts)
        where = Link.position.between(positions.start, positions.stop - 1)
        with self.engine.connect() as connection:
            return connection.execute(statement.outerjoin(Reading, Reading.id == Link.reading_id).where(where)).all()
