"""How much of what is drawn or repeated is run: all of it by `make test`, a fixed part of it by `make check`."""

from collections.abc import Sequence
from typing import TypeVar

Case = TypeVar("Case")
checking = False  # tests/conftest.py sets it before any other module of tests is loaded


def whole_or(whole: int, part: int) -> int:
    """How many rounds or examples to run."""
    return part if checking else whole


def every(step: int, cases: Sequence[Case]) -> Sequence[Case]:
    """The cases to run: one of each `step` where a part is enough."""
    return cases[::step] if checking else cases
