"""Onsets at known times. What vectors share is in test_texture.py."""

from __future__ import annotations

import numpy as np
import pytest

from earmark.features import LogMel, Rhythm


def measures_of(levels, **settings):
    feature = Rhythm(**settings)
    return dict(zip(feature.names, feature.describe(levels), strict=True))


def strokes(every, columns=387):
    levels = np.full((128, columns), -60.0)
    levels[:, ::every] = -20
    return levels


@pytest.mark.parametrize("every", [5, 8, 13])
def test_even_strokes_have_their_period(every):
    found = measures_of(strokes(every))
    second = every * 512 * 2586 / 775 / 22050
    assert found["period peak 1"] == pytest.approx(np.log2(second))
    assert found["period peak 2"] == pytest.approx(np.log2(second) + 1)
    assert 0.9 < found["autocorrelation peak 1"] <= 1
    assert found["autocorrelation peak 2"] < found["autocorrelation peak 1"]


def test_beats_of_sound_are_found_between_two_lags():
    """Clicks at 100 a minute, 0.6 s apart; columns 11.6 ms apart are close enough to say so."""
    seconds = np.arange(12 * 22050) / 22050
    noise = np.random.default_rng(0).standard_normal(len(seconds))
    clicks = (noise * np.exp(-40 * (seconds % 0.6))).astype(np.float32)
    fine = Rhythm(source=LogMel(hop=256, frames_per_column=(1, 1)))
    found = dict(zip(fine.names, fine(clicks), strict=True))
    assert 2 ** found["period peak 1"] == pytest.approx(0.6, abs=0.012)
    coarse = Rhythm()
    found = dict(zip(coarse.names, coarse(clicks), strict=True))
    ratio = 2 ** found["period peak 1"] / 0.6
    assert ratio == pytest.approx(round(ratio), abs=0.13)


def test_strength_and_variation():
    found = measures_of(strokes(10, 401), groups=1)
    low, high = 26, 10736
    mean = 40 * 40 / 400  # 40 rises by 40 dB among 400 differences
    assert found[f"onset strength {low} to {high} Hz"] == pytest.approx(
        10 * np.log10(mean + 0.1), abs=0.01
    )
    assert found[f"onset variation {low} to {high} Hz"] == pytest.approx(
        mean * 3 / (mean + 0.1), rel=0.01
    )
    assert found[f"onset skewness {low} to {high} Hz"] == pytest.approx(8 / 3, rel=0.02)


def test_what_only_fades_has_no_onsets_and_no_period():
    fading = np.linspace(0, -60, 200) * np.ones((128, 1))
    found = measures_of(fading)
    assert all(found[name] == 0 for name in found if "strength" not in name)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"longest_seconds": 0.3}, "longest_seconds must be more than 0.3"),
        ({"longest_seconds": -1.0}, "longest_seconds must be above 0 s"),
        ({"groups": 0}, "groups must be a whole number"),
    ],
)
def test_impossible_settings_are_refused_by_name(settings, words):
    with pytest.raises(ValueError, match=words):
        Rhythm(**settings)
