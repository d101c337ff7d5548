"""The temperature against scipy's optimizer, and what it must do when logits grow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp, softmax
from sklearn.calibration import calibration_curve

from earmark.evaluation.calibration import (
    cross_fitted,
    error_by_chance,
    expected_calibration_error,
    fit_temperature,
    reliability,
)


def judged(seed: int, *, tracks: int = 60, clips: int = 1, labels: int = 5):
    """Logits that are right about half of the time, with the answers."""
    rng = np.random.default_rng(seed)
    answers = rng.integers(0, labels, tracks)
    logits = rng.normal(0, 2, (tracks, clips, labels))
    logits[np.arange(tracks), :, answers] += 1.5
    return list(logits.astype(np.float32)), answers.tolist()


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_it_is_the_one_that_scipy_finds(seed):
    logits, answers = judged(seed)
    table = np.concatenate(logits).astype(np.float64)

    def loss(log_temperature: float) -> float:
        scaled = table / np.exp(log_temperature)
        return float((logsumexp(scaled, axis=1) - scaled[np.arange(len(table)), answers]).sum())

    best = minimize_scalar(loss, bounds=(np.log(0.1), np.log(10)), method="bounded")
    assert fit_temperature(logits, answers) == pytest.approx(np.exp(best.x), rel=1e-3)


def test_probabilities_are_averaged_over_the_clips_of_a_track():
    logits, answers = judged(1, clips=4)

    def loss(temperature: float) -> float:
        means = [softmax(clips / temperature, axis=1).mean(axis=0) for clips in logits]
        return -sum(np.log(mean[answer]) for mean, answer in zip(means, answers, strict=True))

    found = fit_temperature(logits, answers)
    assert loss(found) == pytest.approx(min(loss(t) for t in np.geomspace(0.1, 10, 400)), abs=1e-3)
    assert loss(found) < loss(1.1 * found)
    assert loss(found) < loss(found / 1.1)


@given(st.integers(0, 2**32 - 1), st.floats(0.5, 2))
@settings(max_examples=10, deadline=None)
def test_logits_times_k_want_a_temperature_times_k(seed, k):
    logits, answers = judged(seed)
    grown = [np.float32(k) * clips for clips in logits]
    expected = k * fit_temperature(logits, answers)
    assert fit_temperature(grown, answers) == pytest.approx(expected, rel=1e-3)


def test_it_stays_within_its_bounds():
    always_right = [np.float32([[1, 0]])] * 5
    assert fit_temperature(always_right, [0] * 5) == pytest.approx(0.1, rel=1e-3)
    assert fit_temperature(always_right, [1] * 5) == pytest.approx(10, rel=1e-3)


def test_it_copes_with_huge_logits():
    assert np.isfinite(fit_temperature([np.float32([[1e30, -1e30]])] * 3, [0, 1, 0]))


@given(st.integers(0, 2**32 - 1), st.integers(1, 20))
@settings(max_examples=30, deadline=None)
def test_bins_are_those_of_scikit_learn(seed, bins):
    rng = np.random.default_rng(seed)
    probability = np.append(rng.random(50), [0, 0.2, 0.4, 0.6, 1])  # some on a border
    happened = rng.random(55) < probability
    found = reliability(probability, happened, bins)
    share, mean = calibration_curve(happened, probability, n_bins=bins, strategy="uniform")
    assert np.allclose([part.happened for part in found], share)
    assert np.allclose([part.stated for part in found], mean)
    assert sum(part.n for part in found) == 55


def test_the_error_is_the_mean_distance():
    found = reliability(np.array([0.9, 0.9, 0.9, 0.9, 0.1]), np.array([1, 1, 0, 0, 1]), 10)
    assert expected_calibration_error(found) == pytest.approx(0.8 * 0.4 + 0.2 * 0.9)


def test_what_means_what_it_says_has_next_to_no_error():
    rng = np.random.default_rng(0)
    probability = rng.random(200_000)
    found = reliability(probability, rng.random(200_000) < probability)
    assert expected_calibration_error(found) < 0.01
    sure = reliability(probability**0.25, rng.random(200_000) < probability)
    assert expected_calibration_error(sure) == pytest.approx(0.3, abs=0.01)


def test_chance_makes_an_error_that_shrinks_with_the_number_of_answers():
    rng = np.random.default_rng(0)
    few, many = rng.uniform(0.3, 1, 300), rng.uniform(0.3, 1, 30_000)
    for probability in (few, many):
        mean, high = error_by_chance(probability)
        drawn = [
            expected_calibration_error(
                reliability(probability, rng.random(len(probability)) < probability)
            )
            for _ in range(200)
        ]
        assert np.mean(drawn) == pytest.approx(mean, rel=0.05)
        assert np.mean(np.array(drawn) > high) == pytest.approx(0.05, abs=0.05)
    assert error_by_chance(many)[0] == pytest.approx(error_by_chance(few)[0] / 10, rel=0.2)
    assert error_by_chance(np.ones(50)) == (0.0, 0.0)


def test_a_fold_has_no_part_in_its_own_temperature():
    logits, answers = judged(5, tracks=90)
    folds = np.arange(90) % 3
    found = cross_fitted(logits, answers, folds)
    wrong = [a if fold else (a + 1) % 5 for a, fold in zip(answers, folds, strict=True)]
    assert np.array_equal(cross_fitted(logits, wrong, folds)[folds == 0], found[folds == 0])
    others = [i for i in range(90) if folds[i] != 1]
    alone = fit_temperature([logits[i] for i in others], [answers[i] for i in others])
    assert set(found[folds == 1].tolist()) == {alone}
    with pytest.raises(ValueError, match="two folds or more"):
        cross_fitted(logits, answers, np.zeros(90, np.int64))
