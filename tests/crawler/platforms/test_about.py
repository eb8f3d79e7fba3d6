"""What an answer says of a post beside its counts."""

import pytest

from crawler.platforms.contract import NOTHING_SAID, About
from crawler.platforms.vk.about import said_of


def test_what_vk_says_is_read():
    item = {
        "date": 1_790_000_000,
        "edited": 1_790_000_100,
        "owner_id": -1,
        "marked_as_ads": 1,
        "author_ad": {"ad_marker": "2VtzqxAbC12"},
        "text": "Скидка! Реклама. ООО «Ромашка», erid: 2VtzqvXyZ99 и erid=2VtzqxAbC12.",
    }
    assert said_of(item) == About(1_790_000_000, 1_790_000_100, True, ("2VtzqxAbC12", "2VtzqvXyZ99"), -1)


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"date": 0, "edited": True, "marked_as_ads": 2, "owner_id": "1", "text": None, "author_ad": []},
        {
            "date": -5,
            "edited": 10**15,
            "marked_as_ads": "1",
            "text": "Friderid: abcdefgh",
            "author_ad": {"ad_marker": 7},
        },
        {"date": 1.5, "text": "erid: short", "author_ad": {"ad_marker": "'; DROP TABLE"}},
    ],
)
def test_what_makes_no_sense_is_not_said(item):
    assert said_of(item) == NOTHING_SAID
