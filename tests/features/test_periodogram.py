"""The periodogram on tones and noise, whole and averaged, and its refusals."""

from __future__ import annotations

import numpy as np
import pytest

from earmark.features import Periodogram

WHOLE = Periodogram(segment=0, window="rectangular")


def test_tones_stand_where_they_are_and_as_loud():
    t = np.arange(4 * 22050) / 22050
    tones = np.sin(2 * np.pi * 1000 * t) + 0.01 * np.sin(2 * np.pi * 5000 * t)
    for feature in (Periodogram(), WHOLE, Periodogram(segment=1024, hop=1024)):
        result = feature(tones.astype(np.float32))
        hertz = np.arange(len(result)) * (feature.rate / 2 / (len(result) - 1))
        assert hertz[result.argmax()] == pytest.approx(1000, abs=22)
        assert result[np.abs(hertz - 5000) < 50].max() == pytest.approx(-40, abs=2)


def test_averaging_makes_noise_smooth():
    noise = np.random.default_rng(0).standard_normal(30 * 22050).astype(np.float32)
    averaged, whole = Periodogram()(noise)[1:-1], WHOLE(noise)[1:-1]
    assert averaged.std() < 0.5
    assert whole.std() > 4  # the dB of one periodogram's bin deviate by 5.6, however long it is


def test_bartlett_is_the_mean_of_plain_periodograms():
    noise = np.random.default_rng(0).standard_normal(10 * 512 + 100).astype(np.float32)
    bartlett = Periodogram(segment=512, hop=512, window="rectangular")
    power = np.abs(np.fft.rfft(noise[: 10 * 512].reshape(10, 512).astype(float))) ** 2
    density = power.mean(axis=0)
    density[1:-1] *= 2
    np.testing.assert_allclose(bartlett(noise), 10 * np.log10(density / density.max()), atol=1e-3)


@pytest.mark.parametrize("samples", [1, 2, 1000, 1001])
def test_a_whole_waveform_of_any_length(samples):
    noise = np.random.default_rng(0).standard_normal(samples).astype(np.float32)
    assert WHOLE(noise).shape == WHOLE.shape(samples / 22050) == (samples // 2 + 1,)


def test_shorter_than_a_segment_is_refused():
    with pytest.raises(ValueError, match="4095 samples are too few"):
        Periodogram()(np.zeros(4095, np.float32))


def test_a_log_mel_is_refused_with_the_reason():
    with pytest.raises(ValueError, match="one sum per mel band"):
        Periodogram().from_log_mel(np.zeros((128, 387), np.float32))


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"segment": -2}, "segment.*-2"),
        ({"segment": 4095}, "segment.*4095"),
        ({"segment": None}, "segment.*None"),
        ({"hop": 0}, "hop.*0"),
        ({"window": "gauss"}, "window.*gauss"),
        ({"range_db": 0.0}, "range_db.*0"),
    ],
)
def test_impossible_settings_are_refused_by_name(setting, words):
    with pytest.raises(ValueError, match=words):
        Periodogram(**setting)
