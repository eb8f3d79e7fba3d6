"""What is odd about a reading, beside the one before it, or about its post. Pure, and no number is ever changed."""

from enum import StrEnum
from typing import Any

from sqlalchemy import Row

JUMP_TIMES = 8  # posts that grow at night at a seventh of their pace by day stay below, see test_flags
LEAST_JUMP = 1000  # views: fewer may be chance
LEAST_VIEWS = 100  # before it: fewer tell no pace


class ReadingFlag(StrEnum):
    """An oddity. The last one is of a post, the others are of a reading."""

    FELL = "fell"  # fewer views than in the reading before
    LIKES_ZERO = "likes_zero"  # VK answers so at times while the views stand
    JUMP = "jump"  # views came much faster than since the publication
    EDITED = "edited"  # the platform says so, at a time between both readings
    ERID_LOST = "erid_lost"  # an erid that stood at the post was gone
    GONE = "gone"  # a link of the user's found the post gone after its last reading


def of_reading(row: Row[Any], before: Row[Any] | None) -> list[ReadingFlag]:
    """Compare a reading with the one that the same user saw before it. Both rows have the columns of `history`."""
    if before is None:
        return []
    return [flag for flag, holds in CHECKS if holds(row, before)]


def _fell(row: Row[Any], before: Row[Any]) -> bool:
    return bool(row.views < before.views and row.asked_at >= before.measured_at)


def _has_no_likes(row: Row[Any], before: Row[Any]) -> bool:
    return row.likes == 0 and bool(before.likes) and bool(row.views >= before.views)


def _was_edited(row: Row[Any], before: Row[Any]) -> bool:
    return _between(row.edited_at, row, before)


def _lost_an_erid(row: Row[Any], before: Row[Any]) -> bool:
    return _between(row.erid_lost_at, row, before)


def _between(moment: float | None, row: Row[Any], before: Row[Any]) -> bool:
    return moment is not None and before.measured_at < moment <= row.measured_at


def _jumped(row: Row[Any], before: Row[Any]) -> bool:
    """Whether views came `JUMP_TIMES` as fast as on average from the publication to the reading before, and half
    as many again as there were. Growth slows down as a post gets older: its own curve does not do that.
    """
    more = row.views - before.views
    if row.published_at is None or before.views < LEAST_VIEWS or more < max(LEAST_JUMP, before.views / 2):
        return False
    age, later = before.measured_at - row.published_at, row.measured_at - before.measured_at
    return age > 0 and bool(more * age > JUMP_TIMES * before.views * later)


CHECKS = (
    (ReadingFlag.FELL, _fell),
    (ReadingFlag.LIKES_ZERO, _has_no_likes),
    (ReadingFlag.JUMP, _jumped),
    (ReadingFlag.EDITED, _was_edited),
    (ReadingFlag.ERID_LOST, _lost_an_erid),
)
