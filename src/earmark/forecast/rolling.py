"""Judging methods by rolling origin: forecast from many moments in the past, look at what came.

Every method learns anew at each origin, from the values before it alone (Tashman 2000). Origins
lie in the later half, so that there is something to learn from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from earmark.errors import BadSeries
from earmark.forecast.base import FEWEST, Forecast, Method, Numbers


@dataclass(frozen=True)
class Score:
    """How well a method did over all origins.

    Attributes:
        method: its name.
        models: what it was at the origins, each once, in order.
        mae: mean absolute error of each step [shape=(horizon,)].
        rmse: root of the mean squared error, over all steps.
        mase: mean over origins of the mean absolute error, divided by that of forecasting each
            known value by the one before (Hyndman and Koehler 2006).
        coverage: share of what came that lay within the interval, by level, of each step.
        width: mean width of the interval, by level.
    """

    method: str
    models: tuple[str, ...]
    mae: Numbers
    rmse: float
    mase: float
    coverage: Mapping[float, Numbers]
    width: Mapping[float, float]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, rounded."""
        return {
            "method": self.method,
            "models": list(self.models),
            "mae": _rounded(self.mae.mean()),
            "mae_by_step": [_rounded(value) for value in self.mae],
            "rmse": _rounded(self.rmse),
            "mase": _rounded(self.mase),
            "intervals": [
                {
                    "level": level,
                    "coverage": _rounded(shares.mean()),
                    "coverage_by_step": [_rounded(share) for share in shares],
                    "width": _rounded(self.width[level]),
                }
                for level, shares in self.coverage.items()
            ],
        }


def origins(n: int, horizon: int, most: int | None = None) -> list[int]:
    """How many values are known at each origin: from half of them on, evenly spread.

    Args:
        n: number of values.
        horizon: steps that are judged after each origin.
        most: how many origins; all there are if None.

    Raises:
        BadSeries: there are too few values.
    """
    first, last = max(n // 2, FEWEST), n - horizon
    if last < first:
        need = max(2 * horizon, FEWEST + horizon)
        raise BadSeries(f"has {n} values; judging {horizon} steps needs at least {need}")
    count = min(most or n, last - first + 1)
    return sorted({round(place) for place in np.linspace(last, first, count)})


def judge(
    name: str, method: Method, values: Numbers, known: Sequence[int], horizon: int,
    levels: Sequence[float],
) -> Score:  # fmt: skip
    """One method at all origins.

    Args:
        name: what the score calls it.
        method: what forecasts.
        values: the whole series [shape=(n,)].
        known: how many values it may see at each origin.
        horizon: steps ahead that are judged.
        levels: of the intervals, in percent.

    Raises:
        BadSeries: it cannot learn from what is known at an origin.
    """
    made = [_forecast(method, values[:count], horizon, levels) for count in known]
    truth = np.stack([values[count : count + horizon] for count in known])
    errors = np.abs(np.stack([forecast.point for forecast in made]) - truth)
    scale = np.array([np.abs(np.diff(values[:count])).mean() for count in known])
    coverage, width = {}, {}
    for level in levels:
        low, high = np.stack([forecast.intervals[level] for forecast in made], axis=1)
        coverage[level] = ((low <= truth) & (truth <= high)).mean(axis=0)
        width[level] = float((high - low).mean())
    return Score(
        method=name,
        models=tuple(dict.fromkeys(forecast.model for forecast in made)),
        mae=errors.mean(axis=0),
        rmse=float(np.sqrt((errors**2).mean())),
        mase=float((errors.mean(axis=1) / scale).mean()),
        coverage=coverage,
        width=width,
    )


def _forecast(method: Method, known: Numbers, horizon: int, levels: Sequence[float]) -> Forecast:
    try:
        return method(known, horizon, levels)
    except BadSeries as error:
        raise BadSeries(
            f"cannot be judged: its first {len(known)} values: {error.reason}"
        ) from error


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
