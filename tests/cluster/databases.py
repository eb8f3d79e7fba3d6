"""PostgreSQL in the lab: a standby that takes over, and PgBouncer before it."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql

from tests.cluster import network
from tests.cluster.labs import needs

PORT, POOLER_PORT = 5432, 6432
POOLER = """
[databases]
views = host={address} port=5432 dbname=views user=postgres
[pgbouncer]
listen_addr = {address}
listen_port = 6432
auth_type = any
pool_mode = transaction
default_pool_size = 40
max_client_conn = 400
idle_transaction_timeout = 10
ignore_startup_parameters = extra_float_digits
"""


def ask(address: str, statement: str) -> str:
    """One value from a server."""
    with psycopg.connect(host=address, user="postgres", dbname="postgres", autocommit=True, connect_timeout=5) as it:
        row = it.execute(sql.SQL(statement)).fetchone()
        return str(row[0]) if row else ""


def order(address: str, *statements: str) -> None:
    with psycopg.connect(host=address, user="postgres", dbname="postgres", autocommit=True, connect_timeout=5) as it:
        for statement in statements:
            it.execute(sql.SQL(statement))


def wait_for_commits(address: str) -> None:
    """Have each commit wait until the standby has it, too, once there is one that follows."""
    while ask(address, "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == "0":
        time.sleep(0.1)
    order(address, "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")


def promote(address: str) -> None:
    assert ask(address, "SELECT pg_promote()") == "True"


@contextmanager
def pooler(folder: Path, name: str, address: str) -> Iterator[str]:
    """PgBouncer on the host of the database; its address. Limits that it does not pass on are set there."""
    order(address, "ALTER DATABASE views SET lock_timeout = '4s'")
    file = folder / "pgbouncer.ini"
    file.write_text(POOLER.format(address=address))
    command = [*network.inside(name), "runuser", "-u", "postgres", "--", needs("pgbouncer"), "--quiet", str(file)]
    for each in (folder, *folder.parents[:2]):
        with suppress(OSError):
            each.chmod(each.stat().st_mode | 0o055)
    with subprocess.Popen(command) as process:
        try:
            yield f"postgresql+psycopg://postgres@{address}:{POOLER_PORT}/views"
        finally:
            process.terminate()
