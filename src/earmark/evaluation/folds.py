"""Judging what was fitted without the judged tracks: rows in folds that keep groups together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FOLDS = 5


def folds_of(groups: NDArray[np.int64], folds: int = FOLDS) -> NDArray[np.int64]:
    """A fold for every row [shape=(rows,)], by the number of its group, such as its artist.

    Largest group first, each to the fold with the fewest rows; of equals the first. The same
    groups give the same folds. There are no more folds than groups.
    """
    names, of_row, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    filled = np.zeros(min(folds, len(names)), np.int64)
    fold_of_group = np.zeros(len(names), np.int64)
    for group in np.argsort(-sizes, kind="stable"):
        fold_of_group[group] = fold = filled.argmin()
        filled[fold] += sizes[group]
    return fold_of_group[of_row]
