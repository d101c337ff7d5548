"""Baselines by hand, and the linear autoregression against statsmodels."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy.stats import norm
from statsmodels.regression.linear_model import yule_walker
from statsmodels.tsa.arima_process import arma2ma

from earmark.errors import BadSeries
from earmark.forecast.baselines import autoregression, naive, seasonal_naive
from earmark.forecast.lags import ar_order

pytestmark = pytest.mark.filterwarnings("ignore:yule_walker currently returns")


def test_naive_says_the_last_value_and_widens_with_the_root_of_the_steps():
    values = np.array([1.0, 2.0, 1.0, 3.0, 2.0, 2.0, 5.0, 4.0, 4.0, 6.0])
    made = naive(values, 4, [80])
    np.testing.assert_array_equal(made.point, [6, 6, 6, 6])
    spread = np.sqrt(np.mean([1, 1, 4, 1, 0, 9, 1, 0, 4])) * np.sqrt([1, 2, 3, 4])
    np.testing.assert_allclose(made.intervals[80], norm.interval(0.8, 6, spread))


def test_seasonal_naive_says_the_last_season_and_widens_with_each():
    values = np.array([1.0, 2, 3, 1, 2, 4, 1, 2, 5, 3, 2, 6])
    made = partial(seasonal_naive, period=3)(values, 7, [95])
    np.testing.assert_array_equal(made.point, [3, 2, 6, 3, 2, 6, 3])
    spread = np.sqrt(7 / 9) * np.sqrt([1, 1, 1, 2, 2, 2, 3])
    np.testing.assert_allclose(made.intervals[95], norm.interval(0.95, made.point, spread))
    assert made.model == "seasonal naive [3]"


def test_the_season_is_found():
    values = np.tile([0.0, 4.0, 1.0, 9.0], 8) + np.random.default_rng(0).normal(0, 0.1, 32)
    assert seasonal_naive(values, 4, [80]).model == "seasonal naive [4]"


def test_a_season_longer_than_the_series():
    with pytest.raises(BadSeries, match="has 12 values; a season of 12 needs more"):
        seasonal_naive(np.arange(12.0), 3, [80], period=12)


@pytest.mark.parametrize("seed", [0, 1])
def test_autoregression_is_statsmodels_iterated(seed):
    random = np.random.default_rng(seed)
    values = 4 + np.sin(np.arange(120) / 2) + random.normal(0, 0.4, 120)
    made = autoregression(values, 9, [80])
    order = ar_order(values)
    assert made.model == f"AR({order})"
    coefficients, spread = yule_walker(values, order, method="mle", demean=True)
    known = list(values - values.mean())
    for _ in range(9):
        known.append(sum(c * known[-1 - i] for i, c in enumerate(coefficients)))
    np.testing.assert_allclose(made.point, np.array(known[120:]) + values.mean())
    weights = arma2ma(np.r_[1, -coefficients], [1], 9)
    error = spread * np.sqrt(120 / (119 - order) * np.cumsum(weights**2))
    np.testing.assert_allclose(made.intervals[80], norm.interval(0.8, made.point, error))


def test_of_noise_it_says_the_mean():
    values = np.random.default_rng(3).normal(size=200)
    made = autoregression(values, 3, [80])
    assert made.model == "AR(0)"
    np.testing.assert_allclose(made.point, values.mean())
