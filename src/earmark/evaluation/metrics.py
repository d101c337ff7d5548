"""Metrics of classification, with their intervals.

Accuracy is the share of tracks whose likeliest label is the true one. Intervals are Wilson's score
intervals (Wilson 1927; Brown, Cai and DasGupta 2001): unlike p ± 1.96 √(p(1−p)/n) they hold for
small n and never leave [0, 1]. They treat tracks as independent draws.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_Z_95 = 1.959963984540054  # 97.5 % quantile of the normal distribution


def confusion_matrix(
    truth: Sequence[str], answer: Sequence[str], labels: Sequence[str]
) -> NDArray[np.int64]:
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
    counts = np.zeros((len(labels), len(labels)), np.int64)
    for true, given in zip(truth, answer, strict=True):
        counts[index[true], index[given]] += 1
    return counts


def wilson_interval(successes: int, trials: int, z: float = _Z_95) -> tuple[float, float]:
    """Wilson's score interval of a proportion, at 95 % unless another z is given.

    (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n), with p = successes / trials.

    Raises:
        ValueError: there are no trials, or successes are not between 0 and trials.
    """
    if not 0 <= successes <= trials or trials == 0:
        raise ValueError(f"{successes} successes of {trials} trials have no interval")
    p, square = successes / trials, z * z / trials
    centre = p + square / 2
    reach = z * math.sqrt(p * (1 - p) / trials + square / (4 * trials))
    low, high = (centre - reach) / (1 + square), (centre + reach) / (1 + square)
    return max(0.0, min(p, low)), min(1.0, max(p, high))  # rounding must not leave p outside


def recalls(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of each label's tracks that were recognised; nan where there are none."""
    totals = confusion.sum(axis=1)
    shares = np.full(len(totals), np.nan)
    np.divide(confusion.diagonal(), totals, out=shares, where=totals > 0)
    return shares
