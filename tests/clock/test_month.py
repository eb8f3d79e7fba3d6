"""The simulated month: `make month` plays it on both databases, whole, or with MONTH=short the small part of it that
`make test` plays.
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests import postgresql
from tests.chaos.extent import SEED
from tests.chaos.site import site
from tests.clock.month import SHORT, WHOLE, Month
from tests.clock.stepped import SteppedClock
from tests.conftest import execute
from tests.vk_standin.growth import MONTH

EXTENTS = {"short": SHORT, "whole": WHOLE}
EXTENT = EXTENTS[os.environ.get("MONTH") or "short"]
pytestmark = pytest.mark.process
# A server whose clock takes a step sees its own limits of time passed by whatever it has in hand.
UNLIMITED = "&options=-c idle_in_transaction_session_timeout=0 -c lock_timeout=0"


@pytest.fixture
def clock():
    """Its file lies where the database server may read it, which runs as another user: pytest closes its own folders
    to others whenever another pytest begins.
    """
    with TemporaryDirectory(prefix="views-clock-") as folder:
        Path(folder).chmod(0o755)
        yield SteppedClock(Path(folder), MONTH)


@pytest.fixture(params=["sqlite", "postgresql"])
def here(request, clock, tmp_path):
    settings = {"clock": clock.environment, "LEASE_SECONDS": "10"}
    if request.param == "sqlite":
        with site(tmp_path, f"sqlite:///{tmp_path / 'views.db'}", **settings) as started:
            yield started
        return
    with postgresql.running(postgresql.DURABLE, **clock.environment) as server:
        execute(server.address, "CREATE DATABASE month")
        with site(tmp_path, server.address.format("month") + UNLIMITED, **settings) as started:
            yield started


def test_every_number_of_a_month_can_be_defended(here, clock):
    found = Month(here, clock, EXTENT, SEED).play()
    print(found)  # for `make month`
    assert found.readings == found.ended["done"] > 0
    assert found.ended["failed"] > 0
    assert found.kills.total() > 0
    assert {"exact", "estimated", "at_least"} <= set(found.bases)
