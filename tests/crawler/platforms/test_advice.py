"""Why a link failed, in both languages."""

import re

import pytest

from crawler.platforms import advice, known
from crawler.reasons import Reason

CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sentence_in_each_language(reason):
    assert CYRILLIC.search(advice.sentence(reason, "ru"))
    assert not CYRILLIC.search(advice.sentence(reason, "en"))


@pytest.mark.parametrize("name", known())
def test_a_platform_says_as_much_in_russian(name):
    platform = known()[name]
    assert platform.ADVICE_RU.keys() == platform.ADVICE.keys()
    assert all(map(CYRILLIC.search, platform.ADVICE_RU.values()))


def test_the_platforms_own_sentence_comes_before_the_reasons():
    assert advice.advice("vk", "invalid_link", "empty", "ru") == known()["vk"].ADVICE_RU["empty"]
    assert advice.advice("vk", "not_found", None, "ru") == advice.sentence("not_found", "ru")
    assert advice.advice("gone", "new_reason", "x", "ru") == "new_reason"
