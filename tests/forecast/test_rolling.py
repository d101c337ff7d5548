"""Rolling origins by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import BadSeries
from earmark.forecast.base import Forecast
from earmark.forecast.baselines import naive
from earmark.forecast.rolling import judge, origins


@given(st.integers(10, 300), st.integers(1, 40), st.none() | st.integers(1, 60))
def test_origins_lie_in_the_later_half_and_are_followed_by_the_horizon(n, horizon, most):
    try:
        places = origins(n, horizon, most)
    except BadSeries:
        assert n - horizon < max(n // 2, 10)
        return
    assert max(n // 2, 10) <= places[0] <= places[-1] == n - horizon
    assert places == sorted(set(places))
    assert most is None or len(places) <= most
    if most is None:
        assert np.all(np.diff(places) == 1)


def test_a_method_sees_what_is_known_and_nothing_else():
    values, seen = np.arange(20.0), []

    def method(known, horizon, levels):
        seen.append(known.copy())
        return naive(known, horizon, levels)

    judge("mine", method, values, [12, 15], 3, [80])
    assert [known.tolist() for known in seen] == [list(range(12)), list(range(15))]


def test_numbers_are_those_counted_by_hand():
    def method(known, horizon, levels):
        point = np.full(horizon, known[-1])
        return Forecast(f"of {len(known)}", point, {80: (point - 1, point + 1)})

    values = np.array([0.0] + [2.0, 0.0] * 5 + [1.0, 3.0, 0.0])
    score = judge("mine", method, values, [11, 12], 2, [80])  # says 0, 0 and 1, 1
    np.testing.assert_allclose(score.mae, [(1 + 2) / 2, (3 + 1) / 2])
    assert score.rmse == pytest.approx(np.sqrt((1 + 9 + 4 + 1) / 4))
    assert score.mase == pytest.approx((2 / 2 + 1.5 / (21 / 11)) / 2)
    np.testing.assert_allclose(score.coverage[80], [0.5, 0.5])
    assert score.width[80] == 2
    assert score.models == ("of 11", "of 12")
    assert score.to_dict()["intervals"] == [
        {"level": 80, "coverage": 0.5, "coverage_by_step": [0.5, 0.5], "width": 2.0}
    ]


def test_too_short_to_judge():
    with pytest.raises(BadSeries, match="has 30 values; judging 20 steps needs at least 40"):
        origins(30, 20)


def test_a_beginning_that_says_nothing_is_named():
    values = np.r_[np.zeros(20), np.arange(20.0)]
    with pytest.raises(BadSeries, match="its first 20 values: is constant"):
        judge("naive", naive, values, [20, 30], 5, [80])
