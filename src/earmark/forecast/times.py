"""When the values of a series are: numbers or dates, equally far apart.

Dates are written YYYY-MM or YYYY-MM-DD. Those that all fall on one day of the month, or all on its
last, are months apart and not days.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

from earmark.errors import BadSeries

_DATE = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")

Cell = tuple[int, str]
"""The number of a line, and what a cell of it holds."""


@dataclass(frozen=True)
class Times:
    """Equally spaced times.

    Attributes:
        title: what they are, with their unit where it is known: "year", "time in s".
        first: the first one: a number, a day (`date.toordinal`), or months since the year 0.
        step: from one to the next, in the same.
        kind: which of the three.
    """

    title: str
    first: float
    step: float
    kind: str = "number"

    def at(self, place: int) -> float | date:
        """When a value is; places beyond the last are the future."""
        value = self.first + place * self.step
        if self.kind == "days":
            return date.fromordinal(round(value))
        if self.kind == "months":
            year, month = divmod(round(value), 12)
            return date(year, month + 1, 1)
        return value

    def written(self, place: int) -> str:
        """The same as text."""
        when = self.at(place)
        if isinstance(when, date):
            return f"{when:%Y-%m}" if self.kind == "months" else when.isoformat()
        if float(self.first).is_integer() and float(self.step).is_integer():
            return f"{when:.0f}"
        digits = max(1, 2 - math.floor(math.log10(self.step)))
        return f"{when:.{digits}f}".rstrip("0").rstrip(".")


def parse_times(title: str, cells: Sequence[Cell]) -> Times:
    """The times of a column.

    Raises:
        BadSeries: a cell is neither number nor date, or is not as far from the one before as the
            others are; the message names the line.
    """
    kind, values = _numbers(title, cells)
    steps = [b - a for a, b in pairwise(values)]
    step = median(steps)
    for (_, before), (line, cell), value, taken in zip(
        cells, cells[1:], values, steps, strict=False
    ):
        follows = f"line {line}: {title} {cell} follows {before}"
        if taken <= 0:
            raise BadSeries(f"{follows}; times must rise")
        if abs(taken - step) > step / 10:
            expected = Times(title, value, step, kind).written(1)
            raise BadSeries(f"{follows}; {expected} should, since all steps must be equal")
    if kind == "number":  # written with few digits, only the whole tells the step
        step = (values[-1] - values[0]) / (len(values) - 1)
    return Times(title, values[0], step, kind)


def _numbers(title: str, cells: Sequence[Cell]) -> tuple[str, list[float]]:
    """The kind of times, and each as a number of that kind."""
    found = [_DATE.fullmatch(cell) for _, cell in cells]
    if not found[0]:
        return "number", [_number(title, line, cell) for line, cell in cells]
    days = [_day(title, *cell) for cell in cells]
    same_day = len({day.day for day in days}) == 1
    if same_day or all((day + timedelta(days=1)).day == 1 for day in days):
        return "months", [12 * day.year + day.month - 1 for day in days]
    return "days", [day.toordinal() for day in days]


def _number(title: str, line: int, cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = float("nan")
    if not abs(value) < float("inf"):
        raise BadSeries(
            f"line {line}: {title} is {cell!r}, neither a number nor a date (2026-11 or 2026-11-21)"
        )
    return value


def _day(title: str, line: int, cell: str) -> date:
    match = _DATE.fullmatch(cell)
    try:
        if match is not None:
            year, month, day = match.groups(default="1")
            return date(int(year), int(month), int(day))
    except ValueError:
        pass
    raise BadSeries(f"line {line}: {title} is {cell!r}, no date (2026-11 or 2026-11-21)")
