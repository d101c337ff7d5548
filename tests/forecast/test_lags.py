"""Autocovariances, Yule and Walker and the order against statsmodels; lags by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.regression.linear_model import yule_walker as their_yule_walker
from statsmodels.tsa.stattools import acovf

from earmark.forecast.lags import (
    ar_order,
    autocovariances,
    lag_matrix,
    largest_order,
    season,
    seasonally_adjusted,
    yule_walker,
)

pytestmark = pytest.mark.filterwarnings("ignore:yule_walker currently returns")


@pytest.fixture(scope="module", params=[0, 1, 2])
def values(request):
    """A noisy wave."""
    random = np.random.default_rng(request.param)
    return 5 + np.sin(np.arange(90) / 1.7) + random.normal(0, 0.5, 90)


def test_autocovariances_are_statsmodels(values):
    theirs = acovf(values, adjusted=False, fft=False, nlag=20)
    np.testing.assert_allclose(autocovariances(values, 20), theirs, atol=1e-12)


@pytest.mark.parametrize("order", [1, 2, 7])
def test_yule_walker_is_statsmodels(values, order):
    coefficients, variance = yule_walker(autocovariances(values, order), order)
    theirs, spread = their_yule_walker(values, order, method="mle", demean=True)
    np.testing.assert_allclose(coefficients, theirs, atol=1e-9)
    assert variance == pytest.approx(spread**2)


def test_the_order_has_the_lowest_aic_by_statsmodels(values):
    n = len(values)
    aic = [n * np.log(np.var(values))]
    for order in range(1, largest_order(n) + 1):
        _, spread = their_yule_walker(values, order, method="mle", demean=True)
        aic.append(n * np.log(spread**2) + 2 * order)
    assert ar_order(values) == int(np.argmin(aic))


def test_noise_has_no_past():
    assert ar_order(np.random.default_rng(3).normal(size=200)) == 0


@pytest.mark.parametrize(("n", "order"), [(10, 4), (20, 9), (30, 14), (137, 21), (1000, 30)])
def test_orders_are_rs_but_never_more_lags_than_equations(n, order):
    assert largest_order(n) == order


def test_a_series_that_repeats_exactly_has_an_order():
    assert ar_order(np.tile([1.0, 2.0, 4.0], 20)) > 0


def test_what_repeats_is_taken_away():
    trend, repeated = np.arange(60) / 10, np.tile([0.0, 3.0, -3.0, 1.0], 15)
    adjusted = seasonally_adjusted(trend + repeated, 4)
    np.testing.assert_allclose(np.diff(adjusted), 0.1, atol=0.02)


def test_the_season_is_the_highest_peak_of_the_autocorrelation():
    assert season(np.tile([0.0, 1.0, 5.0, 1.0, 0.0, 2.0, 1.0], 9)) == 7
    assert season(np.arange(30.0)) == 1


@given(
    st.lists(st.integers(1, 8), min_size=1, max_size=5, unique=True).map(sorted),
    st.integers(9, 40),
)
def test_each_row_holds_the_values_so_many_steps_before(lags, n):
    inputs, target = lag_matrix(np.arange(float(n)), lags)
    assert inputs.shape == (n - max(lags), len(lags))
    np.testing.assert_array_equal(target[:, None] - inputs, np.tile(lags, (len(target), 1)))
    assert (target[0], target[-1]) == (max(lags), n - 1)


@pytest.mark.parametrize(
    ("until", "change", "order"), [(2011, None, 9), (2011, np.log, 10), (2015, None, 9)]
)
def test_sunspot_areas_have_the_orders_that_r_finds(data, until, change, order):
    """Hyndman and Athanasopoulos print NNAR(9, 5), and with lambda 0 NNAR(10, 6), to 2011."""
    years, areas = np.genfromtxt(data / "sunspotarea.csv", delimiter=",", skip_header=1).T
    known = areas[years <= until]
    assert ar_order(change(known) if change else known) == order
