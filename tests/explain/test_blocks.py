"""The heaviest blocks against looking at every block, and random places."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.explain.blocks import Block, heaviest, mask_of, scattered


def every_block(shape):
    for rows in range(1, shape[0] + 1):
        for columns in range(1, shape[1] + 1):
            if 0.01 <= rows * columns / (shape[0] * shape[1]) <= 0.06:
                for row in range(shape[0] - rows + 1):
                    for column in range(shape[1] - columns + 1):
                        yield Block(row, column, rows, columns)


def score(block: Block, weights: np.ndarray) -> float:
    return weights[block.cells].sum() / np.sqrt(block.rows * block.columns)


@given(rows=st.integers(5, 9), columns=st.integers(5, 9), seed=st.integers(0, 999))
@settings(max_examples=20)
def test_the_heaviest_are_those_that_looking_at_all_finds(rows, columns, seed):
    weights = np.random.default_rng(seed).normal(size=(rows, columns))
    free = list(every_block(weights.shape))
    for block in heaviest(weights):
        best = max(score(other, weights) for other in free)
        assert score(block, weights) == pytest.approx(best)
        taken = mask_of([block], weights.shape)
        free = [other for other in free if not taken[other.cells].any()]


@given(seed=st.integers(0, 99), most=st.integers(0, 5))
@settings(max_examples=20)
def test_blocks_lie_apart_and_are_no_more_than_asked_for(seed, most):
    weights = np.random.default_rng(seed).normal(size=(16, 20))
    blocks = heaviest(weights, most)
    assert len(blocks) == most
    assert mask_of(blocks, weights.shape).sum() == sum(b.rows * b.columns for b in blocks)


def test_where_nothing_weighs_there_is_no_block():
    assert heaviest(np.zeros((16, 20))) == []
    assert heaviest(-np.ones((16, 20))) == []
    assert heaviest(np.ones((1, 1))) == [Block(0, 0, 1, 1)]


@given(seed=st.integers(0, 999))
@settings(max_examples=20)
def test_random_places_take_as_much_and_are_many(seed):
    rng = np.random.default_rng(seed)
    blocks = heaviest(rng.normal(size=(16, 20)))
    moved = [scattered(blocks, (16, 20), rng) for _ in range(5)]
    for others in moved:
        assert [(b.rows, b.columns) for b in others] == [(b.rows, b.columns) for b in blocks]
        assert mask_of(others, (16, 20)).sum() == mask_of(blocks, (16, 20)).sum()
    assert len({tuple(others) for others in moved}) == 5
