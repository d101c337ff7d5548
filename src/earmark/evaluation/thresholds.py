"""From which probability on is an answer as good as certain? A threshold for every label.

A label is *said* of the tracks of which it is the likeliest label or, where labels are tags, of
all. Its threshold is the lowest probability such that what is said with that or more can be
expected to be true in 90 % of cases. Expected is what Laplace's rule of succession makes of h true
ones among k: (h + 1) / (k + 2), so that few want a better record than many: all of 8, 17 of 18, 26
of 28.

A threshold flatters itself on the tracks that it was chosen on. `held_out` says what thresholds do
with artists who had no part in choosing them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.evaluation.answers import Answers
from earmark.evaluation.folds import FOLDS, folds_of
from earmark.evaluation.intervals import Interval, wilson_interval

PRECISION = 0.9
"""The share that shall be true of what is said beyond a threshold."""

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Passing:
    """What passes a threshold.

    Attributes:
        probability: the threshold; None where none would do, and of several labels together.
        n_said: how often the label was said, or any.
        n: how often with at least that probability.
        share: n of n_said; None where it was never said.
        precision: share of those n that is true; None where there are none.
        precision_interval: of 95 % (Wilson).
    """

    probability: float | None
    n_said: int
    n: int
    share: float | None
    precision: float | None
    precision_interval: Interval | None


class _Said(NamedTuple):
    """All that was said, in one row each: label, probability, whether it is true, whose it is."""

    label: Indices
    probability: Floats
    true: Flags
    group: Indices


def find_thresholds(answers: Answers, precision: float = PRECISION) -> dict[str, Passing]:
    """The threshold of every label, and what passes it here, where it was chosen.

    Args:
        answers: to a question of classes or of tags, a row per track.
        precision: the share that shall be true.

    Raises:
        ValueError: the question is one of numbers.
    """
    said = _said(answers)
    bounds = _bounds(said, len(answers.labels), precision)
    found = {}
    for i, label in enumerate(answers.labels):
        its = said.label == i
        bound = float(bounds[i])
        passes = said.probability[its] >= bound
        found[label] = _passing(said.true[its], passes, bound if np.isfinite(bound) else None)
    return found


def held_out(answers: Answers, precision: float = PRECISION, folds: int = FOLDS) -> Passing:
    """What passes thresholds that were chosen without the judged artists, over all labels.

    Artists are divided into folds; each fold is held to the thresholds of the others.

    Raises:
        ValueError: the question is one of numbers.
    """
    said = _said(answers)
    fold = folds_of(said.group, folds)
    passes = np.zeros(len(fold), bool)
    for judged in np.unique(fold):
        here, there = fold == judged, _Said(*(column[fold != judged] for column in said))
        bounds = _bounds(there, len(answers.labels), precision)
        passes[here] = said.probability[here] >= bounds[said.label[here]]
    return _passing(said.true, passes, None)


def lowest(probability: Floats, true: Flags, precision: float = PRECISION) -> float:
    """The threshold of a label that was said with such probabilities [shape=(times,)].

    It is infinite where none would do.
    """
    order = np.argsort(-probability, kind="stable")
    falling = probability[order]
    hits, times = np.cumsum(true[order]), np.arange(1, len(order) + 1)
    whole = np.append(falling[1:] < falling[:-1], True)  # equal ones pass together
    fits = falling[whole[: len(falling)] & ((hits + 1) / (times + 2) >= precision)]
    return float(fits[-1]) if len(fits) else float("inf")


def _said(answers: Answers) -> _Said:
    if answers.kind == "number":
        raise ValueError(f"{answers.output}: numbers have no thresholds")
    rows, labels = np.arange(len(answers)), np.arange(len(answers.labels))
    if answers.kind == "classes":
        probability = answers.scores[rows, answers.given]
        return _Said(answers.given, probability, answers.right, answers.groups)
    return _Said(
        np.tile(labels, len(rows)),
        answers.scores.ravel(),
        answers.truth.ravel() == 1,
        np.repeat(answers.groups, len(labels)),
    )


def _bounds(said: _Said, labels: int, precision: float) -> Floats:
    """The threshold of every label [shape=(labels,)]."""
    each = [said.label == i for i in range(labels)]
    return np.array([lowest(said.probability[its], said.true[its], precision) for its in each])


def _passing(true: Flags, passes: Flags, probability: float | None) -> Passing:
    said, n, hits = len(true), int(passes.sum()), int(true[passes].sum())
    return Passing(
        probability=probability,
        n_said=said,
        n=n,
        share=n / said if said else None,
        precision=hits / n if n else None,
        precision_interval=wilson_interval(hits, n) if n else None,
    )
