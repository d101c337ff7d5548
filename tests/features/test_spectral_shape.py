"""Spectra of known shape. What vectors share is in test_texture.py."""

from __future__ import annotations

import numpy as np
import pytest

from earmark.features import SpectralShape


def measures_of(levels):
    feature = SpectralShape()
    return dict(zip(feature.names, feature.describe(levels), strict=True))


def still(column):
    return np.repeat(np.asarray(column, float)[:, None], 40, axis=1)


def test_a_flat_spectrum():
    found = measures_of(still(np.full(128, -30)))
    assert found["centroid mean"] == pytest.approx(63.5)
    assert found["spread mean"] == pytest.approx(np.sqrt((128**2 - 1) / 12))
    assert found["flatness mean"] == pytest.approx(0)
    assert found["crest mean"] == pytest.approx(0)
    assert found["level mean"] == pytest.approx(-30 + 10 * np.log10(128))
    assert found["entropy mean"] == pytest.approx(np.log(128))
    assert found["roll-off 85 % mean"] == 108
    assert found["slope mean"] == pytest.approx(0)
    assert all(found[name] == pytest.approx(0) for name in found if "contrast" in name)


def test_a_tone_over_a_floor():
    column = np.full(128, -80.0)
    column[90] = 0
    found = measures_of(still(column))
    assert found["centroid mean"] == pytest.approx(90, abs=1e-3)
    assert found["roll-off 50 % mean"] == found["roll-off 95 % mean"] == 90
    assert found["flatness mean"] == pytest.approx(-80 * 127 / 128 + 10 * np.log10(128), abs=1e-3)
    assert found["crest mean"] == pytest.approx(10 * np.log10(128), abs=1e-3)
    contrasts = [value for name, value in found.items() if name.startswith("contrast")]
    means = contrasts[0::3]
    assert means.index(max(means)) == 90 // 16
    assert max(means) == pytest.approx(80 / 3)  # one of the three bands that make up a fifth


def test_a_tilted_spectrum_has_its_slope():
    assert measures_of(still(-0.5 * np.arange(128)))["slope mean"] == pytest.approx(-0.5)


def test_what_stands_still_deviates_from_nothing():
    found = measures_of(still(np.linspace(-60, 0, 128)))
    for name, value in found.items():
        if not name.endswith("mean"):
            assert value == pytest.approx(0, abs=1e-6), name


def test_a_spectrum_that_jumps():
    levels = np.full((128, 40), -80.0)
    levels[20, 0::2] = levels[40, 1::2] = 0
    found = measures_of(levels)
    assert found["centroid mean"] == pytest.approx(30, abs=1e-3)
    assert found["centroid deviation"] == pytest.approx(10, abs=1e-3)
    assert found["centroid delta deviation"] == pytest.approx(20, rel=1e-3)
