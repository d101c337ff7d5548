"""What a forecast is, and Box-Cox around any way to make one.

A method takes equally spaced values and says what comes next. It knows no dates and no units.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark.errors import BadSeries

Numbers = NDArray[np.float64]
Interval = tuple[Numbers, Numbers]

FEWEST = 10
"""Values below which nothing is forecast."""


@dataclass(frozen=True)
class Forecast:
    """What comes next.

    Attributes:
        model: what says so, such as "NNAR(9, 5)".
        point: the forecast of each step [shape=(horizon,)].
        intervals: lower and upper bounds [shape=(horizon,) each] by level in percent.
    """

    model: str
    point: Numbers
    intervals: Mapping[float, Interval]


Method = Callable[[Numbers, int, Sequence[float]], Forecast]
"""Values [shape=(n,)], horizon in steps and levels in percent → a forecast.

It raises BadSeries where the values are too few or say nothing.
"""


def check(values: Numbers) -> None:
    """Refuse what nothing can be learnt from.

    Raises:
        BadSeries: too few values, or all of them equal.
    """
    if len(values) < FEWEST:
        raise BadSeries(f"has {len(values)} values; a forecast needs at least {FEWEST}")
    if np.ptp(values) <= 1e-12 * np.abs(values).max():
        raise BadSeries(f"is constant ({values[0]:g} throughout); there is nothing to forecast")


def box_cox(values: Numbers, power: float) -> Numbers:
    """(sign(x)|x|^λ − 1) / λ, or ln x where λ is 0 (Box and Cox 1964, Bickel and Doksum 1981).

    Raises:
        BadSeries: λ is 0 and a value is not above 0.
    """
    if power == 0:
        low = values.min()
        if low <= 0:
            raise BadSeries(
                f"holds {low:g}; lambda 0 is a logarithm, which needs values above 0 "
                "(0.5, a square root, does not)"
            )
        return np.log(values)
    changed: Numbers = (np.sign(values) * np.abs(values) ** power - 1) / power
    return changed


def inverse_box_cox(changed: Numbers, power: float) -> Numbers:
    """The values that `box_cox` was given; λ is 0 or above."""
    with np.errstate(over="ignore"):
        if power == 0:
            return np.exp(changed)
        scaled = power * changed + 1
        values: Numbers = np.sign(scaled) * np.abs(scaled) ** (1 / power)
    return values


def with_box_cox(method: Method, power: float | None) -> Method:
    """A method that works on transformed values; itself where `power` is None.

    Bounds are quantiles and survive the way back; the point becomes a median (as in R's
    `forecast`, without correction for bias).
    """
    if power is None:
        return method

    def transformed(values: Numbers, horizon: int, levels: Sequence[float]) -> Forecast:
        made = method(box_cox(values, power), horizon, levels)
        return Forecast(
            made.model,
            inverse_box_cox(made.point, power),
            {
                level: (inverse_box_cox(low, power), inverse_box_cox(high, power))
                for level, (low, high) in made.intervals.items()
            },
        )

    return transformed
