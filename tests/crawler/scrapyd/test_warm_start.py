"""What a spare has loaded is all that its job needs."""

import subprocess
import sys

import pytest
from sqlalchemy import select

from crawler.store import database
from crawler.store.models.runs import Run, RunState
from tests.checkout import ROOT
from tests.seed import seed
from tests.system import clean_environment

pytestmark = pytest.mark.process

PROGRAM = """
import atexit, gc, sys
from scrapy.cmdline import execute
from scrapy.utils.project import get_project_settings
from crawler.scrapyd import warm_start

def later():
    print(*sorted(name for name in set(sys.modules) - loaded if name.startswith(warm_start.OURS)))

warm_start.load(get_project_settings())
assert gc.get_freeze_count() > 100_000
loaded = set(sys.modules)
atexit.register(later)
execute()
"""


def test_a_job_loads_nothing_that_its_spare_has_not(sqlite_url, vk):
    engine = database.create(url=sqlite_url)
    run = seed(engine, ["wall-1_1"])
    settings = vk.environment() | {"VK_TOKENS": "standin-user", "SQLALCHEMY_DATABASE_URL": sqlite_url}
    command = [sys.executable, "-c", PROGRAM, "crawl", "vk_views", "-a", f"run={run}"]
    environment = clean_environment() | settings
    result = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, timeout=60, check=True
    )
    assert result.stdout == "\n"
    with engine.connect() as connection:
        assert connection.execute(select(Run.state)).scalar_one() == RunState.FINISHED
