"""Temperature scaling (Guo et al. 2017): one number that makes probabilities mean what they say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_STEPS = 60
_GOLDEN = (np.sqrt(5) - 1) / 2


def fit_temperature(logits: Sequence[NDArray[np.float32]], answers: Sequence[int]) -> float:
    """The temperature under which the true labels are likeliest.

    Args:
        logits: for each track the logits of its clips [shape=(clips, labels)]; probabilities are
            the mean over clips of softmax(logits / temperature), as in the tagger.
        answers: index of each track's true label.

    Returns:
        A temperature between 0.1 and 10, found by golden-section search on its logarithm.
    """

    def loss(log_temperature: float) -> float:
        total = 0.0
        for clips, answer in zip(logits, answers, strict=True):
            scaled = clips.astype(np.float64) / np.exp(log_temperature)
            scaled = np.exp(scaled - scaled.max(axis=1, keepdims=True))
            mean = (scaled / scaled.sum(axis=1, keepdims=True)).mean(axis=0)
            total -= np.log(max(mean[answer], 1e-12))
        return total

    low, high = np.log(0.1), np.log(10.0)
    for _ in range(_STEPS):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))
