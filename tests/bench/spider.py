"""One spider process on runs that wait for it in a database."""

import subprocess
import sys
from dataclasses import dataclass

from sqlalchemy import Engine, func, select

from crawler.platforms.vk.access import access
from crawler.store.database import upsert
from crawler.store.models.batches import Link, Status
from crawler.store.models.runs import Budget, Run
from tests.bench import posts
from tests.bench.usage import last_usage, usage
from tests.checkout import ROOT
from tests.seed import seed
from tests.system import clean_environment
from tests.vk_standin.client import StandIn

RUNNER = ("-m", "crawler.scrapyd.runner")
WITHOUT_DETAILS = (  # a spider that writes nothing of what posts and walls say of themselves
    "-c",
    """
import runpy
from crawler.queue import post_details, walls
post_details.save = walls.save = lambda *_: None
runpy.run_module("crawler.scrapyd.runner", run_name="__main__", alter_sys=True)
""",
)
CRAWL = ("crawl", "vk_views", "-L", "ERROR", "-a")
UNLIMITED = 1000  # requests a second, the most that may be set


@dataclass(frozen=True, slots=True)
class Work:
    """`seconds` from the won run to the settled one; `cpu` and `served` are seconds of the spider's and of the
    stand-in's processor.
    """

    links: int
    seconds: float
    cpu: float
    served: float
    megabytes: float


def plant(engine: Engine, owner: int, count: int) -> str:
    """Store a batch and a run for it. Return the run's id."""
    return seed(engine, posts.keys(owner, count))


def know(engine: Engine, token: str) -> None:
    """Let it be known what kind of token one of the stand-in's is, as after its first answer."""
    (credential,) = access({"VK_TOKENS": token}).credentials
    kind = token.removeprefix("standin-")
    with engine.begin() as connection:
        connection.execute(upsert(connection, Budget).values(key=credential.budget, kind=kind).on_conflict_do_nothing())


def begin(  # noqa: PLR0917
    url: str, vk: StandIn, run: str, token: str, rate: float, runner: tuple[str, ...] = RUNNER
) -> subprocess.Popen[bytes]:
    settings = vk.environment() | {"VK_TOKENS": token, "VK_REQUESTS_PER_SECOND": str(rate)}
    environment = clean_environment() | settings | {"SQLALCHEMY_DATABASE_URL": url}
    command = [sys.executable, *runner, *CRAWL, f"run={run}"]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE)


def work(  # noqa: PLR0917
    engine: Engine, vk: StandIn, run: str, token: str, rate: float = UNLIMITED, runner: tuple[str, ...] = RUNNER
) -> Work:
    before = usage(vk.process.pid).cpu
    with begin(engine.url.render_as_string(hide_password=False), vk, run, token, rate, runner) as process:
        cost = last_usage(process)
    assert process.returncode == 0
    served = usage(vk.process.pid).cpu - before
    return Work(*_outcome(engine, run), cost.cpu, served, cost.megabytes)


def _outcome(engine: Engine, run: str) -> tuple[int, float]:
    """How many links it worked, in how many seconds: all of its batch."""
    links = select(Link.status, func.count()).join(Run, Run.batch_id == Link.batch_id).where(Run.id == run)
    with engine.connect() as connection:
        ((status, count),) = connection.execute(links.group_by(Link.status)).all()
        seconds = connection.execute(select(Run.finished_at - Run.started_at).where(Run.id == run)).scalar_one()
    assert status == Status.DONE, status
    return count, float(seconds)
