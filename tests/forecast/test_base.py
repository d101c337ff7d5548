"""Box-Cox against scipy, and around a method."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import boxcox, inv_boxcox

from earmark.errors import BadSeries
from earmark.forecast.base import Forecast, box_cox, check, inverse_box_cox, with_box_cox

POWERS = st.sampled_from([0.0, 0.1, 0.5, 1.0, 2.0])


@given(st.lists(st.floats(1e-3, 1e6), min_size=1), POWERS)
def test_box_cox_is_scipys_and_comes_back(numbers, power):
    values = np.array(numbers)
    changed = box_cox(values, power)
    np.testing.assert_allclose(changed, boxcox(values, power), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(inverse_box_cox(changed, power), inv_boxcox(changed, power))
    np.testing.assert_allclose(inverse_box_cox(changed, power), values, rtol=1e-6)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.sampled_from([0.5, 1.0, 2.0]))
def test_values_below_0_have_powers_with_their_sign(numbers, power):
    values = np.array(numbers)
    back = inverse_box_cox(box_cox(values, power), power)
    np.testing.assert_allclose(back, values, rtol=1e-6, atol=1e-6)


def test_a_logarithm_needs_values_above_0():
    with pytest.raises(BadSeries, match="holds 0; lambda 0 is a logarithm"):
        box_cox(np.array([1.0, 0.0]), 0)


def test_a_method_works_on_transformed_values_and_answers_in_the_original():
    def last(values, horizon, levels):
        point = np.full(horizon, values[-1])
        return Forecast("last", point, dict.fromkeys(levels, (point - 1, point + 1)))

    made = with_box_cox(last, 0)(np.array([1.0, 5.0]), 2, [80])
    np.testing.assert_allclose(made.point, [5, 5])
    np.testing.assert_allclose(made.intervals[80], [[5 / np.e] * 2, [5 * np.e] * 2])
    assert with_box_cox(last, None) is last


@pytest.mark.parametrize(
    ("values", "said"),
    [([1.0, 2.0] * 4, "has 8 values; a forecast needs at least 10"), ([3.5] * 12, "is constant")],
)
def test_what_nothing_can_be_learnt_from(values, said):
    with pytest.raises(BadSeries, match=said):
        check(np.array(values))
