"""What rows, and the work that makes them, take of a PostgreSQL: docs/capacity.md has the figures. It takes minutes."""

import argparse
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from sqlalchemy import Engine, insert, text

from crawler.platforms.contract import Measured
from crawler.queue import claims, lease, results
from crawler.queue.results import Result
from crawler.store import database
from crawler.store.database import writing
from crawler.store.models.accounts import User
from crawler.store.models.base import random_id
from tests import postgresql
from tests.bench import million, report, storage
from tests.bench.figures import Figure
from tests.bench.usage import usage
from tests.seed import seed

AT_ONCE, A_CALL = 2500, 100  # links that are claimed, and that come with one answer
WRITTEN = text("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint, pg_backend_pid()")
TABLES = ("links", "readings", "posts")


def measure(links: int = 1_000_000, worked: int = 20_000, rounds: int = 3) -> list[Figure]:
    with storage.storage(storage.POSTGRESQL) as url:
        engine = database.create(url=url)
        user = random_id()
        with writing(engine) as connection:
            connection.execute(insert(User).values(id=user, username=user, password_hash=""))
        work = [_work(engine, user, worked, owner) for owner in range(1, rounds + 1)]
        figures = [*_medians(work), *_bytes(engine, worked * rounds, "just after the work")]
        engine.dispose()
    with storage.storage(storage.POSTGRESQL) as url:
        engine = database.create(url=url)
        with writing(engine) as connection:
            connection.execute(insert(User).values(id=user, username=user, password_hash=""))
        for owner in range(10):
            million.fill(engine, user, owner + 1, links // 10)
        figures += [*_bytes(engine, links, "compact"), *_copies(engine, url, links)]
        engine.dispose()
    return figures


def _work(engine: Engine, user: str, links: int, owner: int) -> dict[str, float]:
    """Accept so many links and measure each as a spider does, but for the requests."""
    before = _spent(engine)
    run_id = seed(engine, [f"wall-{owner}_{item}" for item in range(1, links + 1)], user)
    accepted = _spent(engine)
    assert lease.start(engine, run_id, 600)
    while claimed := claims.claim(engine, run_id, 600, AT_ONCE):
        for first in range(0, len(claimed), A_CALL):
            _answer(engine, run_id, claimed[first : first + A_CALL])
    return {
        **{f"accept: {name}": (accepted[name] - before[name]) / links for name in before},
        **{f"measure: {name}": (after - accepted[name]) / links for name, after in _spent(engine).items()},
    }


def _answer(engine: Engine, run_id: str, links: list[claims.Claimed]) -> None:
    with engine.begin() as connection:
        claims.mark_sent(connection, run_id, [link.id for link in links])
    said = Measured(views=1000, likes=30, comments=2, reposts=1, source="wall.getById 5.199")
    results.save(engine, run_id, 600, [Result((link.id,), link.post_id, said, 200) for link in links])


def _spent(engine: Engine) -> dict[str, float]:
    with engine.connect() as connection:
        written, pid = connection.execute(WRITTEN).one()
    own, server = 1e6 * time.process_time(), 1e6 * usage(pid).cpu
    return {"processor of our process, µs": own, "processor of PostgreSQL, µs": server, "WAL, bytes": float(written)}


def _medians(work: list[dict[str, float]]) -> Iterator[Figure]:
    how = f"a link; median of {len(work)} batches, {A_CALL} links a transaction"
    for name in work[0]:
        what, _, unit = name.rpartition(", ")
        yield Figure(what, median(each[name] for each in work), unit, how=how)


def _bytes(engine: Engine, rows: int, when: str) -> Iterator[Figure]:
    with engine.connect() as connection:
        for table in TABLES:
            sizes = text(f"SELECT pg_table_size('{table}'), pg_indexes_size('{table}')")
            own, indexes = connection.execute(sizes).one()
            how = f"{own / rows:.0f} of the table, {indexes / rows:.0f} of its indexes; {rows:,} rows"
            yield Figure(f"a row of {table}, {when}", (own + indexes) / rows, "bytes", how=how)


def _copies(engine: Engine, url: str, rows: int) -> Iterator[Figure]:
    programs = postgresql.binaries()
    assert programs
    address = str(url).replace("postgresql+psycopg", "postgresql")
    with TemporaryDirectory() as folder:
        file = Path(folder) / "dump"
        dump = _seconds(programs / "pg_dump", "--format=custom", "--compress=1", f"--file={file}", address)
        size = file.stat().st_size / rows
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("CREATE DATABASE restored")
        restore = _seconds(programs / "pg_restore", "--dbname", address.replace("/views?", "/restored?"), file)
    yield Figure("pg_dump", size, "bytes a link", how=f"{dump:.0f} s for {rows:,} links; pg_restore {restore:.0f} s")


def _seconds(*command: object) -> float:
    begun = time.monotonic()
    subprocess.run([str(each) for each in command], check=True)
    return time.monotonic() - begun


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.capacity", description=__doc__)
    parser.add_argument("--links", type=int, default=1_000_000)
    options = parser.parse_args()
    report.publish({"capacity": measure(options.links)})


if __name__ == "__main__":
    main()
