"""What is odd about a reading, beside the one before it, or about its post. Pure, and no number is ever changed."""

from enum import StrEnum

from control.reports.seen import Seen

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


def of_reading(reading: Seen, before: Seen | None) -> list[ReadingFlag]:
    """Compare a reading with the one that the same user saw before it."""
    if before is None:
        return []
    return [flag for flag, holds in CHECKS if holds(reading, before)]


def _fell(reading: Seen, before: Seen) -> bool:
    return reading.views < before.views and reading.asked_at >= before.measured_at


def _has_no_likes(reading: Seen, before: Seen) -> bool:
    return reading.likes == 0 and bool(before.likes) and reading.views >= before.views


def _was_edited(reading: Seen, before: Seen) -> bool:
    return _between(reading.edited_at, reading, before)


def _lost_an_erid(reading: Seen, before: Seen) -> bool:
    return _between(reading.erid_lost_at, reading, before)


def _between(moment: float | None, reading: Seen, before: Seen) -> bool:
    return moment is not None and before.measured_at < moment <= reading.measured_at


def _jumped(reading: Seen, before: Seen) -> bool:
    """Whether views came `JUMP_TIMES` as fast as on average from the publication to the reading before, and half
    as many again as there were. Growth slows down as a post gets older: its own curve does not do that.
    """
    more = reading.views - before.views
    if reading.published_at is None or before.views < LEAST_VIEWS or more < max(LEAST_JUMP, before.views / 2):
        return False
    age, later = before.measured_at - reading.published_at, reading.measured_at - before.measured_at
    return age > 0 and more * age > JUMP_TIMES * before.views * later


CHECKS = (
    (ReadingFlag.FELL, _fell),
    (ReadingFlag.LIKES_ZERO, _has_no_likes),
    (ReadingFlag.JUMP, _jumped),
    (ReadingFlag.EDITED, _was_edited),
    (ReadingFlag.ERID_LOST, _lost_an_erid),
)
