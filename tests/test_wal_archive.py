"""A backup as docs/operating.md has it: a copy of the server's files, and an archive of what was written since."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from crawler.platforms.contract import Measured
from crawler.queue import claims, lease, results
from crawler.queue.results import Result
from crawler.store import database
from tests import postgresql
from tests.conftest import ROOT
from tests.seed import seed

EVERYTHING = """
SELECT links.position, links.url, links.status, links.finished_at, readings.* FROM links
LEFT JOIN readings ON readings.id = links.reading_id ORDER BY links.id
"""


@pytest.fixture
def backup():
    """A folder that belongs to PostgreSQL."""
    folder = Path(tempfile.mkdtemp(prefix="views-backup-"))
    for part in (folder, folder / "wal", folder / "restored", folder / "restored/pg_wal"):
        part.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(part, "postgres")
    yield folder
    shutil.rmtree(folder)


def options(backup):
    wal = f"{backup}/wal/%f"
    archiving = f"test ! -f {wal} && cp %p {wal}.part && mv {wal}.part {wal}"
    return f"{postgresql.DURABLE} -c archive_mode=on -c archive_command='{archiving}'"


def run(*arguments):
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*user, *map(str, arguments)], check=True, cwd="/", capture_output=True)


def measure(engine, posts):
    run_id = seed(engine, [f"wall-1_{item}" for item in posts])
    assert lease.start(engine, run_id, 60)
    claimed = claims.claim(engine, run_id, 60, len(posts) - 1)  # one waits still
    said = [Result((link.id,), link.post_id, Measured(1000 + link.post_id, "x"), 200) for link in claimed]
    results.save(engine, run_id, 60, said)


def read(engine, statement):
    with engine.connect() as connection:
        return connection.execute(text(statement)).all()


@pytest.mark.process
def test_a_lost_server_is_put_back_to_a_moment_before_a_mistake(backup, monkeypatch):
    with postgresql.running(options(backup)) as server:
        address = server.address.format("postgres")
        monkeypatch.setenv("SQLALCHEMY_DATABASE_URL", address)
        command.upgrade(Config(toml_file=ROOT / "pyproject.toml"), "head")
        engine = database.create()
        measure(engine, range(1, 20))
        to = ("--pgdata", backup / "base", "--format=tar", "--checkpoint=fast")
        run(postgresql.binaries() / "pg_basebackup", "--host", server.folder, "--username=postgres", *to)
        measure(engine, range(20, 50))
        before, ((moment,),) = read(engine, EVERYTHING), read(engine, "SELECT clock_timestamp()::text")
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM batches"))  # the mistake
        with engine.begin() as connection:
            wal = connection.execute(text("SELECT pg_walfile_name(pg_switch_wal())")).scalar_one()
        while not read(engine, f"SELECT last_archived_wal >= '{wal}' FROM pg_stat_archiver")[0][0]:
            pass
        engine.dispose()
        server.kill()
        server.data = backup / "restored"
        for archive, folder in (("base", server.data), ("pg_wal", server.data / "pg_wal")):
            run("tar", "-xf", backup / f"base/{archive}.tar", "-C", folder)
        with (server.data / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"restore_command = 'cp {backup}/wal/%f %p'\nrecovery_target_time = '{moment}'\n")
            settings.write("recovery_target_action = 'promote'\n")
        run("touch", server.data / "recovery.signal")
        server.start()
        engine = database.create()
        while read(engine, "SELECT pg_is_in_recovery()")[0][0]:
            pass
        assert len(before) == 49
        assert read(engine, EVERYTHING) == before
        measure(engine, range(50, 60))  # and it goes on
        engine.dispose()
