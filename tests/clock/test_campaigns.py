"""Campaigns over two ends of months: `make month` plays them whole, `make test` a few placements."""

import pytest

from tests.chaos.extent import SEED
from tests.clock.campaigns import SHORT, WHOLE, Campaigns
from tests.clock.conftest import chosen

EXTENT = chosen(SHORT, WHOLE)
BEGIN = EXTENT.begin
pytestmark = [pytest.mark.process, pytest.mark.timeout(chosen(900, 0))]


def test_every_month_of_a_campaign_can_be_defended(here, clock):
    found = Campaigns(here, clock, EXTENT, SEED).play()
    print(found)  # for `make month`
    assert found.kills.total() >= EXTENT.kills
    assert found.points["month_end"] > 0 < found.points["month_begin"]
    assert found.months["added_up"] > found.months["unmeasured"]
