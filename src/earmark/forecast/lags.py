"""How far back to look: autoregression by Yule and Walker, its order by AIC, the season.

The order is R's `ar`: biased autocovariances, orders up to 10 log10 n, AIC n ln σ² + 2 p. A series
of period m is adjusted by STL first, with the settings of `mstl` in R's `forecast`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from earmark.forecast.base import Numbers

_STL_SEASONAL = 11  # the seasonal window of mstl's first season


def autocovariances(values: Numbers, most: int) -> Numbers:
    """Biased autocovariances of lags 0 to `most` [shape=(most + 1,)]."""
    centred = values - values.mean()
    n = len(values)
    return np.array([centred[: n - lag] @ centred[lag:] for lag in range(most + 1)]) / n


def yule_walker(covariances: Numbers, order: int) -> tuple[Numbers, float]:
    """Coefficients [shape=(order,)] and innovation variance of an autoregression.

    Args:
        covariances: of lags 0 to `order` at least.
        order: of the autoregression; 0 has no coefficients.
    """
    from scipy.linalg import solve_toeplitz

    right = covariances[1 : order + 1]
    coefficients: Numbers = solve_toeplitz(covariances[:order], right) if order else right
    rest = float(covariances[0] - coefficients @ right)
    # A series that repeats exactly leaves nothing but rounding, which may be below 0.
    return coefficients, max(rest, 1e-15 * float(covariances[0]))


def largest_order(n: int) -> int:
    """The largest order tried for n values: R's, but never more lags than equations for them."""
    return min(int(10 * math.log10(n)), (n - 1) // 2)


def ar_order(values: Numbers) -> int:
    """The order of an autoregression by AIC; 0 where the past says nothing."""
    n, most = len(values), largest_order(len(values))
    covariances = autocovariances(values, most)
    variances = [yule_walker(covariances, order)[1] for order in range(most + 1)]
    return int(np.argmin(n * np.log(variances) + 2 * np.arange(most + 1)))


def seasonally_adjusted(values: Numbers, period: int) -> Numbers:
    """The values without what repeats every `period` of them (STL, Cleveland et al. 1990)."""
    from statsmodels.tsa.seasonal import STL

    fit = STL(values, period=period, seasonal=_STL_SEASONAL, seasonal_deg=0).fit()
    adjusted: Numbers = values - np.asarray(fit.seasonal)
    return adjusted


def season(values: Numbers) -> int:
    """The lag of the highest peak of the autocorrelation, 1 if none is above 0."""
    covariances = autocovariances(values, len(values) // 2)
    inner = covariances[1:-1]
    peaks = (inner > covariances[:-2]) & (inner > covariances[2:]) & (inner > 0)
    return int(np.where(peaks, inner, 0).argmax()) + 1 if peaks.any() else 1


def lag_matrix(values: Numbers, lags: Sequence[int]) -> tuple[Numbers, Numbers]:
    """Each value that has all its lags: those lags [shape=(rows, lags)], and it [shape=(rows,)]."""
    longest = max(lags)
    n = len(values)
    inputs = np.stack([values[longest - lag : n - lag] for lag in lags], axis=1)
    return inputs, values[longest:]
