"""A short storm. `make chaos` lets a long one loose."""

import os

import pytest

from tests.chaos.site import site
from tests.chaos.storm import KINDS, storm

pytestmark = pytest.mark.process

SEED = int(os.environ.get("CHAOS_SEED", "1"))


def test_what_was_accepted_is_right_whatever_was_killed(tmp_path, empty_url):
    with site(tmp_path, empty_url, WARM_SPARES="2") as here:
        report = storm(here, seed=SEED, rounds=1, kills=2, least=1500)
    assert report.kills.total() == 2 * len(KINDS)
    assert report.refetch < 1.5
