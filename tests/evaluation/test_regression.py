"""Metrics of numbers against scikit-learn and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr
from sklearn.metrics import mean_absolute_error as sklearn_error
from sklearn.metrics import r2_score

from earmark.evaluation.regression import mean_absolute_error, pearson_r, r_squared


@given(st.integers(0, 2**32 - 1), st.integers(2, 50), st.floats(1e-6, 1e6))
@settings(max_examples=50, deadline=None)
def test_they_are_those_of_scikit_learn_and_scipy(seed, rows, scale):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=rows) * scale
    predicted = 0.5 * truth + rng.normal(size=rows) * scale
    assert r_squared(truth, predicted) == pytest.approx(r2_score(truth, predicted))
    assert pearson_r(truth, predicted) == pytest.approx(pearsonr(truth, predicted).statistic)
    assert mean_absolute_error(truth, predicted) == pytest.approx(sklearn_error(truth, predicted))


def test_the_mean_explains_nothing_and_the_truth_everything():
    truth = np.array([1.0, 2.0, 4.0])
    assert r_squared(truth, np.full(3, truth.mean())) == 0
    assert r_squared(truth, truth) == pearson_r(truth, truth) == 1
    assert pearson_r(truth, -truth) == -1


def test_what_is_constant_has_no_correlation():
    truth, constant = np.array([1.0, 2.0, 4.0]), np.ones(3)
    assert np.isnan(pearson_r(truth, constant))
    assert np.isnan(pearson_r(constant, truth))
    assert np.isnan(r_squared(constant, truth))


def test_tiny_numbers_do_not_vanish():
    truth = np.array([1.0, 2.0, 4.0]) * 1e-200
    assert pearson_r(truth, truth) == 1
