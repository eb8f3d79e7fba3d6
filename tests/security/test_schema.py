"""Schemathesis against the running API: what its document allows is taken, what it forbids is refused, by its rules."""

import re

import pytest

from tests.security.fuzz import errors, fuzz, table

pytestmark = pytest.mark.process

# Where a good answer takes what nobody makes here: a scheduler, links that have ended, files that were written.
RESTS_ON_WORK = re.compile(r"/readyz|/exports|/posts/")


def test_no_answer_is_an_error_of_ours_or_outside_the_document(tmp_path):
    """All phases and checks; `make fuzz` asks more often."""
    code, said, figures = fuzz(tmp_path, cases=10, seed=1)
    assert code == 0, said
    for phase in ("Examples", "Coverage", "Fuzzing", "Stateful"):
        assert f"✅ {phase}" in re.sub(" +", " ", said)
    assert re.search(r"Selected: (\d+)/\1\b", said)
    assert int(re.search(r"Tested: +(\d+)", said)[1]) == len(figures)
    assert not any(map(errors, figures.values())), table(figures)
    never = [label for label, found in figures.items() if not any(status < "4" for status in found["statuses"])]
    assert [label for label in never if not RESTS_ON_WORK.search(label)] == []
