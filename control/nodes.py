"""What the scrapyd nodes say, beside what our database knows of their runs.

A slot is leaked when scrapyd keeps it for nothing. Runs come and go while we look, so only what has lasted for a
minute counts:

* scrapyd lists as running a job whose run ended in our database more than a minute ago. A spider settles its run and
  is gone within seconds; one that is not hangs. Jobs that the database does not know are left out: the batch of a
  spider that is just ending may have been deleted a moment ago.
* scrapyd lists jobs as pending and none as running, and one of them was given its run more than a minute ago, and no
  run of that node began or ended within that minute. A node with any slot left would have started it at its next poll.
  While something runs nothing is said: how many slots a node has, only the node knows.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, exists, func, or_, select

from control.scrapyd import Jobs, Scrapyd, ScrapydError
from crawler.database import now
from crawler.models import Run

SETTLED_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Node:
    url: str
    jobs: Jobs = field(default_factory=Jobs)
    error: str = ""

    @property
    def reachable(self) -> bool:
        return not self.error


def ask(scrapyds: Iterable[Scrapyd]) -> list[Node]:
    """Ask all nodes at once: a dead one takes as long as its time limit."""
    asked = list(scrapyds)
    with ThreadPoolExecutor(max_workers=len(asked)) as threads:
        return list(threads.map(_ask, asked))


def _ask(scrapyd: Scrapyd) -> Node:
    try:
        return Node(scrapyd.url, scrapyd.listed())
    except ScrapydError as error:
        return Node(scrapyd.url, error=str(error))


def leaked(engine: Engine, node: Node) -> int:
    """Count the slots that this node keeps for nothing."""
    with engine.connect() as connection:
        return _hanging(connection, node.jobs.running) or int(_stuck(connection, node))


def _hanging(connection: Connection, job_ids: Iterable[str]) -> int:
    over = select(func.count()).where(Run.id.in_(sorted(job_ids)), Run.finished_at < now() - SETTLED_SECONDS)
    return connection.execute(over).scalar_one()


def _stuck(connection: Connection, node: Node) -> bool:
    if node.jobs.running or not node.jobs.pending:
        return False
    lately = now() - SETTLED_SECONDS
    waits = exists().where(Run.id.in_(sorted(node.jobs.pending)), Run.finished_at.is_(None), Run.created_at < lately)
    moved = exists().where(Run.node == node.url, or_(Run.started_at > lately, Run.finished_at > lately))
    return bool(connection.execute(select(waits & ~moved)).scalar_one())
