"""Tones and strokes told apart. What vectors share is in test_texture.py."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.features import HarmonicPercussive
from earmark.features.harmonic_percussive import running_median


@given(
    st.integers(0, 1000),
    st.integers(0, 5).map(lambda half: 2 * half + 1),
    st.integers(0, 1),
    st.integers(6, 20),
)
def test_running_medians_are_numpys(seed, length, axis, size):
    cells = np.random.default_rng(seed).integers(-20, 0, (size, size + 3)).astype(float)
    rows = cells if axis else cells.T
    mirrored = np.pad(rows, ((0, 0), (length // 2, length // 2)), mode="reflect")
    expected = np.array(
        [[np.median(row[i : i + length]) for i in range(rows.shape[1])] for row in mirrored]
    )
    ours = running_median(cells, length, axis=axis)
    np.testing.assert_array_equal(ours, expected if axis else expected.T)


def test_tones_lie_on_the_harmonic_median_and_strokes_on_the_percussive_one():
    levels = np.full((128, 80), -60.0)
    levels[5::16] = -10  # tones below 4.7 kHz, strokes above
    levels[96:] = -60
    levels[96:, 5::10] = -10
    feature = HarmonicPercussive(groups=4)
    table = dict(zip(feature.table, feature.describe(levels).reshape(4, 4), strict=True))
    np.testing.assert_allclose(table["off harmonic"][:3], 0, atol=1e-9)
    assert table["off harmonic"][3] == pytest.approx(5)  # a tenth of the columns, 50 dB each
    np.testing.assert_allclose(table["above percussive"][:2], 50 / 16)
    assert table["off percussive"][3] < 1  # its lowest bands border on the tones' range


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"median_columns": 4}, "median_columns must be odd and less than 24, not 4"),
        ({"median_columns": 25}, "median_columns must be odd and less than 24, not 25"),
        ({"median_bands": 257}, "median_bands must be odd and less than 256, not 257"),
        ({"median_bands": 9.0}, "median_bands must be a whole number"),
        ({"groups": 200}, "groups must be at most"),
    ],
)
def test_impossible_settings_are_refused_by_name(settings, words):
    with pytest.raises(ValueError, match=words):
        HarmonicPercussive(**settings)
