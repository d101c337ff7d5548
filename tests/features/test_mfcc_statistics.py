"""MFCC statistics of levels that are known. What vectors share is in test_texture.py."""

from __future__ import annotations

import numpy as np
import pytest

from earmark.features import LogMel, MfccStatistics


def measures_of(levels, **settings):
    feature = MfccStatistics(**settings)
    return dict(zip(feature.names, feature.describe(levels), strict=True))


def test_a_ripple_over_bands_is_one_coefficient():
    ripple = np.cos(np.pi / 128 * 5 * (np.arange(128) + 0.5))[:, None]
    found = measures_of(-40 + 10 * np.tile(ripple, 40))
    assert found["mean c0"] == pytest.approx(-40 * np.sqrt(128))
    assert found["mean c5"] == pytest.approx(10 * np.sqrt(64))
    rest = [value for name, value in found.items() if name not in ("mean c0", "mean c5")]
    np.testing.assert_allclose(rest, 0, atol=1e-9)


def test_a_level_that_alternates():
    """±3 dB from column to column: deltas of ±6 dB, and second deltas of ±12 dB."""
    levels = -40 + 3.0 * np.tile([1, -1], 50) * np.ones((128, 1))
    found = measures_of(levels)
    unit = np.sqrt(128)
    assert found["deviation c0"] == pytest.approx(3 * unit)
    assert found["delta deviation c0"] == pytest.approx(6 * unit, rel=1e-3)
    assert found["second delta deviation c0"] == pytest.approx(12 * unit, rel=1e-3)
    assert found["skewness c0"] == pytest.approx(0, abs=1e-6)


def test_rare_loud_columns_lean_to_the_right():
    levels = np.full((128, 100), -60.0)
    levels[:, ::10] = -20
    assert measures_of(levels)["skewness c0"] == pytest.approx(8 / 3, rel=1e-3)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"coefficients": 0}, "coefficients must be a whole number of at least 1"),
        ({"coefficients": 41, "source": LogMel(bands=40)}, "coefficients must be at most.*40.*41"),
    ],
)
def test_impossible_settings_are_refused_by_name(settings, words):
    with pytest.raises(ValueError, match=words):
        MfccStatistics(**settings)
