"""Metrics against statsmodels and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix as sklearn_confusion
from sklearn.metrics import recall_score
from statsmodels.stats.proportion import proportion_confint

from earmark.evaluation.metrics import confusion_matrix, recalls, wilson_interval

LABELS = ["blues", "jazz", "pop", "rock"]
ANSWERS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1)


@given(st.data(), st.integers(1, 5000))
def test_wilson_is_that_of_statsmodels(data, trials):
    successes = data.draw(st.integers(0, trials), label="successes")
    ours = wilson_interval(successes, trials)
    theirs = proportion_confint(successes, trials, alpha=0.05, method="wilson")
    assert np.allclose(ours, theirs, atol=1e-12)
    assert 0 <= ours[0] <= successes / trials <= ours[1] <= 1


def test_another_level():
    theirs = proportion_confint(7, 20, alpha=0.01, method="wilson")
    assert np.allclose(wilson_interval(7, 20, z=2.5758293035489004), theirs, atol=1e-12)


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (-1, 3), (4, 3)])
def test_impossible_counts_are_refused(successes, trials):
    with pytest.raises(ValueError, match="have no interval"):
        wilson_interval(successes, trials)


@given(ANSWERS)
def test_confusion_and_recall_are_those_of_scikit_learn(pairs):
    truth, answer = zip(*pairs, strict=True)
    ours = confusion_matrix(truth, answer, LABELS)
    assert (ours == sklearn_confusion(truth, answer, labels=LABELS)).all()
    expected = recall_score(truth, answer, labels=LABELS, average=None, zero_division=np.nan)
    assert np.allclose(recalls(ours), expected, equal_nan=True)


def test_rows_are_the_truth():
    assert confusion_matrix(["a", "a"], ["b", "a"], ["a", "b"]).tolist() == [[1, 1], [0, 0]]


def test_recall_of_an_absent_label_is_no_number():
    assert np.isnan(recalls(np.array([[0, 0], [1, 3]]))[0])


def test_unlisted_labels_and_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match=r"\['ska'\] are not among"):
        confusion_matrix(["jazz"], ["ska"], LABELS)
    with pytest.raises(ValueError, match="2 true labels, but 1 answers"):
        confusion_matrix(["jazz", "pop"], ["jazz"], LABELS)
