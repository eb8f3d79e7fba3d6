"""The simulated month: `make month` plays it on both databases, whole, or with MONTH=short a small part of it."""

import os

import pytest

from tests import postgresql
from tests.chaos.extent import SEED
from tests.chaos.site import site
from tests.clock.month import SHORT, WHOLE, Month
from tests.clock.stepped import SteppedClock
from tests.conftest import execute
from tests.vk_standin.growth import MONTH

EXTENTS = {"short": SHORT, "whole": WHOLE}
EXTENT = EXTENTS.get(os.environ.get("MONTH", ""))
pytestmark = [pytest.mark.process, pytest.mark.skipif(EXTENT is None, reason="`make month` plays it")]


@pytest.fixture
def clock(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clock")
    for above in (folder, folder.parent, folder.parent.parent):
        above.chmod(0o755)  # the server runs as another user
    return SteppedClock(folder, MONTH)


@pytest.fixture(params=["sqlite", "postgresql"])
def here(request, clock, tmp_path):
    if request.param == "sqlite":
        with site(
            tmp_path, f"sqlite:///{tmp_path / 'views.db'}", clock=clock.environment, LEASE_SECONDS="30"
        ) as started:
            yield started
        return
    with postgresql.running(postgresql.DURABLE, **clock.environment) as server:
        execute(server.address, "CREATE DATABASE month")
        with site(tmp_path, server.address.format("month"), clock=clock.environment, LEASE_SECONDS="30") as started:
            yield started


def test_every_number_of_a_month_can_be_defended(here, clock):
    found = Month(here, clock, EXTENT, SEED).play()
    print(found)  # for `make month`
    assert found.readings == found.ended["done"] > 0
    assert found.ended["failed"] > 0
    assert found.kills.total() > 0
    assert {"exact", "estimated", "at_least"} <= set(found.bases)
