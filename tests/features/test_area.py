"""Drawing on another grid against repeating every cell until both grids divide it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.features.area import area_mean

sizes = st.integers(1, 24)


def by_repeating(array, rows, columns):
    for axis, cells in enumerate((rows, columns)):
        fine = math.lcm(array.shape[axis], cells)
        array = np.repeat(array, fine // array.shape[axis], axis)
        shape = (*array.shape[:axis], cells, fine // cells, *array.shape[axis + 1 :])
        array = array.reshape(shape).mean(axis + 1)
    return array


@settings(max_examples=150, deadline=None)
@given(shape=st.tuples(sizes, sizes), rows=sizes, columns=sizes, seed=st.integers(0, 99))
def test_a_cell_is_the_mean_of_what_it_covers(shape, rows, columns, seed):
    array = np.random.default_rng(seed).uniform(-80, 0, shape).astype(np.float32)
    drawn = area_mean([array], width=shape[1], rows=rows, columns=columns)
    assert drawn.dtype == np.float32
    np.testing.assert_allclose(
        drawn, by_repeating(array.astype(float), rows, columns), rtol=1e-5, atol=1e-4
    )


@settings(max_examples=60, deadline=None)
@given(width=st.integers(1, 1500), columns=st.integers(1, 60), cuts=st.lists(st.integers(0, 1500)))
def test_pieces_make_no_difference(width, columns, cuts):
    array = np.random.default_rng(width).uniform(0, 1, (3, width)).astype(np.float32)
    pieces = np.split(array, sorted(min(cut, width) for cut in cuts), axis=1)
    drawn = area_mean(pieces, width=width, rows=2, columns=columns)
    whole = area_mean([array], width=width, rows=2, columns=columns)
    np.testing.assert_allclose(drawn, whole, atol=1e-5)


def test_the_same_grid_gives_the_same_values():
    array = np.random.default_rng(0).uniform(0, 1, (288, 1432)).astype(np.float32)
    np.testing.assert_array_equal(area_mean([array], width=1432, rows=288, columns=1432), array)


def test_half_of_a_half_is_a_quarter():
    array = np.random.default_rng(0).uniform(0, 1, (128, 517)).astype(np.float32)
    full = area_mean([array], width=517, rows=288, columns=432)
    half = area_mean([full], width=432, rows=144, columns=216)
    direct = area_mean([array], width=517, rows=144, columns=216)
    np.testing.assert_allclose(half, direct, atol=1e-6)
    np.testing.assert_allclose(half, full.reshape(144, 2, 216, 2).mean((1, 3)), atol=1e-6)


@pytest.mark.parametrize("blocks", [[], [np.zeros((4, 5), np.float32)]])
def test_a_wrong_width_is_refused(blocks):
    with pytest.raises(ValueError, match="7"):
        area_mean(blocks, width=7, rows=2, columns=2)
