"""Minimization where the minimum is known, and against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import rosen, rosen_der

from earmark.forecast.bfgs import minimize


@settings(max_examples=30)
@given(st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_a_bowl_ends_where_its_gradient_is_0(size, seed):
    random = np.random.default_rng(seed)
    root = random.normal(size=(size, size)) + 3 * np.eye(size)
    bowl, aim = root.T @ root, random.normal(size=size)

    def function(point):
        away = point - aim
        return 1 + float(away @ bowl @ away), 2 * bowl @ away

    reached, _ = function(minimize(function, np.zeros(size), 200))
    assert reached == pytest.approx(1, abs=1e-5)


def test_a_bent_valley():
    def function(point):
        return 1 + rosen(point), rosen_der(point)

    point = minimize(function, np.array([-1.2, 1.0]), 500)
    np.testing.assert_allclose(point, [1, 1], atol=0.02)


def test_it_never_ends_higher_and_more_steps_end_lower():
    def function(point):
        return 1 + rosen(point), rosen_der(point)

    begin = np.full(6, -1.0)
    values = [function(minimize(function, begin, steps))[0] for steps in (0, 1, 5, 25, 125)]
    assert values == sorted(values, reverse=True)
    assert values[0] == function(begin)[0]
    assert values[-1] < values[0] / 100


def test_what_is_infinite_a_whole_step_away_is_not_entered():
    def function(point):
        x = float(point[0])
        inside = x > 0
        return (x - np.log(x) if inside else np.inf), np.array([1 - 1 / x if inside else np.nan])

    assert minimize(function, np.array([0.01]), 100)[0] == pytest.approx(1, abs=1e-2)


def test_at_the_minimum_it_stays():
    calls = []

    def function(point):
        calls.append(point)
        return 1 + float(point @ point), 2 * point

    np.testing.assert_array_equal(minimize(function, np.zeros(3), 100), np.zeros(3))
    assert len(calls) == 1
