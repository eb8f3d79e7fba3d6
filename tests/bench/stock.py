"""A stock scrapyd that runs our spider: its own launcher, poller and job storage, and a cold start for each run."""

import subprocess
import sys
import time
from collections.abc import Callable
from configparser import ConfigParser
from pathlib import Path
from typing import Self

import requests
from sqlalchemy import select

from crawler.store import database
from crawler.store.models.batches import Batch, Link, Status
from crawler.store.models.runs import Run
from tests.bench import posts
from tests.checkout import ROOT
from tests.conftest import migrate
from tests.seed import seed
from tests.system import clean_environment, free_port
from tests.vk_standin.client import StandIn

DEFAULT_POLL = 5.0  # scrapyd's own
CONFIG = """
[settings]
default = crawler.settings

[scrapyd]
bind_address = 127.0.0.1
http_port = {port}
poll_interval = {poll}
"""


def our_poll() -> float:
    config = ConfigParser()
    config.read(ROOT / "scrapy.cfg")
    return config.getfloat("scrapyd", "poll_interval")


class Stock:
    """A stock scrapyd in `folder`, for as long as the context lasts."""

    def __init__(self, folder: Path, vk: StandIn, poll: float) -> None:
        self.folder = folder
        self.port = free_port()
        self.poll = poll
        self.database = f"sqlite:///{folder}/views.db"
        settings = vk.environment() | {"VK_TOKENS": "standin-user", "SQLALCHEMY_DATABASE_URL": self.database}
        self.environment = clean_environment() | settings | {"PYTHONPATH": str(ROOT)}

    def __enter__(self) -> Self:
        self.folder.mkdir()
        (self.folder / "scrapy.cfg").write_text(CONFIG.format(port=self.port, poll=self.poll))
        migrate(self.database)
        self.engine = database.create(url=self.database)
        with (self.folder / "log").open("wb") as log:
            command = [sys.executable, "-m", "scrapyd", "--pidfile="]
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self.until(self.answers, 0.1)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()
        self.engine.dispose()

    def answers(self) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/daemonstatus.json", timeout=9).ok
        except requests.ConnectionError:
            return False

    def work(self, owner: int) -> float:
        """Seconds from the order until the link is done in the database; its row is there before."""
        run = seed(self.engine, posts.keys(owner, 1))
        done = select(Link.id).join(Batch).join(Run).where(Run.id == run, Link.status == Status.DONE)
        began = time.perf_counter()
        order = {"project": "default", "spider": "vk_views", "jobid": run, "run": run}
        answer = requests.post(f"http://127.0.0.1:{self.port}/schedule.json", data=order, timeout=20).json()
        assert answer["status"] == "ok", answer
        self.until(lambda: self.found(done), 0.01)
        return time.perf_counter() - began

    def found(self, statement: object) -> bool:
        with self.engine.connect() as connection:
            return connection.execute(statement).first() is not None

    def until(self, true: Callable[[], bool], pause: float, seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, f"the stock scrapyd has not done it: {(self.folder / 'log').read_text()}"
            time.sleep(pause)
