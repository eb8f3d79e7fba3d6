"""The child that makes exports: killed anywhere, the export is made once, and nothing is left behind."""

import io
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update

from control.exports import lease, orders, source
from control.exports.choice import Choice, Format
from control.scheduler.exporting import Exporter
from crawler.process.environment import VAR
from crawler.store.database import writing
from crawler.store.models.batches import Batch
from crawler.store.models.exports import Export
from tests.checkout import ROOT
from tests.seed import seed

pytestmark = pytest.mark.process

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # what is written, the other test tells
LINKS = [f"wall-1_{item}" for item in range(1, 1501)]
SCHEDULER = """
import sys, time
from control.scheduler.exporting import Exporter
from crawler.store import database
exporter = Exporter(database.create())
while True:
    exporter.progress()
    if exporter.child:
        print(exporter.child.pid, flush=True)
    time.sleep(0.05)
"""


@pytest.fixture
def ordered(engine, database_url, monkeypatch):
    """The id of an export that waits; its child finds this test's database."""
    monkeypatch.setenv("SQLALCHEMY_DATABASE_URL", str(database_url))
    monkeypatch.setenv("SECRET_KEY", "k" * 32)
    monkeypatch.setenv("SCRAPYD_PASSWORD", "unused")
    batch_id = seed(engine, LINKS, run=False)
    with writing(engine) as connection:
        batch = connection.execute(select(Batch).where(Batch.id == batch_id)).one()
        found = source.find(connection, batch.user_id, batch.public_id)
        return orders.order(connection, batch.user_id, found, Choice(Format.XLSX)).id


@pytest.fixture
def exporter(engine):
    exporter = Exporter(engine)
    yield exporter
    exporter.close()


def row(engine, export_id):
    with engine.connect() as connection:
        return connection.execute(select(Export.__table__).where(Export.id == export_id)).one()


def until(true, seconds=120):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def made(engine, exporter, export_id):
    exporter.progress()
    return row(engine, export_id).finished_at is not None and not exporter.busy


def check(engine, export_id, attempts):
    found = row(engine, export_id)
    assert (found.state, found.attempts, found.rows_done) == ("ready", attempts, len(LINKS))
    data = b"".join(orders.pieces(engine, export_id))
    assert len(data) == found.bytes
    shown = [cells[0] for cells in load_workbook(io.BytesIO(data))["Посты"].iter_rows(min_row=2, values_only=True)]
    assert shown == LINKS
    assert not [*(VAR / "tmp").glob(f"export-{found.worker}*")]


def test_killed_it_is_made_again_and_once(engine, ordered, exporter):
    exporter.progress()
    workers = [exporter.worker]
    until(lambda: [*(VAR / "tmp").glob(f"export-{workers[0]}*")])
    exporter.child.kill()
    until(lambda: made(engine, exporter, ordered))
    check(engine, ordered, attempts=2)
    assert not [*(VAR / "tmp").glob(f"export-{workers[0]}*")]
    exporter.progress()
    assert not exporter.busy


@ON_SQLITE
def test_stopped_for_longer_than_its_lease_it_writes_nothing_any_more(engine, ordered, exporter):
    exporter.progress()
    late = exporter.child
    until(lambda: [*(VAR / "tmp").glob(f"export-{exporter.worker}*")])
    os.kill(late.pid, signal.SIGSTOP)
    with engine.begin() as connection:
        connection.execute(update(Export).values(lease_until=0))
    other = Exporter(engine)
    until(lambda: made(engine, other, ordered))
    check(engine, ordered, attempts=2)
    os.kill(late.pid, signal.SIGCONT)
    assert late.wait(60) != 0
    check(engine, ordered, attempts=2)


@ON_SQLITE
def test_it_ends_with_its_scheduler_and_another_one_goes_on(engine, ordered, exporter):
    with subprocess.Popen([sys.executable, "-c", SCHEDULER], cwd=ROOT, stdout=subprocess.PIPE, text=True) as scheduler:
        child = next(int(line) for line in scheduler.stdout if line.strip().isdecimal())
        scheduler.kill()
    until(lambda: ended(child))
    assert lease.take(engine) is None
    with engine.begin() as connection:
        connection.execute(update(Export).values(lease_until=0))
    until(lambda: made(engine, exporter, ordered))
    check(engine, ordered, attempts=2)


def ended(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@ON_SQLITE
def test_what_the_killed_have_left_long_ago_is_removed(exporter, ordered):
    left, new = (VAR / "tmp" / f"export-{worker}-x" for worker in ("f" * 32, "e" * 32))
    for folder in (left, new):
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(b"x")
    os.utime(left, (time.time() - 90_000,) * 2)
    exporter.progress()
    assert not left.exists()
    assert new.exists()
    shutil.rmtree(new)
