"""A curve of views over time as the places of an SVG: no styles, no scripts, only numbers."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from control.times import DAY_SECONDS

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 84, 704, 12, 230  # of the field between the axes
MOST_DOTS = 60  # more would hide the curve
LINES = 4  # about so many of a grid
MINUTE, HOUR = 60, 3600
STEPS = (  # between the lines of the time axis, in seconds
    *(MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR),
    *(DAY_SECONDS * days for days in (1, 2, 7, 14, 30, 60, 180, 365, 1825, 3650)),
)


class Point(NamedTuple):
    """A reading: seconds since 1970, its views, and whether there is something odd about it."""

    moment: float
    views: int
    odd: bool = False


class Dot(NamedTuple):
    x: float
    y: float
    odd: bool


class Line(NamedTuple):
    """A line of the grid: where it is, and which value or moment it stands for."""

    at: float
    value: float


class Chart(NamedTuple):
    """`line` is what `points` of a polyline takes; `rows` and `columns` are the grid. `days`: a column is a day."""

    line: str
    dots: list[Dot]
    rows: list[Line]
    columns: list[Line]
    days: bool


def draw(points: Sequence[Point], zone: ZoneInfo) -> Chart:
    """Draw at least one point, in the order of time. The grid of days is that of the zone."""
    low, high, step = _range([point.views for point in points])
    begin, end = points[0].moment, points[-1].moment
    if begin == end:
        begin, end = begin - HOUR, end + HOUR
    across, up = _scale(begin, end, LEFT, RIGHT), _scale(low, high, BOTTOM, TOP)
    dots = [Dot(across(point.moment), up(point.views), point.odd) for point in points]
    shown = dots if len(dots) <= MOST_DOTS else [dot for dot in dots if dot.odd]
    apart = next((one for one in STEPS if (end - begin) / one <= LINES + 2), STEPS[-1])
    rows = [Line(up(low + step * number), low + step * number) for number in range(round((high - low) / step) + 1)]
    columns = [Line(across(moment), moment) for moment in _moments(begin, end, apart, zone)]
    return Chart(polyline(dots), shown, rows, columns, apart >= DAY_SECONDS)


def sparkline(points: Sequence[Point], width: int, height: int) -> str:
    """Return what `points` of a polyline takes: a curve of this size, with a margin of two."""
    views = [point.views for point in points]
    across = _scale(points[0].moment, points[-1].moment, 2, width - 2)
    up = _scale(min(views), max(views), height - 2, 2)
    return polyline([Dot(across(point.moment), up(point.views), point.odd) for point in points])


def polyline(dots: Sequence[Dot]) -> str:
    return " ".join(f"{dot.x:g},{dot.y:g}" for dot in dots)


class _Scale(NamedTuple):
    low: float
    size: float
    begin: float
    end: float

    def __call__(self, value: float) -> float:
        part = (value - self.low) / self.size if self.size else 0.5
        return round(self.begin + part * (self.end - self.begin), 1)


def _scale(low: float, high: float, begin: float, end: float) -> _Scale:
    return _Scale(low, high - low, begin, end)


def _range(views: Sequence[int]) -> tuple[int, int, int]:
    """Choose round numbers around the views, from 0 unless that would flatten the curve, and the step between."""
    least, most = min(views), max(views)
    begin = 0 if least <= (most - least) * 2 else least
    step = _round_step(max(1, most - begin))
    low = begin // step * step
    return low, max(low + step, -(-most // step) * step), step


def _round_step(size: int) -> int:
    """Return 1, 2 or 5 times a power of ten that divides a size into about as many parts as there are lines."""
    power = int("1" + "0" * (len(str(size // LINES)) - 1))
    return next(power * times for times in (1, 2, 5, 10) if size / (power * times) <= LINES)


def _moments(begin: float, end: float, apart: int, zone: ZoneInfo) -> list[float]:
    """Return the moments between that a clock in the zone shows as whole steps of its day, or midnights."""
    first = datetime.fromtimestamp(begin, zone)
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    skipped = 0 if apart >= DAY_SECONDS else math.floor((first.replace(tzinfo=None) - midnight).total_seconds() / apart)
    walls = (midnight + timedelta(seconds=apart * number) for number in range(skipped, skipped + 2 * LINES + 6))
    moments = (wall.replace(tzinfo=zone).timestamp() for wall in walls)
    return [moment for moment in moments if begin <= moment <= end]
