"""A database that answers nothing any more, over connections that stay open: the spider ends by itself."""

import os
import subprocess
import sys
import time
from contextlib import closing, contextmanager, suppress
from socket import AF_UNIX, create_server, socket
from threading import Event, Thread

import pytest
from sqlalchemy import make_url, select

from crawler.run.lease_guard import GRACE_SECONDS
from crawler.store.database import writing
from crawler.store.models.batches import Link
from crawler.store.models.runs import Run, RunState
from tests.checkout import ROOT
from tests.crawler.scrapyd.daemon import until
from tests.seed import seed
from tests.system import clean_environment

pytestmark = pytest.mark.process

LEASE_SECONDS = 2.0
MOST_SECONDS = LEASE_SECONDS + GRACE_SECONDS
LONG_REQUEST = MOST_SECONDS + 2
COMMAND = [sys.executable, "-m", "crawler.scrapyd.runner", "crawl", "vk_views", "-a"]


class Proxy:
    """Passes all on between clients on a port and PostgreSQL's socket, until it is `silent`."""

    def __init__(self, path):
        self.path = path
        self.silent = Event()
        self.listener = create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open = [self.listener]
        Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket(AF_UNIX)
                server.connect(self.path)
                self.open += [client, server]
                for pair in ((client, server), (server, client)):
                    Thread(target=self.copy, args=pair, daemon=True).start()

    def copy(self, source, target):
        with suppress(OSError):
            while (data := source.recv(65_536)) and not self.silent.is_set():
                target.sendall(data)

    def close(self):
        for each in self.open:
            each.close()


@pytest.fixture
def reached(database_url):
    """The database's address as a spider is given it, and a context in which the database says nothing there."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        yield database_url, writing
        return
    with closing(Proxy(f"{url.query['host']}/.s.PGSQL.5432")) as proxy:

        @contextmanager
        def silenced(_engine):
            proxy.silent.set()
            yield

        address = url.set(host="127.0.0.1", port=proxy.port, query={"sslmode": "disable", "gssencmode": "disable"})
        yield address.render_as_string(hide_password=False), silenced


@contextmanager
def working(engine, url, vk):
    """A spider whose request VK has, and will not answer for long."""
    vk.reset()
    vk.set(latency=LONG_REQUEST)
    run = seed(engine, ["wall-1_1"])
    given = {"VK_TOKENS": "standin-service", "SQLALCHEMY_DATABASE_URL": url, "LEASE_SECONDS": str(LEASE_SECONDS)}
    environment = clean_environment() | vk.environment() | given
    with subprocess.Popen(
        [*COMMAND, f"run={run}"], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as spider:
        try:
            until(lambda: scalars(engine, Link.sent) == [True], "sent")
            yield spider
        finally:
            spider.kill()


def scalars(engine, column):
    with engine.connect() as connection:
        return connection.execute(select(column)).scalars().all()


def test_a_spider_without_an_answer_of_its_database_ends_by_itself(engine, reached, vk):
    url, silenced = reached
    with working(engine, url, vk) as spider, silenced(engine):
        began = time.monotonic()
        assert spider.wait(MOST_SECONDS + 5) == os.EX_TEMPFAIL
        assert time.monotonic() - began > LEASE_SECONDS, "others may not have its links yet"
        assert "No lease for 7 s" in spider.stderr.read()
    assert scalars(engine, Run.state) == [RunState.RUNNING], "it has written nothing"


def test_a_spider_whose_request_takes_long_goes_on(engine, reached, vk):
    url, _ = reached
    with working(engine, url, vk) as spider:
        assert spider.wait(LONG_REQUEST + 20) == 0
    assert scalars(engine, Run.state) == [RunState.FINISHED]
    assert scalars(engine, Link.status) == ["done"]
