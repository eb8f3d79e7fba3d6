"""The clock of the whole host is set back by an hour while links are worked on: work goes on, and somebody is told."""

import os

import pytest
from sqlalchemy import text

from tests.chaos import invariants
from tests.chaos.client import Client
from tests.chaos.site import site
from tests.chaos.test_clocks import LIBRARIES

SECONDS = 90.0  # in which all is over, an hour back or not


@pytest.fixture
def offset(tmp_path):
    """The file that tells every process how far its clock is off."""
    file = tmp_path / "offset"
    file.write_text("+0\n")
    return file


@pytest.fixture
def here(tmp_path, offset):
    """On SQLite, whose clock is the host's. Spans of time stay right, as of a real host."""
    if not LIBRARIES:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("libfaketime is not installed")
    fake = {
        "LD_PRELOAD": str(LIBRARIES[0]),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    with site(tmp_path, f"sqlite:///{tmp_path / 'views.db'}", **fake) as started:
        yield started


@pytest.mark.process
def test_work_goes_on_and_somebody_is_told(here, anna, batch, offset):
    here.vk.set(latency=1)
    anna.submit(batch(899))
    here.until(here.working, "working")
    offset.write_text("-3600\n")
    here.vk.set(latency=0)
    anna.login()
    anna.submit(batch())
    here.until(lambda: not anna.open(), "finished", SECONDS)
    invariants.check(here, [anna])
    with here.engine.begin() as connection:
        connection.execute(text("UPDATE users SET admin = true"))

    def told():
        admin = Client(here.system.url, anna.name)
        admin.login()
        return "the clock went back by 3" in admin.session.get(f"{here.system.url}/readyz", timeout=20).text

    here.until(told, "told")
