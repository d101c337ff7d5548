"""The colour tables against matplotlib's, in both ways of turning them into bytes."""

from __future__ import annotations

from typing import get_args

import matplotlib as mpl
import numpy as np
import pytest

from earmark.features.colour_maps import ColourMapName, colour_map, coloured

NAMES = get_args(ColourMapName)


@pytest.mark.parametrize("name", NAMES)
def test_both_tables_are_matplotlibs(name):
    parts = mpl.colormaps["gray" if name == "grey" else name](np.arange(256))[:, :3]
    np.testing.assert_array_equal(colour_map(name).rounded, np.floor(parts * 255 + 0.5))
    np.testing.assert_array_equal(colour_map(name).cut, np.floor(parts * 255))


@pytest.mark.parametrize("name", NAMES)
def test_a_level_has_its_colour_at_any_shape(name):
    levels = np.float32([[0, 0.5 / 256, 1 / 256], [0.5, 255.5 / 256, 1]])
    entries = colour_map(name).rounded[[[0, 0, 1], [128, 255, 255]]]
    colours = coloured(levels, name)
    assert colours.dtype == np.float32
    np.testing.assert_array_equal(np.rint(colours * 255), entries)
