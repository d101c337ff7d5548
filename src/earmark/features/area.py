"""Arrays drawn on another grid: each new cell is the mean of the area that it covers."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from earmark.features.base import Array

_PARTS_AT_ONCE = 512  # keeps the table of weights small however long a block is


def area_mean(blocks: Iterable[Array], *, width: int, rows: int, columns: int) -> Array:
    """Draw an array on a grid of rows × columns, seeing it piece by piece.

    Cells of either grid are taken as areas of one value, so that no cell is dropped when there are
    fewer than before, and drawing to half the size, and half again, is drawing to a quarter.

    Args:
        blocks: the array in pieces from left to right [shape=(height, some columns)].
        width: how many columns the pieces have together.
        rows: rows wanted.
        columns: columns wanted.

    Returns:
        Means [shape=(rows, columns)]; the very same values where the grid is the same.
    """
    drawn: Array | None = None
    done = 0
    for block in blocks:
        if drawn is None:
            drawn = np.zeros((len(block), columns), np.float32)
        for start in range(0, block.shape[1], _PARTS_AT_ONCE):
            piece = block[:, start : start + _PARTS_AT_ONCE]
            first_cell, shares = _shares(width, columns, done, done + piece.shape[1])
            drawn[:, first_cell : first_cell + shares.shape[1]] += piece @ shares
            done += piece.shape[1]
    if drawn is None or done != width:
        raise ValueError(f"{done} columns came where {width} were said")
    _, shares = _shares(len(drawn), rows, 0, len(drawn))
    return shares.T @ drawn


def _shares(parts: int, cells: int, first: int, last: int) -> tuple[int, Array]:
    """How much of each cell a part fills, when so many parts and cells are equally long in all.

    Returns:
        The first cell that the parts from `first` to before `last` touch, and the shares of the
        cells from there on [shape=(parts, cells touched)]. All parts' shares of a cell add up to 1.
    """
    part = np.arange(first, last, dtype=np.int64)[:, None]
    first_cell = first * cells // parts
    cell = np.arange(first_cell, -(-last * cells // parts), dtype=np.int64)
    # In whole numbers: a part is `cells` long, a cell is `parts` long.
    ends = np.minimum((part + 1) * cells, (cell + 1) * parts)
    overlap = ends - np.maximum(part * cells, cell * parts)
    return first_cell, (np.maximum(overlap, 0) / parts).astype(np.float32)
