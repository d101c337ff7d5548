"""Rectangles of a grid: where weights are heaviest, and random places for as much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from earmark.explain.occlusion import Mask, Numbers

MOST = 3
"""Blocks that are named on each side."""
_SHARES = 0.01, 0.06  # the least and the most of a window that a block takes
_TRIES = 1000


@dataclass(frozen=True)
class Block:
    """Neighbouring cells of a grid.

    Attributes:
        row: the first.
        column: the first.
        rows: how many.
        columns: how many.
    """

    row: int
    column: int
    rows: int
    columns: int

    @property
    def cells(self) -> tuple[slice, slice]:
        """Index of its cells in an array over the grid."""
        return (
            slice(self.row, self.row + self.rows),
            slice(self.column, self.column + self.columns),
        )


def mask_of(blocks: Sequence[Block], shape: tuple[int, int]) -> Mask:
    """Where blocks lie in a grid [shape=shape]."""
    mask = np.zeros(shape, bool)
    for block in blocks:
        mask[block.cells] = True
    return mask


def heaviest(weights: Numbers, most: int = MOST) -> list[Block]:
    """Separate blocks whose weight is largest for their size, the heaviest first.

    The largest sum over the root of the number of cells, as in a scan statistic (Kulldorff 1997):
    a block gains by growing only where it takes in cells that are about as heavy.

    Args:
        weights: of the cells [shape=(rows, columns)].
        most: no more blocks than these; only those with a positive sum.
    """
    found: list[Block] = []
    for _ in range(most):
        taken = mask_of(found, weights.shape).astype(np.float64)
        score, block = max(
            (_best(weights, taken, *size) for size in _sizes(weights.shape)),
            key=lambda best: best[0],
        )
        if not score > 0:
            break
        found.append(block)
    return found


def scattered(
    blocks: Sequence[Block], shape: tuple[int, int], rng: np.random.Generator
) -> list[Block]:
    """Blocks of the same sizes at random places; apart, as the others are, where that can be."""
    for _ in range(_TRIES):
        moved = [
            Block(
                int(rng.integers(shape[0] - block.rows + 1)),
                int(rng.integers(shape[1] - block.columns + 1)),
                block.rows,
                block.columns,
            )
            for block in blocks
        ]
        if mask_of(moved, shape).sum() == sum(block.rows * block.columns for block in blocks):
            break
    return moved


def _sizes(shape: tuple[int, int]) -> list[tuple[int, int]]:
    """Rows and columns that a block may have; a single cell in the smallest of grids."""
    least, most = (share * shape[0] * shape[1] for share in _SHARES)
    return [
        (rows, columns)
        for rows in range(1, shape[0] + 1)
        for columns in range(1, shape[1] + 1)
        if least <= rows * columns <= most
    ] or [(1, 1)]


def _best(weights: Numbers, taken: Numbers, rows: int, columns: int) -> tuple[float, Block]:
    """The heaviest free block of one size, and how heavy it is; −∞ where none is free."""
    sums = np.where(_sums(taken, rows, columns) > 0.5, -np.inf, _sums(weights, rows, columns))
    place = np.unravel_index(int(sums.argmax()), sums.shape)
    score = float(sums[place]) / (rows * columns) ** 0.5
    return score, Block(int(place[0]), int(place[1]), rows, columns)


def _sums(cells: Numbers, rows: int, columns: int) -> Numbers:
    """Sums over every block of one size, by a table of sums (Crow 1984)."""
    table = np.zeros((cells.shape[0] + 1, cells.shape[1] + 1))
    table[1:, 1:] = cells.cumsum(axis=0).cumsum(axis=1)
    low, high = table[:-rows, :], table[rows:, :]
    both: Numbers = (high - low)[:, columns:] - (high - low)[:, :-columns]
    return both
