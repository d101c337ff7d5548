"""What a forecast must beat: the last value, the last season, a linear autoregression.

Intervals are normal, of the sizes that R's `naive`, `snaive` and `predict.ar` give them.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from earmark.errors import BadSeries
from earmark.forecast.base import Forecast, Numbers, check
from earmark.forecast.lags import ar_order, autocovariances, season, yule_walker


def naive(values: Numbers, horizon: int, levels: Sequence[float]) -> Forecast:
    """The last value for ever; the error grows with the root of the steps, as of a random walk."""
    return _repeated(values, 1, horizon, levels, "naive")


def seasonal_naive(
    values: Numbers, horizon: int, levels: Sequence[float], period: int | None = None
) -> Forecast:
    """The last season again.

    Args:
        values: what is known.
        horizon: steps ahead.
        levels: of the intervals.
        period: values in a season; None finds it by the autocorrelation of what is known.
    """
    check(values)
    period = period or season(values)
    return _repeated(values, period, horizon, levels, f"seasonal naive [{period}]")


def autoregression(values: Numbers, horizon: int, levels: Sequence[float]) -> Forecast:
    """A linear autoregression by Yule and Walker, its order by AIC."""
    check(values)
    n, order = len(values), ar_order(values)
    coefficients, variance = yule_walker(autocovariances(values, order), order)
    centre = values.mean()
    known = list(values[n - order :] - centre)
    weights = [1.0]  # of past innovations in the error of each step
    for _ in range(horizon):
        known.append(float(coefficients @ known[: -order - 1 : -1]) if order else 0.0)
        back = weights[: -order - 1 : -1] if order else []
        weights.append(float(coefficients[: len(back)] @ back))
    spread = np.sqrt(variance * n / (n - order - 1) * np.cumsum(np.square(weights[:horizon])))
    return _normal(f"AR({order})", np.array(known[order:]) + centre, spread, levels)


def _repeated(
    values: Numbers, period: int, horizon: int, levels: Sequence[float], model: str
) -> Forecast:
    check(values)
    if len(values) <= period:
        raise BadSeries(f"has {len(values)} values; a season of {period} needs more")
    steps = np.arange(horizon)
    point = values[len(values) - period + steps % period]
    error = values[period:] - values[:-period]
    spread = np.sqrt(np.mean(error**2) * (steps // period + 1))
    return _normal(model, point, spread, levels)


def _normal(model: str, point: Numbers, spread: Numbers, levels: Sequence[float]) -> Forecast:
    reach = {level: NormalDist().inv_cdf(0.5 + level / 200) * spread for level in levels}
    return Forecast(model, point, {k: (point - r, point + r) for k, r in reach.items()})
