"""The simulated month: `make month` plays it on both databases, whole, or with MONTH=short the small part of it that
`make test` plays.
"""

import pytest

from tests.chaos.extent import SEED
from tests.clock.conftest import chosen
from tests.clock.month import SHORT, WHOLE, Month

pytestmark = pytest.mark.process


def test_every_number_of_a_month_can_be_defended(here, clock):
    found = Month(here, clock, chosen(SHORT, WHOLE), SEED).play()
    print(found)  # for `make month`
    assert found.readings == found.ended["done"] > 0
    assert found.ended["failed"] > 0
    assert found.kills.total() > 0
    assert {"exact", "estimated", "at_least"} <= set(found.bases)
