"""Metrics of scores that need no threshold: is what is true ranked before what is not?

The area under the ROC curve is the chance that a true row has a higher score than a false one
(Mann and Whitney 1947), ties counting half. Average precision is the area under the steps of the
precision-recall curve, without interpolation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]


def roc_auc(truth: Truth, scores: Floats) -> Floats:
    """Area under the ROC curve of each column [shape=(rows, labels) → (labels,)].

    nan for a column in which all rows are true, or none.
    """
    positives = truth.sum(axis=0)
    pairs = positives * (len(truth) - positives)
    ranks = np.stack([_ranks(column) for column in scores.T], axis=1)
    wins = (ranks * truth).sum(axis=0) - positives * (positives + 1) / 2
    areas = np.full(len(pairs), np.nan)
    np.divide(wins, pairs, out=areas, where=pairs > 0)
    return areas


def average_precision(truth: Truth, scores: Floats) -> Floats:
    """Σ (Rᵢ − Rᵢ₋₁) Pᵢ over falling thresholds, of each column [shape=(rows, labels) → (labels,)].

    nan for a column in which no row is true.
    """
    areas = np.full(truth.shape[1], np.nan)
    for i in np.flatnonzero(truth.any(axis=0)):
        hits, said = _counts(truth[:, i], scores[:, i])
        areas[i] = float((np.diff(hits, prepend=0) * hits / said).sum() / hits[-1])
    return areas


def roc_curve(truth: Truth, scores: Floats) -> tuple[Floats, Floats]:
    """False and true positive rate at each falling threshold, from (0, 0) to (1, 1).

    Args:
        truth: 0 or 1 [shape=(rows,)], with both among them.
        scores: [shape=(rows,)].
    """
    hits, said = _counts(truth, scores)
    false = (said - hits) / (said[-1] - hits[-1])
    return np.append(0.0, false), np.append(0.0, hits / hits[-1])


def precision_recall_curve(truth: Truth, scores: Floats) -> tuple[Floats, Floats]:
    """Recall and precision at each falling threshold [shape=(thresholds,)]; some row is true."""
    hits, said = _counts(truth, scores)
    return hits / hits[-1], hits / said


def one_hot(truth: Truth, labels: int) -> Truth:
    """Indices of labels [shape=(rows,)] as 0 and 1 [shape=(rows, labels)]."""
    return np.eye(labels, dtype=np.int64)[truth]


def macro(values: Floats) -> float:
    """Mean over the labels that have a value; nan where none has."""
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


def _ranks(values: Floats) -> Floats:
    """Ranks from 1; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[inverse]


def _counts(truth: Truth, scores: Floats) -> tuple[Truth, Truth]:
    """How many true rows, and rows at all, have at least each score, from the highest score on."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    return np.cumsum(truth[order])[ends], ends + 1
