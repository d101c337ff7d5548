"""What is left of an answer when parts of a log-mel are deleted, and what each part weighs.

A deleted cell takes its band's mean over the window: the sound of the recording stays, and what
happens there is gone. (Most of Earmark's models subtract that mean first: for them it is nothing.)
Random masks delete a fifth of the window each, as in RISE (Petsiuk, Das and Saenko 2018); a linear
model of what they do to the answer, as in LIME (Ribeiro, Singh and Guestrin 2016), says what each
cell of a grid weighs. Neighbouring cells are taken to weigh alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from earmark.features.base import Array

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]

ROWS, COLUMNS = 16, 20
"""The grid: in a window of 30 s each cell is 1.5 s long and 8 of 128 bands high."""
MASKS = 160

_SHARE = 0.2  # of a window that a mask deletes
_PATCH = 2  # cells of the grid, each way, that a mask deletes together
_REACH = 1.0  # cells over which weights are taken to be alike: deviation of a Gaussian
_NOISE = 0.3  # of the variance of falls, what no sum of weights explains
_LEAST_ODDS = 1e-5  # probabilities are held so far from 0 and 1


class Occlusion:
    """A log-mel of which parts can be deleted.

    Attributes:
        shape: rows and columns of the grid; fewer where there are fewer bands or columns.
        row_edges: the bands at which rows begin, and the end of the last [shape=(rows + 1,)].
        column_edges: the same of columns.
        judgements: how often the model was asked.
    """

    def __init__(
        self, log_mel: Array, judge: Callable[[Array], float], *, threads: int = 1
    ) -> None:
        """Prepare a log-mel [shape=(bands, columns)]; `judge` says how strong the answer is."""
        bands, columns = log_mel.shape
        self.shape = min(ROWS, bands), min(COLUMNS, columns)
        self.row_edges = np.linspace(0, bands, self.shape[0] + 1).round().astype(int)
        self.column_edges = np.linspace(0, columns, self.shape[1] + 1).round().astype(int)
        self._log_mel, self._judge, self._threads = log_mel, judge, threads
        self._mean = log_mel.mean(axis=1, keepdims=True)
        self.judgements = 0

    def without(self, mask: Mask) -> Array:
        """The log-mel with cells of the grid deleted [shape=(bands, columns)]."""
        cells = mask.repeat(np.diff(self.row_edges), axis=0)
        cells = cells.repeat(np.diff(self.column_edges), axis=1)
        return np.where(cells, self._mean, self._log_mel)

    def judged(self, masks: Sequence[Mask]) -> Numbers:
        """How strong the answer is without each of these [shape=(masks,)]."""
        from concurrent.futures import ThreadPoolExecutor

        self.judgements += len(masks)
        with ThreadPoolExecutor(self._threads) as pool:
            left = pool.map(lambda mask: self._judge(self.without(mask)), masks)
            return np.array(list(left), np.float64)


def weights(occlusion: Occlusion, whole: float, *, odds: bool, seed: int = 0) -> Numbers:
    """What each cell of the grid gives to the answer [shape=occlusion.shape].

    Args:
        occlusion: the log-mel, and who judges it.
        whole: how strong the answer is when nothing is deleted.
        odds: whether that is a probability, whose log-odds are what weights add up to; a number
            is taken as it is.
        seed: of the masks.
    """
    masks = random_masks(occlusion.shape, np.random.default_rng(seed))
    scale = log_odds if odds else partial(np.asarray, dtype=np.float64)
    falls = scale(np.array([whole])) - scale(occlusion.judged(list(masks)))
    return smooth_ridge(masks, falls)


def random_masks(
    shape: tuple[int, int], rng: np.random.Generator, count: int = MASKS
) -> NDArray[np.bool_]:
    """Masks of patches at random places, whose lattice shifts [shape=(count, *shape)]."""
    lattice = [size // _PATCH + 1 for size in shape]
    patches = rng.random((count, *lattice)) < _SHARE
    cells = patches.repeat(_PATCH, axis=1).repeat(_PATCH, axis=2)
    shifts = rng.integers(_PATCH, size=(count, 2))
    rows, columns = shape
    return np.array(
        [cell[y : y + rows, x : x + columns] for cell, (y, x) in zip(cells, shifts, strict=True)]
    )


def smooth_ridge(masks: NDArray[np.bool_], falls: Numbers) -> Numbers:
    """Weights of cells whose sum over each mask is near the fall that it causes [shape=grid].

    Ridge regression with a Gaussian covariance of neighbouring cells (Rasmussen and Williams 2006,
    eq. 2.11), solved in the space of the masks [shape=(masks, rows, columns)].
    """
    count, *shape = masks.shape
    deleted = masks.reshape(count, -1).astype(np.float64)
    deleted -= deleted.mean(axis=0)
    alike = np.kron(*(_alike(size) for size in shape))
    spread = deleted @ alike
    gram = spread @ deleted.T
    noise = _NOISE * max(np.trace(gram) / count, np.finfo(float).tiny)
    solved = np.linalg.solve(gram + noise * np.eye(count), falls - falls.mean())
    return (spread.T @ solved).reshape(shape)


def log_odds(probabilities: Numbers) -> Numbers:
    """ln p / (1 − p), of probabilities held away from 0 and 1 (same shape)."""
    held = np.clip(probabilities, _LEAST_ODDS, 1 - _LEAST_ODDS)
    return np.log(held / (1 - held))


def _alike(size: int) -> Numbers:
    """How alike cells in a row are taken to be [shape=(size, size)]."""
    steps = np.arange(size)[:, None] - np.arange(size)
    return np.exp(-0.5 * (steps / _REACH) ** 2)
