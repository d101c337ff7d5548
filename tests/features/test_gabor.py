"""The Gabor transform against its formula, on what only a Gaussian does, and its refusals."""

from __future__ import annotations

import numpy as np
import pytest

from earmark.features import Gabor


def test_a_column_is_the_formula():
    feature = Gabor(n_fft=256, hop=100, deviation=30.0)
    x = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    n, k = np.arange(-128, 1128), np.arange(129)[:, None]
    padded = np.concatenate([np.zeros(128), x, np.zeros(128)])
    expected = []
    for j in range(11):
        near = (n >= 100 * j - 128) & (n < 100 * j + 128)
        m = n[near] - 100 * j
        product = padded[near] * np.exp(-0.5 * (m / 30.0) ** 2)
        expected.append(np.abs((product * np.exp(-2j * np.pi * k * m / 256)).sum(axis=1)))
    expected = np.array(expected).T
    np.testing.assert_allclose(feature(x), expected / expected.max(), atol=2e-6)


def test_a_tone_is_a_gaussian_in_frequency_and_a_click_in_time():
    """The transform of a Gaussian is one: deviation in Hz times that in seconds is 1 / 2π."""
    feature = Gabor(hop=16)
    t = np.arange(22050)
    tone = np.sin(t * (2 * np.pi * 280 / 2048)).astype(np.float32)
    from_tone = (np.arange(1025) - 280) * 22050 / 2048
    column = feature(tone)[:, 600]
    hertz = 22050 / (2 * np.pi * 256)
    np.testing.assert_allclose(column, np.exp(-0.5 * (from_tone / hertz) ** 2), atol=5e-3)
    click = np.zeros(22050, np.float32)
    click[11200] = 1
    samples = np.arange(feature.columns(22050)) * 16
    envelope = np.exp(-0.5 * ((samples - 11200) / 256) ** 2)
    np.testing.assert_allclose(feature(click)[500], envelope, atol=1e-3)


def test_the_loudest_cell_is_exactly_1_and_silence_is_0():
    noise = np.random.default_rng(0).standard_normal(22050).astype(np.float32)
    assert Gabor()(noise).max() == 1
    assert (Gabor()(np.zeros(22050, np.float32)) == 0).all()


def test_the_two_scales_say_the_same():
    noise = np.random.default_rng(0).standard_normal(22050).astype(np.float32)
    magnitude, decibels = Gabor()(noise), Gabor(scale="decibels")(noise)
    loud = decibels > -60
    np.testing.assert_allclose(20 * np.log10(magnitude[loud]), decibels[loud], atol=1e-3)


def test_a_log_mel_is_refused_with_the_reason():
    with pytest.raises(ValueError, match="another window"):
        Gabor().from_log_mel(np.zeros((128, 387), np.float32))


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"n_fft": 3}, "n_fft.*3"),
        ({"hop": 0}, "hop.*0"),
        ({"deviation": 0.0}, "deviation.*0"),
        ({"scale": "mel"}, "scale.*mel"),
        ({"range_db": 0.0}, "range_db.*0"),
    ],
)
def test_impossible_settings_are_refused_by_name(setting, words):
    with pytest.raises(ValueError, match=words):
        Gabor(**setting)
