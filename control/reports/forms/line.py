"""What a month says of one placement, as the forms take it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from control.reports.month_views import MonthFlag
from control.reports.value_at import Basis


class Line(NamedTuple):
    """`post` is one text for one post, whichever of its addresses the link has: its views count once in a row.

    `first` and `last` are the days of the month on which it was shown, as the campaign's time zone has them.
    """

    position: int
    post: str
    wall: str | None  # the address of the wall where the link leads
    shows: int | None
    first: date
    last: date
    erid: str | None = None  # as the user gave it
    erids: Sequence[str] = ()  # those that stand at the post
    basis: Basis = Basis.EXACT  # of the shows
    flags: Sequence[MonthFlag] = ()
    own: Mapping[str, str] = {}
