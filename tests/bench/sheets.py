"""What large spreadsheets cost: CSV that two people read slowly, an XLSX that a child makes, a file that comes in."""

import csv
import json
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import StringIO
from itertools import cycle
from threading import Event

import requests
from sqlalchemy import Engine, select

from control.exports import lease
from control.scheduler.exporting import COMMAND
from crawler.queue import own_rows
from crawler.queue.own_rows import OwnCells, OwnTable
from crawler.store import database
from crawler.store.models.batches import Batch
from tests.bench import million, posts, storage
from tests.bench.figures import Figure
from tests.bench.server import Server
from tests.bench.usage import last_usage
from tests.checkout import ROOT

READERS = 2  # as many streams as one user may have
SIP_BYTES, SIP_SECONDS = 65_536, 0.04
LOOK_SECONDS = 0.02
GROWTH_MEGABYTES = 50
NAMES = ("Блогер", "Канал", "Дата выхода", "Цена, руб.", "erid", *(f"Заметка {number}" for number in range(1, 16)))
LINKS = million.LINKS.replace("batch_id, position", "batch_id, row_number, position").replace(
    ":batch, posts.id", ":batch, posts.id - :last + 1, posts.id"
)
ROLES = ("blogger", "channel", "date", "cost", "erid", *[None] * 15)


def measure(rows: int = 100_000, mebibytes: int = 64, names: tuple[str, ...] = storage.NAMES) -> list[Figure]:
    return [figure for name in names for figure in _measure(name, rows, mebibytes)]


def _measure(name: str, rows: int, mebibytes: int) -> Iterator[Figure]:
    with storage.storage(name) as url, Server(url) as server:
        engine = database.create(url=url)
        batch = million.fill(engine, server.user, 1, rows, LINKS)
        _give_own_columns(engine, rows)
        million.tidy(engine)
        yield _streamed(server, batch, rows, name)
        yield from _made(server, engine, batch, f"{rows:,} × {len(NAMES)} own columns, {name}")
        engine.dispose()
        yield from _taken(server, rows, mebibytes, name)


def _give_own_columns(engine: Engine, rows: int) -> None:
    """Store the rows of the file in which the links came."""
    with engine.begin() as connection:
        batch_id = connection.execute(select(Batch.id)).scalar_one()
        table = OwnTable(list(NAMES), list(ROLES), lambda: (_own(number) for number in range(2, rows + 2)))
        own_rows.store(connection, batch_id, table)


def _own(number: int) -> OwnCells:
    cells = [f"{1_000_003 * number * place % 10**9} руб." for place in range(1, len(NAMES) + 1)]
    return OwnCells(number, 1, "", json.dumps(cells, ensure_ascii=False))


def _streamed(server: Server, batch: str, rows: int, name: str) -> Figure:
    address = f"{server.url}/batches/{batch}/links?format=csv"
    began = time.perf_counter()
    with _watched(server) as memory, ThreadPoolExecutor(READERS) as readers:
        sizes = list(readers.map(lambda _: _sip(server, address, rows), range(READERS)))
    how = f"{sizes[0] / 1e6:.0f} MB each in {time.perf_counter() - began:.0f} s; {memory.before:.0f} MB before"
    return memory.figure(f"{READERS} slow readers of CSV of {rows:,} rows, {name}", how)


def _sip(server: Server, address: str, rows: int) -> int:
    """Read slowly to the end, and return how many bytes there are."""
    size = lines = 0
    with requests.get(address, headers=server.session.headers, stream=True, timeout=60) as answer:
        answer.raise_for_status()
        for piece in answer.iter_content(SIP_BYTES):
            size, lines = size + len(piece), lines + piece.count(b"\n")
            time.sleep(SIP_SECONDS)
    assert lines == rows + 1, lines
    return size


