"""Do probabilities mean what they say? How far they are off, and the one number that mends it.

Temperature scaling is that of Guo et al. (2017), and so is the error of confidences. That error is
never 0, since a share of few answers is seldom what it should be: what chance makes of it is found
by drawing what happened as it was stated (consistency resampling, Bröcker and Smith 2007).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 15
"""Bins of a reliability plot, as in Guo et al. (2017)."""

_DRAWS = 500
_STEPS = 60
_GOLDEN = (np.sqrt(5) - 1) / 2


def fit_temperature(logits: Sequence[NDArray[np.float32]], answers: Sequence[int]) -> float:
    """The temperature under which the true labels are likeliest.

    Args:
        logits: for each track the logits of its clips [shape=(clips, labels)]; probabilities are
            the mean over clips of softmax(logits / temperature), as in the tagger.
        answers: index of each track's true label.

    Returns:
        A temperature between 0.1 and 10, found by golden-section search on its logarithm; it is
        one of these two where a likelier one lies beyond, as of a model that is always right.
    """
    counts = [len(clips) for clips in logits]
    of_clip = np.repeat(np.arange(len(logits)), counts)
    every = np.concatenate(logits).astype(np.float64)
    every -= every.max(axis=1, keepdims=True)
    true = every[np.arange(len(every)), np.asarray(answers)[of_clip]]

    def loss(log_temperature: float) -> float:
        factor = np.exp(-log_temperature)
        likely = np.exp(factor * true) / np.exp(factor * every).sum(axis=1)
        mean = np.bincount(of_clip, likely) / counts
        return float(-np.log(np.maximum(mean, 1e-12)).sum())

    low, high = np.log(0.1), np.log(10.0)
    for _ in range(_STEPS):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def cross_fitted(
    logits: Sequence[NDArray[np.float32]], answers: Sequence[int], folds: NDArray[np.int64]
) -> NDArray[np.float64]:
    """For every track the temperature that is fitted on the tracks of the other folds.

    Args:
        logits: as for `fit_temperature`.
        answers: index of each track's true label.
        folds: each track's fold [shape=(tracks,)], of two or more.

    Returns:
        Temperatures [shape=(tracks,)], one value per fold.

    Raises:
        ValueError: there are fewer than two folds.
    """
    names = np.unique(folds)
    if len(names) < 2:
        raise ValueError("a temperature of other folds wants two folds or more")
    temperatures = np.zeros(len(folds))
    for fold in names:
        others = np.flatnonzero(folds != fold).tolist()
        temperatures[folds == fold] = fit_temperature(
            [logits[i] for i in others], [answers[i] for i in others]
        )
    return temperatures


@dataclass(frozen=True)
class Bin:
    """Answers of about the same probability.

    Attributes:
        n: how many.
        stated: their mean probability.
        happened: share of them that were true.
    """

    n: int
    stated: float
    happened: float


def reliability(
    probability: NDArray[np.float64], happened: NDArray[Any], bins: int = BINS
) -> list[Bin]:
    """What was stated against what happened, in bins of equal width; empty ones are left out.

    Args:
        probability: between 0 and 1 [shape=(answers,)].
        happened: whether it was true [shape=(answers,)].
        bins: how many; a border belongs to the bin below it.
    """
    place = _places(probability, bins)
    counts = np.bincount(place, minlength=bins)
    stated, true = (np.bincount(place, values, bins) for values in (probability, happened))
    return [
        Bin(int(counts[i]), float(stated[i] / counts[i]), float(true[i] / counts[i]))
        for i in np.flatnonzero(counts)
    ]


def _places(probability: NDArray[np.float64], bins: int) -> NDArray[np.intp]:
    """The bin of each probability."""
    return np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], probability)


def expected_calibration_error(found: Sequence[Bin]) -> float:
    """Mean distance of stated and happened over all answers (Naeini et al. 2015)."""
    total = sum(part.n for part in found)
    return sum(part.n * abs(part.stated - part.happened) for part in found) / total


def error_by_chance(probability: NDArray[np.float64], bins: int = BINS) -> tuple[float, float]:
    """The expected calibration error of probabilities that mean what they say, on so few answers.

    Args:
        probability: between 0 and 1 [shape=(answers,)].
        bins: how many.

    Returns:
        Its mean over 500 draws, the same ones every time, and the value that one in twenty exceeds.
    """
    rng, count = np.random.default_rng(0), len(probability)
    place = _places(probability, bins)
    stated = np.bincount(place, probability, bins)

    def drawn() -> float:
        true = np.bincount(place, rng.random(count) < probability, bins)
        return float(np.abs(stated - true).sum()) / count

    errors = [drawn() for _ in range(_DRAWS)]
    return float(np.mean(errors)), float(np.quantile(errors, 0.95))
