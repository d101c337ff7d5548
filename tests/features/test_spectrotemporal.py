"""Ripples of known rate, scale and direction. What vectors share is in test_texture.py."""

from __future__ import annotations

import numpy as np
import pytest

from earmark.features import Spectrotemporal

FEATURE = Spectrotemporal(groups=1)


def strengths(levels):
    """Mean strength in dB of each kind of ripple, by its name."""
    vector = np.exp(FEATURE.describe(levels)) - 0.001
    return {
        name.removeprefix("mean of ripples "): value
        for name, value in zip(FEATURE.names, vector, strict=True)
        if name.startswith("mean")
    }


def ripple(hertz, scale, depth=6.0):
    """Crests move towards higher bands where the scale is below 0."""
    cycles = hertz / FEATURE.columns_per_second * np.arange(387) + scale * np.arange(128)[:, None]
    return -40 + depth * np.cos(2 * np.pi * cycles)


@pytest.mark.parametrize(
    ("hertz", "scale", "name"),
    [
        (1.4, 0.08, "at 1.4 Hz, 0.08 cycles per band down"),
        (1.4, -0.08, "at 1.4 Hz, 0.08 cycles per band up"),
        (3.5, 0.0, "at 3.5 Hz, 0 cycles per band"),
        (0.5, -0.27, "at 0.5 Hz, 0.27 cycles per band up"),
    ],
)
def test_a_ripple_sounds_in_its_own_filter(hertz, scale, name):
    found = strengths(ripple(hertz, scale))
    loudest = max(found, key=found.get)
    assert loudest.startswith(name)
    # A wave is two ripples of half its depth, of which one passes; and it fades at the edges.
    assert found[loudest] == pytest.approx(3, rel=0.2)


def test_time_reversed_rises_where_it_fell(log_mels):
    levels = log_mels["jazz"].astype(np.float64)
    forward, backward = strengths(levels), strengths(levels[:, ::-1])
    down = [name for name in forward if " down" in name]
    ups = [name.replace(" down", " up") for name in down]
    assert len(down) == 35
    ours, theirs = [forward[name] for name in down], [backward[name] for name in ups]
    assert np.corrcoef(np.log(ours), np.log(theirs))[0, 1] > 0.99


def test_few_points_say_what_all_of_them_would(log_mels):
    """Mean strength by the full inverse transform, of one filter."""
    levels = log_mels["rock"].astype(np.float64)
    centred = levels - levels.mean(axis=1, keepdims=True)
    scale, rate = 0.08, 1.4 / FEATURE.columns_per_second
    plane = np.fft.fft2(centred, (256, 512))
    off = np.hypot(
        (np.fft.fftfreq(256)[:, None] - scale) / (0.4 * scale),
        (np.fft.fftfreq(512) - rate) / (0.4 * rate),
    )
    whole = np.abs(np.fft.ifft2(plane * np.exp(-(off**2) / 2)))[:128, : levels.shape[1]]
    (ours,) = [
        value
        for name, value in strengths(levels).items()
        if name.startswith("at 1.4 Hz, 0.08 cycles per band down")
    ]
    assert ours == pytest.approx(whole.mean(), rel=0.05)


def test_a_sound_that_stands_still_has_no_ripples():
    still = np.repeat(np.linspace(-70, -10, 128)[:, None], 60, axis=1)
    np.testing.assert_allclose(FEATURE.describe(still), np.log(0.001), atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"groups": 129}, "groups must be at most the bands of the source, 128, not 129"),
        ({"rates": ()}, "rates must ascend between 0 and 6.45 Hz"),
        ({"rates": (1.0, 7.0)}, "rates must ascend between 0 and 6.45 Hz"),
        ({"rates": (2.0, 1.0)}, "rates must ascend"),
        ({"scales": (0.0, 0.1)}, "scales must ascend between 0 and 0.5 cycles per band"),
        ({"rates": 3.0}, "rates must ascend between 0 and 6.45 Hz, not 3.0"),
        ({"rates": ("slow",)}, "rates must ascend"),
    ],
)
def test_impossible_settings_are_refused_by_name(settings, words):
    with pytest.raises(ValueError, match=words):
        Spectrotemporal(**settings)
