"""Metrics of questions that have one right answer out of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def confusion_matrix(
    truth: Sequence[str], answer: Sequence[str], labels: Sequence[str]
) -> Integers:
    """Counts by true label (rows) and answer (columns) [shape=(labels, labels)].

    Raises:
        ValueError: the sequences differ in length or hold a label that is not listed.
    """
    if len(truth) != len(answer):
        raise ValueError(f"{len(truth)} true labels, but {len(answer)} answers")
    index = {label: i for i, label in enumerate(labels)}
    unknown = {*truth, *answer} - set(index)
    if unknown:
        raise ValueError(f"labels {sorted(unknown)} are not among {list(labels)}")
    true, given = ([index[label] for label in side] for side in (truth, answer))
    return confusion_counts(np.array(true, np.int64), np.array(given, np.int64), len(labels))


def confusion_counts(truth: Integers, given: Integers, labels: int) -> Integers:
    """The same for indices of labels [shape=(rows,)]."""
    counts = np.bincount(truth * labels + given, minlength=labels * labels)
    return counts.reshape(labels, labels).astype(np.int64)


def recalls(confusion: Integers) -> Floats:
    """Share of each label's tracks that were recognised; nan where there are none."""
    return _shares(confusion.diagonal(), confusion.sum(axis=1))


def precisions(confusion: Integers) -> Floats:
    """Share of each answer that was right; nan where it was never given."""
    return _shares(confusion.diagonal(), confusion.sum(axis=0))


def f1_scores(confusion: Integers) -> Floats:
    """Harmonic mean of precision and recall, per label.

    2 TP / (2 TP + FP + FN); nan for a label that is neither true nor given anywhere.
    """
    return _shares(2 * confusion.diagonal(), confusion.sum(axis=0) + confusion.sum(axis=1))


def macro_f1(truth: Integers, given: Integers, labels: int) -> float:
    """Mean of `f1_scores` over the labels that are true somewhere [shape=(rows,)].

    A label that is only given is left out: its answers are counted as errors of the true ones, and
    a draw of the bootstrap would be punished for the labels that it happens to lack.
    """
    confusion = confusion_counts(truth, given, labels)
    return float(f1_scores(confusion)[confusion.any(axis=1)].mean())


def top_k_accuracy(truth: Integers, scores: Floats, k: int) -> float:
    """Share of rows whose true label is among the k likeliest [shape of scores=(rows, labels)].

    Of equally likely labels the first is taken, as everywhere.
    """
    likeliest = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return float((likeliest == truth[:, None]).any(axis=1).mean())


@dataclass(frozen=True)
class Decisions:
    """Yes or no, per tag: precision, recall and F1 [shape=(tags,)]; nan where there is none."""

    precision: Floats
    recall: Floats
    f1: Floats


def tag_decisions(truth: Integers, scores: Floats, threshold: float = 0.5) -> Decisions:
    """How good it is to say every tag that has at least that score [shape=(rows, tags)]."""
    said, true = scores >= threshold, truth == 1
    hits = (said & true).sum(axis=0)
    n_said, n_true = said.sum(axis=0), true.sum(axis=0)
    return Decisions(
        _shares(hits, n_said), _shares(hits, n_true), _shares(2 * hits, n_said + n_true)
    )


def _shares(part: Integers, whole: Integers) -> Floats:
    shares = np.full(len(whole), np.nan)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares
