"""NNAR: its names, its networks against a transcription by hand, its forecasts and intervals."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.signal import lfilter
from scipy.stats import norm

from earmark.errors import BadSeries
from earmark.forecast.lags import ar_order, lag_matrix, seasonally_adjusted
from earmark.forecast.nnar import Networks, Nnar, squared_error, train

SMALL = Nnar(repeats=3, paths=200)


def wave(n: int, noise: float = 0.2, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return 10 + 3 * np.sin(np.arange(n) / 1.9) + random.normal(0, noise, n)


def answer_by_hand(weights: np.ndarray, lags: int, row: np.ndarray) -> float:
    """The formula, unit by unit: input weights lag by lag, biases, output weights, intercept."""
    size = (len(weights) - 1) // (lags + 2)
    answer = weights[-1]
    for unit in range(size):
        total = weights[lags * size + unit]
        for lag in range(lags):
            total += weights[lag * size + unit] * row[lag]
        answer += weights[(lags + 1) * size + unit] / (1 + math.exp(-total))
    return answer


def test_error_and_gradient_are_those_of_the_formula():
    random = np.random.default_rng(0)
    inputs, target = lag_matrix(random.normal(size=30), [1, 2, 3])
    weights = random.uniform(-1, 1, 5 * 4 + 1)
    by_hand = sum(
        (answer_by_hand(weights, 3, row) - aim) ** 2
        for row, aim in zip(inputs, target, strict=True)
    )
    value, gradient = squared_error(weights, inputs, target)
    assert value == pytest.approx(by_hand)
    numeric = approx_fprime(weights, lambda w: squared_error(w, inputs, target)[0], 1e-7)
    np.testing.assert_allclose(gradient, numeric, atol=1e-4)


def test_networks_are_averaged(monkeypatch):
    inputs, target = lag_matrix(wave(40), [1, 2])
    begun = []
    monkeypatch.setattr("earmark.forecast.nnar.minimize", lambda _f, x, _n: begun.append(x) or x)
    networks = train(inputs, target, size=2, repeats=3, random=np.random.default_rng(1))
    means = [np.mean([answer_by_hand(weights, 2, row) for weights in begun]) for row in inputs]
    np.testing.assert_allclose(networks(inputs), means)
    assert np.abs(begun).max() <= 0.7
    assert len({tuple(weights) for weights in begun}) == 3


def test_training_lowers_the_error():
    inputs, target = lag_matrix(wave(80) - 10, [1, 2, 3])
    networks = train(inputs, target, size=2, repeats=2, random=np.random.default_rng(0))
    assert np.mean((networks(inputs) - target) ** 2) < 0.1 * np.var(target)


@pytest.mark.parametrize(
    ("settings", "name", "lags"),
    [
        ({"lags": 4}, "NNAR(4, 2)", (1, 2, 3, 4)),  # 2.5 is rounded to even, as in R
        ({"lags": 5}, "NNAR(5, 3)", (1, 2, 3, 4, 5)),
        ({"lags": 6}, "NNAR(6, 4)", (1, 2, 3, 4, 5, 6)),  # 3.5
        ({"lags": 4, "size": 6}, "NNAR(4, 6)", (1, 2, 3, 4)),
        ({"lags": 2, "period": 12}, "NNAR(2, 1, 2)[12]", (1, 2, 12)),
        ({"lags": 2, "period": 6, "seasonal_lags": 2}, "NNAR(2, 2, 2)[6]", (1, 2, 6, 12)),
        ({"lags": 7, "period": 6}, "NNAR(7, 1, 4)[6]", (1, 2, 3, 4, 5, 6, 7)),
    ],
)
def test_lags_and_size(settings, name, lags):
    fitted = Nnar(repeats=1, residuals="in-sample", **settings).fit(wave(60))
    assert (fitted.model, fitted.lags) == (name, lags)


def test_the_order_of_a_seasonal_series_is_that_of_what_the_season_leaves():
    noise = np.random.default_rng(4).normal(size=120)
    values = np.tile([0.0, 9.0, -9.0, 4.0, 20.0, -7.0], 20) + noise
    model = Nnar(repeats=1, residuals="in-sample", period=6)
    order = ar_order(seasonally_adjusted(values, 6))
    assert order != ar_order(values)
    assert model.fit(values).lags == tuple(sorted({*range(1, order + 1), 6}))


def test_steps_ahead_are_iterated():
    fitted = replace(SMALL, lags=3, residuals="in-sample").fit(wave(50))
    known = list((wave(50) - fitted.centre) / fitted.scale)
    for _ in range(7):
        row = np.array([known[-1], known[-2], known[-3]])
        known.append(float(fitted.networks(row[None])[0]))
    point = fitted.forecast(7, [80]).point
    np.testing.assert_allclose(point, np.array(known[50:]) * fitted.scale + fitted.centre)


def test_innovations_are_added_to_each_step_and_carried_on():
    """One unit that is nearly linear: half of the value before, plus what happens."""
    fitted = replace(SMALL, lags=1, size=1, repeats=1).fit(wave(50))
    gain = 1e-4
    half = Networks(np.array([[gain]]), np.zeros(1), np.array([2 / gain]), -1 / gain)
    fitted = replace(fitted, networks=half, centre=0.0, scale=1.0, recent=np.array([8.0]))
    paths = fitted.simulate(np.array([[0.0, 0, 0], [1, 0, 2]]))
    np.testing.assert_allclose(paths, [[4, 2, 1], [5, 2.5, 3.25]], atol=1e-6)


def test_units_do_not_matter():
    """A power of two, so that scaled values are the same to the bit."""
    once, again = (SMALL(unit * wave(60), 5, [80]) for unit in (1, 8))
    np.testing.assert_allclose(again.point, 8 * once.point, rtol=1e-12)
    np.testing.assert_allclose(again.intervals[80], 8 * np.array(once.intervals[80]), rtol=1e-12)


def test_a_seed_gives_the_same_forecast_and_another_another():
    one, same, other = (replace(SMALL, seed=s)(wave(60), 5, [80]) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.point, same.point)
    np.testing.assert_array_equal(one.intervals[80], same.intervals[80])
    assert not np.array_equal(one.point, other.point)


def test_levels_lie_within_each_other_around_the_point():
    made = SMALL(wave(80), 6, [50, 80, 95])
    (a, b), (c, d), (e, f) = made.intervals.values()
    assert np.all((e <= c) & (c <= a) & (a <= b) & (b <= d) & (d <= f))


def test_intervals_of_a_random_walk_widen_and_those_of_residuals_are_narrower():
    walk = np.cumsum(np.random.default_rng(0).normal(size=120))
    low, high = replace(SMALL, lags=1)(walk, 10, [80]).intervals[80]
    assert (high - low)[9] > 1.5 * (high - low)[0]
    many = replace(SMALL, lags=8, size=6)
    honest, flattered = (
        np.diff(replace(many, residuals=kind)(walk, 1, [80]).intervals[80], axis=0)[0, 0]
        for kind in ("held-out", "in-sample")
    )
    assert honest > 2 * flattered


def test_intervals_hold_what_they_say_of_an_autoregression():
    """How much of what comes they hold is known exactly: it is normal; the mean of ten series."""
    held = {80: [], 95: []}
    steps = np.arange(1, 4)
    for seed in range(10):
        noise = np.random.default_rng(seed).normal(size=250)
        values = lfilter([1], [1, -0.7], noise)
        made = Nnar(lags=1, size=1, repeats=2)(values, 3, [80, 95])
        spread = np.sqrt(np.cumsum(0.49 ** (steps - 1)))
        for level, (low, high) in made.intervals.items():
            below, above = (norm.cdf(edge, 0.7**steps * values[-1], spread) for edge in (low, high))
            held[level].append(above - below)
    assert np.mean(held[80]) == pytest.approx(0.80, abs=0.04)
    assert np.mean(held[95]) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"lags": 20}, "has 30 values; lags up to 20 need at least 41"),
        ({"period": 29, "lags": 1}, "has 30 values; lags up to 29 need at least 32"),
        ({"period": 40, "lags": 1}, "has 30 values; lags up to 40 need at least 43"),
    ],
)
def test_more_lags_than_values_can_bear(settings, said):
    with pytest.raises(BadSeries, match=said):
        Nnar(**settings).fit(wave(30))


def test_sunspot_areas_give_the_networks_that_r_names(data):
    areas = np.genfromtxt(data / "sunspotarea.csv", delimiter=",", skip_header=1)[:137, 1]
    model = Nnar(repeats=1, residuals="in-sample")
    assert model.fit(areas).model == "NNAR(9, 5)"
    assert model.fit(np.log(areas)).model == "NNAR(10, 6)"
