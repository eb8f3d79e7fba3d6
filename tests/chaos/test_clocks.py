"""One kind of process has its clock an hour off. All time is the database's, so nobody gives a run up too early."""

import itertools
import os
import random
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.chaos import invariants
from tests.chaos.conftest import address
from tests.chaos.extent import ALL, SEED
from tests.chaos.site import site

pytestmark = pytest.mark.process

FOLDER = Path(__file__).parent / "clocks"
LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
CASES = list(
    itertools.product(["control.api", "control.scheduler", "scrapyd", "crawler.scrapyd.runner"], ["+1h", "-1h"])
)
CHOICE = CASES if ALL else random.Random(SEED).sample(CASES, 2)


@pytest.fixture(params=CHOICE, ids=" ".join)
def here(request, tmp_path):
    """On PostgreSQL: SQLite has no clock but the host's."""
    if not LIBRARIES:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("libfaketime is not installed")
    settings = {"PYTHONPATH": str(FOLDER), "VIEWS_TEST_CLOCK": " ".join((*request.param, str(LIBRARIES[0])))}
    with site(tmp_path, address(request, "postgresql", tmp_path), LEASE_SECONDS="10", **settings) as started:
        yield started


def test_no_run_is_given_up_and_no_link_fails(here, anna, batch):
    here.vk.set(latency=3)
    anna.submit(batch(800))
    here.until(lambda: not anna.open(), "finished", 120)
    with here.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM runs WHERE state = 'lost'")).scalar() == 0
        assert connection.execute(text("SELECT max(attempts) FROM links")).scalar() == 0
    invariants.check(here, [anna])