class _Memory:
    """Of the API, in megabytes: before something, and the most during it."""

    def __init__(self, server: Server) -> None:
        server.forget_peak()
        self.before = self.most = server.usage.megabytes

    def figure(self, beside: str, how: str) -> Figure:
        grown = self.most - self.before
        return Figure(f"growth of the API's memory, {beside}", grown, "MB", at_most=GROWTH_MEGABYTES, how=how)


@contextmanager
def _watched(server: Server) -> Iterator[_Memory]:
    memory = _Memory(server)
    yield memory
    memory.most = server.usage.megabytes


def _made(server: Server, engine: Engine, batch: str, of: str) -> Iterator[Figure]:
    """Make an XLSX by the scheduler's child, and look at the API meanwhile."""
    ordered = server.session.post(f"{server.url}/exports", json={"batch": batch}).json()
    taken = lease.take(engine)
    assert taken is not None
    command = [*COMMAND, *taken[:2]]
    began = time.perf_counter()
    with _looking(server, [f"/exports/{taken[0]}", f"/batches/{batch}", f"/batches/{batch}/links"]) as waits:
        with subprocess.Popen(command, cwd=ROOT, env=server.environment, stdin=subprocess.PIPE) as child:
            cost = last_usage(child)
        seconds = time.perf_counter() - began
    shown = server.session.get(ordered["url"]).json()
    assert (shown["state"], shown["rows_done"]) == ("ready", shown["rows"]), shown
    how = f"{shown['bytes'] / 1e6:.0f} MB, {cost.cpu:.1f} s of processor at low priority"
    slowest, path = max(waits)
    looks = f"{len(waits)} looks; {path.replace(taken[0], '<id>').replace(batch, '<id>')}"
    yield Figure(f"XLSX of {of}", seconds, "s", at_most=60, how=how)
    yield Figure(f"the child's peak memory, XLSX of {of}", cost.megabytes, "MB", at_most=200)
    yield Figure(f"the API's slowest answer beside XLSX of {of}", 1000 * slowest, "ms", at_most=200, how=looks)


@contextmanager
def _looking(server: Server, paths: list[str]) -> Iterator[list[tuple[float, str]]]:
    """Look at these paths in turn; the seconds that each look took, and its path."""
    waits: list[tuple[float, str]] = []
    over = Event()

    def look() -> None:
        for path in cycle(paths):
            waits.append((server.ask("GET", path), path))
            if over.wait(LOOK_SECONDS):
                return

    with ThreadPoolExecutor(1) as thread:
        looking = thread.submit(look)
        try:
            yield waits
        finally:
            over.set()
    looking.result()


def _taken(server: Server, rows: int, mebibytes: int, name: str) -> Iterator[Figure]:
    """Hand a file in, and accept it with one of its two long columns: both together would be more than may be kept."""
    content = _sheet(rows, mebibytes)
    with _watched(server) as memory:
        seconds = server.ask("POST", "/imports", files={"file": ("links.csv", content)})
    size = f"{len(content) / 2**20:.0f} MiB, {rows:,} rows"
    yield memory.figure(f"a file of {size} comes in, {name}", f"in {seconds:.1f} s; {memory.before:.0f} MB before")
    (found,) = server.session.get(f"{server.url}/imports").json()["imports"]
    with _watched(server) as memory:
        seconds = server.ask("POST", f"/imports/{found['id']}/accept", json={"columns": ["Заметка 1"]})
    how = f"in {seconds:.1f} s; {memory.before:.0f} MB before"
    yield Figure(
        f"growth of the API's memory, that file is accepted, {name}", memory.most - memory.before, "MB", how=how
    )


def _sheet(rows: int, mebibytes: int) -> bytes:
    """A CSV of nearly so many mebibytes."""
    file = StringIO(newline="")
    table = csv.writer(file, delimiter=";")
    table.writerow(["Ссылка", "Заметка 1", "Заметка 2"])
    letters = ((mebibytes << 20) // rows - len(posts.links(1, rows)[-1]) - len(";;\r\n")) // 2 // len("я".encode())
    table.writerows([link, "я" * letters, "ы" * letters] for link in posts.links(1, rows))
    return file.getvalue().encode()
