"""Ranking metrics and curves against scikit-learn, ties included."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from earmark.evaluation.ranking import (
    average_precision,
    macro,
    one_hot,
    precision_recall_curve,
    roc_auc,
    roc_curve,
)


@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.integers(1, 12))
@settings(max_examples=50, deadline=None)
def test_areas_are_those_of_scikit_learn(seed, rows, levels):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, (rows, 3))
    scores = rng.integers(0, levels, (rows, 3)) / levels  # few levels: many ties
    roc, precision = roc_auc(truth, scores), average_precision(truth, scores)
    for i in range(3):
        if truth[:, i].any():
            theirs = metrics.average_precision_score(truth[:, i], scores[:, i])
            assert precision[i] == pytest.approx(theirs, abs=1e-12)
        if 0 < truth[:, i].sum() < rows:
            theirs = metrics.roc_auc_score(truth[:, i], scores[:, i])
            assert roc[i] == pytest.approx(theirs, abs=1e-12)


def test_what_is_not_defined_is_no_number():
    truth = np.array([[0, 1], [0, 1]])
    scores = np.array([[0.1, 0.2], [0.3, 0.4]])
    assert np.isnan(roc_auc(truth, scores)).all()
    assert np.isnan(average_precision(truth, scores)[0])
    assert average_precision(truth, scores)[1] == 1
    assert macro(np.array([np.nan, 1, 3])) == 2
    assert np.isnan(macro(np.array([np.nan])))


def test_one_label_against_the_rest_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    truth, scores = rng.integers(0, 4, 100), rng.dirichlet(np.ones(4), 100)
    ours = macro(roc_auc(one_hot(truth, 4), scores))
    assert ours == pytest.approx(metrics.roc_auc_score(truth, scores, multi_class="ovr"))


@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.integers(1, 12))
@settings(max_examples=30, deadline=None)
def test_curves_are_those_of_scikit_learn(seed, rows, levels):
    rng = np.random.default_rng(seed)
    truth = np.append(rng.integers(0, 2, rows), [0, 1])
    scores = rng.integers(0, levels, rows + 2) / levels
    theirs = metrics.roc_curve(truth, scores, drop_intermediate=False)
    assert np.allclose(roc_curve(truth, scores), theirs[:2])
    precision, recall, _ = metrics.precision_recall_curve(truth, scores)
    ours = precision_recall_curve(truth, scores)
    assert np.allclose(ours, (recall[-2::-1], precision[-2::-1]))
