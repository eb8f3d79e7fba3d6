"""A measured figure, and whether it is good enough."""

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` counts in `unit`. It has a goal where `at_most` or `at_least` is given. `how` tells the circumstances."""

    what: str
    value: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None
    how: str = ""

    @property
    def goal(self) -> str:
        if self.at_most is not None and self.at_least is not None:
            return f"{shown(self.at_least, self.unit)} to {shown(self.at_most, self.unit)}"
        if self.at_most is not None:
            return f"≤ {shown(self.at_most, self.unit)}"
        return "" if self.at_least is None else f"≥ {shown(self.at_least, self.unit)}"

    @property
    def verdict(self) -> str:
        """`holds`, `missed`, or nothing where there is no goal."""
        if not self.goal:
            return ""
        low = -math.inf if self.at_least is None else self.at_least
        high = math.inf if self.at_most is None else self.at_most
        return "holds" if low <= self.value <= high else "missed"


def shown(value: float, unit: str) -> str:
    number = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{number} {unit}".strip()


def p95(samples: Iterable[float]) -> float:
    """Return the sample that 95 % of them do not exceed; of fewer than 20 it is the largest."""
    ranked = sorted(samples)
    return ranked[math.ceil(0.95 * len(ranked)) - 1]
