"""Metrics of predicted numbers, such as valence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def r_squared(truth: Floats, predicted: Floats) -> float:
    """1 − Σ(y − ŷ)² / Σ(y − ȳ)²; below 0 it is worse than saying the mean [shape=(rows,)].

    nan where all truths are equal.
    """
    spread = float(((truth - truth.mean()) ** 2).sum())
    return 1 - float(((truth - predicted) ** 2).sum()) / spread if spread > 0 else float("nan")


def pearson_r(truth: Floats, predicted: Floats) -> float:
    """Pearson's correlation [shape=(rows,)]; nan where either side is constant."""
    one, other = truth - truth.mean(), predicted - predicted.mean()
    # Scaled first, so that the squares of tiny numbers do not vanish.
    one, other = (part / (np.abs(part).max() or 1) for part in (one, other))
    norm = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float(np.clip((one * other).sum() / norm, -1, 1)) if norm > 0 else float("nan")


def mean_absolute_error(truth: Floats, predicted: Floats) -> float:
    """Mean of |y − ŷ|, in the unit of the output [shape=(rows,)]."""
    return float(np.abs(truth - predicted).mean())
