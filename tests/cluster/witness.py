"""Sees from outside what holds for the whole cluster while hosts are mistreated.

N1 no run is placed at a node that is silent. N2 a run is worked on by one process. N3 no token is used more often than
its rate. N4 a scheduler is at work: the lease of the one that leads is renewed. N5 no session stays in a transaction.
N6 nothing is left on a host after its healing: `invariants.check` waits until spiders and lost spares are gone.
"""

import re
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from control.scheduler.leadership import TERM_SECONDS
from crawler.queue.nodes import SILENT_SECONDS
from tests.cluster.hosts import Cluster

SILENCE_SECONDS = 15.0  # of the schedulers, at most
SESSION_SECONDS = 15.0
DECIDING_SECONDS = 2.0  # between the look at the nodes and the placing
EVERY_SECONDS = 0.25
TOLERANCE = 1.1  # a second may hold so many times the rate: requests do not arrive as evenly as they leave
RENEWED = text("SELECT until, extract(epoch FROM clock_timestamp())::float8 FROM leaders")
STAYING = text(
    "SELECT pid, state, query FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    f"AND backend_type = 'client backend' AND xact_start < clock_timestamp() - interval '{SESSION_SECONDS} s'"
)
NOTE = (
    "INSERT INTO given_places SELECT NEW.id, url, extract(epoch FROM clock_timestamp()) - seen_at "
    "FROM nodes WHERE url = NEW.node"
)
GIVEN_PLACES = (
    "CREATE TABLE given_places (run TEXT, node TEXT, silent_for FLOAT, at TIMESTAMPTZ DEFAULT clock_timestamp())",
    f"CREATE FUNCTION note_place() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {NOTE}; RETURN NEW; END $$",
    "CREATE TRIGGER note_place AFTER INSERT OR UPDATE OF node ON runs FOR EACH ROW EXECUTE FUNCTION note_place()",
)
AT_SILENT_NODES = text("SELECT * FROM given_places WHERE silent_for > :most")
WORKED_ON = re.compile(r"Works on run=(\w+)")


def install(engine: Engine) -> None:
    """Have PostgreSQL note which node each run is given, and for how long that node had been silent."""
    with engine.begin() as connection:
        for statement in GIVEN_PLACES:
            connection.execute(text(statement))


@dataclass
class Witness:
    """Looks at the database all the time. `silence`: the longest time in which no scheduler renewed its lease."""

    lab: Cluster
    silence: float = 0.0
    staying: dict[int, str] = field(default_factory=dict)
    over: Event = field(default_factory=Event)
    renewed: float = 0.0

    def __enter__(self) -> Self:
        self.thread = Thread(target=self._watch, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()

    def _watch(self) -> None:
        while not self.over.wait(EVERY_SECONDS):
            try:
                self._look()
            except SQLAlchemyError:
                continue  # the database is what is mistreated

    def _look(self) -> None:
        with self.lab.engine.connect() as connection:
            row = connection.execute(RENEWED).first()
            self.staying |= {pid: f"{state}: {query}" for pid, state, query in connection.execute(STAYING)}
        if row:
            self.renewed = max(self.renewed, row[0] - TERM_SECONDS)
            self.silence = max(self.silence, row[1] - self.renewed) if self.renewed > 0 else 0.0

    def check(self, limit: float) -> None:
        assert self.silence <= limit, f"N4: no scheduler for {self.silence:.1f} s"
        assert not self.staying, f"N5: {self.staying}"
        check_places(self.lab.engine)
        check_processes(self.lab.written)
        check_rate(self.lab.vk.journal(), float(self.lab.vk.environment()["VK_REQUESTS_PER_SECOND"]))


def check_places(engine: Engine) -> None:
    with engine.connect() as connection:
        wrong = connection.execute(AT_SILENT_NODES, {"most": SILENT_SECONDS + DECIDING_SECONDS}).all()
    assert not wrong, f"N1: {wrong}"


def check_processes(folders: Iterable[Path]) -> None:
    logs = (file.read_text(errors="replace") for folder in folders for file in folder.glob("scrapyd/logs/*/*/*.log"))
    twice = {run: times for run, times in Counter(WORKED_ON.findall("\n".join(logs))).items() if times > 1}
    assert not twice, f"N2: {twice}"


def check_rate(journal: list[dict[str, Any]], rate: float) -> None:
    for token in {entry["token"] for entry in journal if entry["token"]}:
        most = worst_second([entry["time"] for entry in journal if entry["token"] == token])
        assert most <= rate * TOLERANCE + 1, f"N3: {most} requests within a second"


def worst_second(times: Iterable[float]) -> int:
    """How many of these moments lie within one second at most."""
    window: deque[float] = deque()
    most = 0
    for moment in sorted(times):
        window.append(moment)
        while window[0] <= moment - 1:
            window.popleft()
        most = max(most, len(window))
    return most
