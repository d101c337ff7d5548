"""Intervals against statsmodels and scipy, and the bootstrap's way with groups."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap
from statsmodels.stats.proportion import proportion_confint

from earmark.evaluation.intervals import bootstrap_interval, normal_interval, wilson_interval


@given(st.data(), st.integers(1, 5000))
def test_both_are_those_of_statsmodels(data, trials):
    successes = data.draw(st.integers(0, trials), label="successes")
    for ours, method in ((wilson_interval, "wilson"), (normal_interval, "normal")):
        low, high = ours(successes, trials)
        theirs = proportion_confint(successes, trials, alpha=0.05, method=method)
        assert np.allclose((low, high), theirs, atol=1e-12)
        assert 0 <= low <= successes / trials <= high <= 1


def test_another_level():
    theirs = proportion_confint(7, 20, alpha=0.01, method="wilson")
    assert np.allclose(wilson_interval(7, 20, z=2.5758293035489004), theirs, atol=1e-12)


@pytest.mark.parametrize(
    ("successes", "printed"),
    [(89, (0.378, 0.516)), (105, (0.458, 0.597))],  # the paper misprints the last as 0.567
)
def test_the_normal_interval_is_that_of_cox2021(successes, printed):
    assert normal_interval(successes, 199) == pytest.approx(printed, abs=5e-4)


@pytest.mark.parametrize("interval", [wilson_interval, normal_interval])
@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (-1, 3), (4, 3)])
def test_impossible_counts_are_refused(interval, successes, trials):
    with pytest.raises(ValueError, match="have no interval"):
        interval(successes, trials)


def test_groups_of_one_row_give_the_bootstrap_of_scipy():
    values = np.random.default_rng(0).gamma(2, size=80)
    ours = bootstrap_interval(lambda rows: values[rows].mean(), np.arange(80), resamples=20000)
    theirs = bootstrap((values,), np.mean, method="percentile", n_resamples=20000, rng=1)
    assert ours == pytest.approx(theirs.confidence_interval, abs=0.015)


def test_repeating_rows_within_their_group_changes_nothing():
    values = np.random.default_rng(0).normal(size=50)
    once = bootstrap_interval(lambda rows: values[rows].mean(), np.arange(50))
    groups = np.random.default_rng(1).permutation(np.repeat(np.arange(50), 4))
    assert bootstrap_interval(lambda rows: values[groups][rows].mean(), groups) == pytest.approx(
        once, abs=1e-12
    )


def test_groups_that_are_alike_within_widen_it():
    """Twenty groups of ten equal rows are worth twenty rows: √10 times as wide as two hundred."""
    values = np.repeat(np.random.default_rng(0).normal(size=20), 10)
    grouped, alone = (
        np.ptp(bootstrap_interval(lambda rows: values[rows].mean(), groups, resamples=4000))
        for groups in (np.repeat(np.arange(20), 10), np.arange(200))
    )
    assert grouped / alone == pytest.approx(np.sqrt(10), rel=0.1)


def test_it_depends_on_the_seed_alone():
    values = np.arange(20.0)

    def interval(seed):
        return bootstrap_interval(lambda rows: values[rows].mean(), np.arange(20), seed=seed)

    assert interval(3) == interval(3) != interval(4)


def test_draws_without_a_number_are_left_out():
    def metric(rows):
        return rows.mean() if 0 in rows else np.nan

    low, high = bootstrap_interval(metric, np.arange(3))
    assert 0 <= low < high <= 2
    assert bootstrap_interval(lambda rows: np.nan, np.arange(3)) is None


def test_one_group_has_no_interval():
    assert bootstrap_interval(lambda rows: 1.0, np.zeros(9, int)) is None
