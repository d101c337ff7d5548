"""What the studies share: columns of printed and measured numbers, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

PAPER = "paper"
"""What the column of printed values is called, beside the ways."""


def value_of(row: Mapping[str, Any], column: str) -> float | None:
    """The number of a row in a column: printed, or measured in a way."""
    found = row[column]
    value: float | None = found if column == PAPER or found is None else found["value"]
    return value


def with_interval(value: float | None, interval: Sequence[float] | None) -> str:
    """A share with its interval, where it has them."""
    if value is None:
        return "–"
    if interval is None:
        return f"{value:.1%}"
    return f"{value:.1%} ({interval[0]:.1%} to {interval[1]:.1%})"


def rounded(value: float) -> float:
    """A share as it is kept: no further than it can be told apart."""
    return round(float(value), 6)
