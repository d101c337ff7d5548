"""Modulations of known rate and depth. What vectors share is in test_texture.py."""

from __future__ import annotations

import numpy as np
import pytest

from earmark.features import LogMel, Modulation


def energies(levels, **settings):
    """dB² [shape=(octaves, groups)]."""
    feature = Modulation(**settings)
    return 10 ** (feature.describe(levels).reshape(feature.octaves, -1) / 10)


@pytest.mark.parametrize(("hertz", "octave"), [(0.14, 0), (0.3, 1), (0.6, 2), (2.3, 4), (5.0, 5)])
def test_a_tremor_stands_in_its_octave_with_its_variance(hertz, octave):
    columns = np.arange(387)
    rate = Modulation().columns_per_second
    levels = np.full((128, 387), -40.0)
    levels[64:] += 6 * np.sin(2 * np.pi * hertz / rate * columns)
    found = energies(levels, groups=2)
    assert found[octave, 1] == pytest.approx(18, rel=0.05)
    assert np.delete(found[:, 1], octave).max() < 1
    np.testing.assert_allclose(found[:, 0], 0.01)  # what stands still is at the floor


def test_octaves_of_noise_hold_nearly_all_its_variance():
    levels = np.random.default_rng(0).normal(-40, 5, (128, 387))
    found = energies(levels, groups=128, octaves=8)
    assert found.sum(axis=0).mean() == pytest.approx(25, rel=0.03)
    assert found[-1].mean() == pytest.approx(12.5, rel=0.05)  # half of the frequencies


def test_tables_say_rates_and_bands():
    feature = Modulation(groups=2, octaves=2, source=LogMel(frames_per_column=(1, 1)))
    assert feature.names == (
        "5.4 to 11 Hz 26 to 1956 Hz",
        "5.4 to 11 Hz 2009 to 10736 Hz",
        "11 to 22 Hz 26 to 1956 Hz",
        "11 to 22 Hz 2009 to 10736 Hz",
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"groups": 129}, "groups must be at most the bands of the source, 128, not 129"),
        ({"groups": 0}, "groups must be a whole number"),
        ({"octaves": 0}, "octaves must be a whole number"),
    ],
)
def test_impossible_settings_are_refused_by_name(settings, words):
    with pytest.raises(ValueError, match=words):
        Modulation(**settings)
