"""Images from stored log-mels and from pictures, and refusals.

`test_parity.py` compares those of sound with librosa and matplotlib.
"""

from __future__ import annotations

from dataclasses import replace

import librosa
import numpy as np
import pytest

from earmark.audio import load_audio
from earmark.features import LinearSpectrogram, LogMel, Slices
from earmark.features.colour_maps import colour_map
from earmark.features.image import ColourImage, GreyImage
from earmark.features.log_mel_image import read_log_mel_image

EVERY_FRAME = (1, 1)


@pytest.fixture(scope="module")
def music(album):
    return load_audio(album[5], duration_seconds=12)


@pytest.fixture(scope="module")
def track(album):
    pieces = [load_audio(album[2]), load_audio(album[7])]
    return np.concatenate(pieces)[: 30 * 22050]


def by_integral(array, cells, axis):
    """Means over equal stretches, as differences of the integral at their ends."""
    array = np.moveaxis(array.astype(float), axis, -1)
    count = array.shape[-1]
    integral = np.concatenate([np.zeros((len(array), 1)), np.cumsum(array, -1)], -1)
    ends = np.linspace(0, count, cells + 1)
    at_ends = np.stack([np.interp(ends, np.arange(count + 1), row) for row in integral])
    return np.moveaxis(np.diff(at_ends) * cells / count, -1, axis)


def test_the_papers_mel_formula_is_the_htk_scale():
    """1127 ln(1 + f / 700) differs from 2595 log10(1 + f / 700) by a factor, which cancels."""
    hz = np.linspace(20, 8000, 50)
    ratio = 1127 * np.log(1 + hz / 700) / librosa.hz_to_mel(hz, htk=True)
    np.testing.assert_allclose(ratio, ratio[0])
    assert GreyImage().source == LogMel(f_max=8000.0, mel="htk", frames_per_column=EVERY_FRAME)


def test_row_0_is_the_lowest_band():
    seconds = np.arange(3 * 22050) / 22050
    for hertz, row in ((100, 10), (7500, 280)):
        tone = np.sin(2 * np.pi * hertz * seconds).astype(np.float32)
        assert abs(GreyImage()(tone).mean(axis=1).argmax() - row) < 12


def test_values_lie_between_0_and_1(music):
    soft_end = np.concatenate([music, np.zeros(22050, np.float32)])
    for image in (GreyImage(), ColourImage(colour_map="jet")):
        values = image(soft_end)
        assert values.min() == 0
        assert 0.9 < values.max() <= 1


def test_streams_hold_no_more_for_longer_files():
    """What is kept of a stream is the image and the source's spool, whatever came in."""
    image = GreyImage(rows=8, columns=8)
    drawn = image.stream()
    block = np.random.default_rng(0).standard_normal(22050).astype(np.float32)
    for _ in range(100):
        drawn.push(block)
    (only,) = drawn.blocks()
    assert np.abs(only - image(np.tile(block, 100))).max() < 1e-6


class TestFromLogMel:
    def test_the_same_bands_lose_frames_only(self, track):
        image = ColourImage(rows=64, columns=96)
        grey = GreyImage(source=image.source, rows=64, columns=96)
        stored = LogMel()(track)
        assert image.from_log_mel(stored).shape == image.shape(30.0)
        error = np.abs(grey.from_log_mel(stored) - grey(track))
        assert error.mean() < 0.03
        same_frames = replace(grey, source=LogMel())
        assert np.abs(grey.from_log_mel(stored) - same_frames(track)).max() < 1e-6

    def test_the_papers_bands_come_close(self, track):
        image = GreyImage(rows=72, columns=108)
        ours, true = image.from_log_mel(LogMel()(track)), image(track)
        assert ours.shape == true.shape
        assert np.corrcoef(ours.ravel(), true.ravel())[0, 1] > 0.98
        # The peaks are flatter, and all is relative to them: up to 5 dB, of a range of 80.
        assert 0 < np.median(ours - true) < 5 / 80

    @pytest.mark.parametrize("name", ["blues.00000", "blues.00003"])
    def test_real_stored_images(self, name, data):
        """Against the recordings themselves, which are there whole and unaltered."""
        stored = read_log_mel_image(data / "gtzan-mel" / "blues" / f"{name}.png")
        sound = load_audio(data / "gtzan-audio" / "blues" / f"{name}.flac")
        for image in (GreyImage(rows=72, columns=108), GreyImage(source=ColourImage().source)):
            ours, true = image.from_log_mel(stored), image(sound)
            assert np.corrcoef(ours.ravel(), true.ravel())[0, 1] > 0.95

    def test_what_it_cannot_hold_is_refused(self):
        stored = np.zeros((128, 387), np.float32)
        image = GreyImage(source=LogMel(rate=44100, f_max=16000.0))
        with pytest.raises(ValueError, match="11025 Hz, below f_max=16000"):
            image.from_log_mel(stored)
        image = GreyImage(source=LinearSpectrogram())
        with pytest.raises(ValueError, match="linear-spectrogram needs the sound"):
            image.from_log_mel(stored)


class TestFromPicture:
    def test_the_same_size_and_map_give_the_same_colours(self):
        entries = np.random.default_rng(0).integers(0, 256, (288, 432))
        levels = ((entries + 0.5) / 256).astype(np.float32)
        for name in ("magma", "viridis"):
            pixels = ColourImage(colour_map=name).from_picture(levels)
            np.testing.assert_array_equal(np.rint(pixels * 255), colour_map(name).rounded[entries])
        np.testing.assert_array_equal(GreyImage().from_picture(levels), levels)

    def test_another_size_is_drawn_by_area(self):
        levels = np.random.default_rng(0).uniform(0, 1, (217, 335)).astype(np.float32)
        expected = by_integral(by_integral(levels, 216, 1), 144, 0)
        drawn = GreyImage(rows=144, columns=216).from_picture(levels)
        np.testing.assert_allclose(drawn, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"rows": 0}, "rows must be a whole number of at least 1, not 0"),
        ({"columns": 2.5}, "columns"),
        ({"source": Slices()}, "source must be a spectrogram.*'slices'"),
        ({"source": GreyImage()}, "source must be a spectrogram.*'grey-image'"),
        ({"source": "log-mel"}, "source must be a spectrogram.*'log-mel'"),
        ({"colour_map": "pink"}, "colour_map.*'pink'"),
    ],
)
def test_impossible_settings_are_refused_by_name(settings, words):
    with pytest.raises(ValueError, match=words):
        ColourImage(**settings)


def test_too_short_a_waveform_is_refused():
    image = GreyImage(source=LogMel())
    with pytest.raises(ValueError, match="too few"):
        image(np.zeros(100, np.float32))
    with pytest.raises(ValueError, match="dimension"):
        image(np.zeros((2, 22050), np.float32))
