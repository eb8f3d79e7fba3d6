"""What the scrapyd nodes say, beside what our database knows of their runs.

A slot is leaked when scrapyd keeps it for nothing. Runs come and go while we look, so only what has lasted for a
minute counts:

* scrapyd lists a job as running although its last run ended in our database more than a minute ago. A spider ends
  within seconds after it has settled its run, so this one hangs. Jobs that the database does not know do not count:
  their batch may have been deleted a moment ago.
* scrapyd lists jobs as pending and none as running. One of them has had its run for more than a minute, and no run of
  that node began or ended within that minute. A node with a free slot would have started the job at its next poll.
  While some job runs we cannot tell, because only the node knows how many slots it has.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

from sqlalchemy import Connection, Engine, exists, func, or_, select

from control.nodes.client import Clients, Jobs, ScrapydError
from control.nodes.fleet import Member
from crawler.store.database import now, reading
from crawler.store.models.runs import Run

SETTLED_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Node:
    """`fault` says why it gets no runs, as far as the register knows; `error` why it does not answer."""

    url: str
    jobs: Jobs = field(default_factory=Jobs)
    error: str = ""
    fault: str = ""
    slots: int = 0
    draining: bool = False

    @property
    def reachable(self) -> bool:
        return not self.error


def ask(clients: Clients, fleet: Sequence[Member]) -> list[Node]:
    """Ask all nodes at the same time, because a dead one answers only by its time limit."""
    if not fleet:
        return []
    with ThreadPoolExecutor(max_workers=len(fleet)) as threads:
        return list(threads.map(partial(_ask, clients), fleet))


def _ask(clients: Clients, member: Member) -> Node:
    known = Node(member.url, fault=member.fault, slots=member.slots, draining=member.draining)
    try:
        return replace(known, jobs=clients.of(member.url).listed())
    except ScrapydError as error:
        return replace(known, error=str(error))


def leaked(engine: Engine, node: Node) -> int:
    """Count the slots of this node that no living run uses."""
    with reading(engine) as connection:
        return _hanging(connection, node.jobs.running) or int(_stuck(connection, node))


def _hanging(connection: Connection, job_ids: Iterable[str]) -> int:
    """Count the jobs whose last run is over."""
    last = func.max(func.coalesce(Run.finished_at, now()))
    over = select(Run.job).where(Run.job.in_(sorted(job_ids))).group_by(Run.job).having(last < now() - SETTLED_SECONDS)
    return len(connection.execute(over).all())


def _stuck(connection: Connection, node: Node) -> bool:
    if node.jobs.running or not node.jobs.pending:
        return False
    lately = now() - SETTLED_SECONDS
    waits = exists().where(Run.id.in_(sorted(node.jobs.pending)), Run.finished_at.is_(None), Run.created_at < lately)
    moved = exists().where(Run.node == node.url, or_(Run.started_at > lately, Run.finished_at > lately))
    return bool(connection.execute(select(waits & ~moved)).scalar_one())
