"""Metrics of classes and tags against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix as sklearn_confusion
from sklearn.metrics import (
    f1_score,
    precision_recall_fscore_support,
    precision_score,
    recall_score,
    top_k_accuracy_score,
)

from earmark.evaluation.classification import (
    confusion_counts,
    confusion_matrix,
    f1_scores,
    macro_f1,
    precisions,
    recalls,
    tag_decisions,
    top_k_accuracy,
)

LABELS = ["blues", "jazz", "pop", "rock"]
ANSWERS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1)


@given(ANSWERS)
def test_confusion_and_shares_are_those_of_scikit_learn(pairs):
    truth, answer = zip(*pairs, strict=True)
    ours = confusion_matrix(truth, answer, LABELS)
    assert (ours == sklearn_confusion(truth, answer, labels=LABELS)).all()
    settings = {"labels": LABELS, "average": None, "zero_division": np.nan}
    assert np.allclose(recalls(ours), recall_score(truth, answer, **settings), equal_nan=True)
    assert np.allclose(precisions(ours), precision_score(truth, answer, **settings), equal_nan=True)
    assert np.allclose(f1_scores(ours), f1_score(truth, answer, **settings), equal_nan=True)


@given(ANSWERS)
def test_macro_f1_is_that_of_scikit_learn(pairs):
    truth, answer = (
        np.array([LABELS.index(label) for label in side]) for side in zip(*pairs, strict=True)
    )
    ours = macro_f1(truth, answer, len(LABELS))
    theirs = f1_score(truth, answer, labels=np.unique(truth), average="macro")
    assert ours == pytest.approx(theirs, abs=1e-12)


def test_rows_are_the_truth():
    assert confusion_matrix(["a", "a"], ["b", "a"], ["a", "b"]).tolist() == [[1, 1], [0, 0]]
    assert confusion_counts(np.array([0, 0]), np.array([1, 0]), 2).tolist() == [[1, 1], [0, 0]]


def test_recall_of_an_absent_label_is_no_number():
    assert np.isnan(recalls(np.array([[0, 0], [1, 3]]))[0])


def test_unlisted_labels_and_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match=r"\['ska'\] are not among"):
        confusion_matrix(["jazz"], ["ska"], LABELS)
    with pytest.raises(ValueError, match="2 true labels, but 1 answers"):
        confusion_matrix(["jazz", "pop"], ["jazz"], LABELS)


@pytest.mark.parametrize("k", [1, 2, 5, 9])
def test_top_k_is_that_of_scikit_learn(k):
    rng = np.random.default_rng(k)
    scores, truth = rng.dirichlet(np.ones(10), 200), rng.integers(0, 10, 200)
    theirs = top_k_accuracy_score(truth, scores, k=k, labels=range(10))
    assert top_k_accuracy(truth, scores, k) == pytest.approx(theirs, abs=1e-12)


def test_top_1_is_accuracy_also_among_equals():
    scores = np.array([[0.5, 0.5, 0], [0.2, 0.4, 0.4], [0.2, 0.4, 0.4]])
    truth = np.array([0, 1, 2])
    assert top_k_accuracy(truth, scores, 1) == (scores.argmax(axis=1) == truth).mean() == 2 / 3


@pytest.mark.parametrize("threshold", [0.5, 0.2])
def test_decisions_on_tags_are_those_of_scikit_learn(threshold):
    rng = np.random.default_rng(0)
    truth = (rng.random((60, 6)) < [0, 0.05, 0.3, 0.5, 0.9, 1]).astype(int)
    scores = rng.random((60, 6))
    scores[:, 2] *= 0.1  # never said
    ours = tag_decisions(truth, scores, threshold)
    theirs = precision_recall_fscore_support(truth, scores >= threshold, zero_division=np.nan)
    for mine, other in zip((ours.precision, ours.recall, ours.f1), theirs[:3], strict=True):
        assert np.allclose(mine, other, equal_nan=True)
