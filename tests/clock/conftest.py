"""A system on a stepped clock, on each database, and how much of its time is simulated."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import pytest

from tests import postgresql
from tests.chaos.site import site
from tests.clock.stepped import SteppedClock
from tests.conftest import execute
from tests.vk_standin.growth import MONTH

T = TypeVar("T")

# A server whose clock takes a step sees its own limits of time passed by whatever it has in hand.
UNLIMITED = "&options=-c idle_in_transaction_session_timeout=0 -c lock_timeout=0"


@pytest.fixture
def clock(request):
    """Its file lies where the database server may read it, which runs as another user: pytest closes its own folders
    to others whenever another pytest begins. A module whose time begins at another moment says so by BEGIN.
    """
    with TemporaryDirectory(prefix="views-clock-") as folder:
        Path(folder).chmod(0o755)
        yield SteppedClock(Path(folder), getattr(request.module, "BEGIN", MONTH))


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


def chosen(short: T, whole: T) -> T:
    """Return how much is played: `make test` plays the short form."""
    return {"short": short, "whole": whole}[os.environ.get("MONTH") or "short"]
