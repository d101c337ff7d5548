"""The paired test against statsmodels, and over groups against trying every sign."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import permutation_test
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from earmark.evaluation.answers import Answers
from earmark.evaluation.pairing import mcnemar, pair

FLAGS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=200)


@given(FLAGS)
@settings(deadline=None)
def test_it_is_the_exact_one_of_statsmodels(pairs):
    first, second = np.array(pairs).T
    table = [
        [(first & second).sum(), (first & ~second).sum()],
        [(~first & second).sum(), (~first & ~second).sum()],
    ]
    theirs = statsmodels_mcnemar(table, exact=True).pvalue
    assert mcnemar(first, second) == pytest.approx(theirs, rel=1e-9)
    assert mcnemar(second, first) == mcnemar(first, second)
    shuffled = np.random.default_rng(0).permutation(len(first))
    assert mcnemar(first, second, shuffled) == pytest.approx(theirs, rel=1e-9)


@given(st.integers(0, 2**32 - 1), st.integers(1, 7))
@settings(max_examples=30, deadline=None)
def test_over_groups_it_tries_every_sign(seed, n_groups):
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, n_groups, 30)
    first, second = rng.random((2, 30)) < [[0.6], [0.4]]
    surplus = [(first[groups == g] * 1 - second[groups == g]).sum() for g in range(n_groups)]
    sums = [
        abs(sum(s * d for s, d in zip(signs, surplus, strict=True)))
        for signs in product([1, -1], repeat=n_groups)
    ]
    expected = np.mean([value >= abs(sum(surplus)) for value in sums])
    assert mcnemar(first, second, groups) == pytest.approx(expected, rel=1e-9)


def test_over_groups_it_is_the_permutation_test_of_scipy():
    rng = np.random.default_rng(5)
    groups = np.repeat(np.arange(12), 4)
    first, second = rng.random((2, 48)) < [[0.7], [0.4]]
    sums = [np.bincount(groups, flags) for flags in (first, second)]
    theirs = permutation_test(
        sums, lambda a, b: (a - b).sum(), permutation_type="samples", n_resamples=np.inf
    )
    assert mcnemar(first, second, groups) == pytest.approx(theirs.pvalue, rel=1e-9)


def test_an_artist_with_many_tracks_is_one_witness():
    first, second = np.ones(20, bool), np.zeros(20, bool)
    assert mcnemar(first, second) == pytest.approx(2 * 0.5**20)
    assert mcnemar(first, second, np.zeros(20, int)) == 1


@pytest.fixture
def answers() -> Answers:
    """Five tracks of three artists, all right, the last in two clips."""
    return Answers(
        output="genre",
        kind="classes",
        labels=("jazz", "pop"),
        tracks=("a", "b", "c", "d", "e", "e"),
        artists=("x", "x", "y", "y", None, None),
        clips=(0, 0, 0, 0, 0, 1),
        truth=np.array([0, 1, 0, 1, 0, 0]),
        scores=np.array([[0.9, 0.1], [0.1, 0.9], [0.8, 0.2], [0.3, 0.7], [0.9, 0.1], [0.4, 0.6]]),
    )


def test_models_are_paired_track_by_track(answers):
    wrong = replace(answers, scores=answers.scores[:, ::-1])
    found = pair(answers, wrong.rows([5, 3, 4, 1, 0, 2]))
    assert (found.first_only, found.second_only) == (("a", "b", "c", "d", "e"), ())
    assert found.p_value == 2 / 2**5
    assert found.p_value_grouped == 2 / 2**3
    assert json.loads(json.dumps(found.to_dict()))["n_tracks"] == 5


def test_labels_may_come_in_another_order(answers):
    other = replace(
        answers, labels=("pop", "jazz"), truth=1 - answers.truth, scores=answers.scores[:, ::-1]
    )
    found = pair(answers, other)
    assert (found.first_only, found.second_only, found.p_value) == ((), (), 1)


def test_what_cannot_be_paired_is_refused(answers):
    with pytest.raises(ValueError, match="judged different tracks"):
        pair(answers, answers.rows(np.arange(3)))
    with pytest.raises(ValueError, match="different labels"):
        pair(answers, replace(answers, truth=1 - answers.truth))
    with pytest.raises(ValueError, match="one question"):
        pair(answers, replace(answers, output="mood"))
