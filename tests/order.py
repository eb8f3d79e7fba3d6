"""In which order files of tests begin: those that take minutes first, or one of them runs alone at the end."""

from collections.abc import Sequence
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
LONGEST = (  # those that wait beside those that compute
    "chaos/test_commits.py",
    "security/test_corpus.py",
    "chaos/test_storm.py",
    "control/pages/test_browser.py",
    "clock/test_campaigns.py",
    "clock/test_month.py",
    "security/test_ownership.py",
    "test_bench.py",
    "control/test_serve.py",
    "crawler/scrapyd/test_scrapyd.py",
    "chaos/test_wedges.py",
    "chaos/test_zombies.py",
    "end_to_end/test_every_answer.py",
    "crawler/adhoc/test_ad_hoc.py",
    "chaos/test_twice.py",
    "crawler/spiders/test_vk_faults.py",
    "security/test_schema.py",
    "test_migrations.py",
)
PLACES = {TESTS / name: place for place, name in enumerate(LONGEST)}


def begin_with_the_longest(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    return sorted(items, key=lambda item: PLACES.get(item.path, len(PLACES)))
