"""What vectors of a log-mel have in common: texture windows, stored log-mels, names, refusals.

What all representations share is in test_contract.py, other implementations in
test_texture_parity.py.
"""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from earmark.audio import load_audio
from earmark.features import (
    FEATURES,
    CepstralCovariance,
    Chroma,
    HarmonicPercussive,
    LinearSpectrogram,
    LogMel,
    MfccStatistics,
    Modulation,
    Rhythm,
    SpectralShape,
    Spectrotemporal,
    Summary,
)
from earmark.features.log_mel_image import read_log_mel_image
from earmark.features.texture import Texture, group_names, grouped, skewness

KINDS = [
    CepstralCovariance,
    Chroma,
    HarmonicPercussive,
    MfccStatistics,
    Modulation,
    Rhythm,
    SpectralShape,
    Spectrotemporal,
]
each = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def music(album):
    return load_audio(album[4], duration_seconds=20)


def random_levels(columns, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(-70, -1, (128, columns)).astype(np.float32)


class TestWindows:
    @each
    def test_a_long_track_is_the_mean_of_its_windows(self, kind):
        levels = random_levels(400)
        feature = kind(window_seconds=10.0)
        assert feature.window_columns == 129
        windows = np.split(levels, [133, 266], axis=1)
        expected = np.mean([feature.from_log_mel(window) for window in windows], axis=0)
        np.testing.assert_allclose(feature.from_log_mel(levels), expected, rtol=1e-5, atol=1e-5)

    @each
    def test_a_repeated_track_is_described_alike(self, kind):
        levels = random_levels(387)
        feature = kind()
        np.testing.assert_allclose(
            feature.from_log_mel(np.tile(levels, 40)), feature.from_log_mel(levels), rtol=1e-5
        )

    @given(st.integers(12, 3000), st.floats(1, 60), st.data())
    def test_windows_are_nearly_of_the_wanted_length_however_pieces_come(self, width, wanted, data):
        seen = []

        class Spy(Chroma):
            def describe(self, levels):
                seen.append(levels)
                return np.zeros(1)

        feature = Spy(window_seconds=wanted)
        levels = np.broadcast_to(np.arange(width, dtype=np.float32), (2, width))
        cuts = sorted(data.draw(st.lists(st.integers(0, width), max_size=4)))
        feature.averaged(np.split(levels, cuts, axis=1), width)
        np.testing.assert_array_equal(np.concatenate(seen, axis=1), levels)
        sizes = [window.shape[1] for window in seen]
        assert max(sizes) - min(sizes) <= 1
        assert max(sizes) <= 1.5 * feature.window_columns + 1
        assert len(seen) == 1 or min(sizes) >= 0.75 * feature.window_columns - 1

    @each
    def test_fewer_than_12_columns_are_refused(self, kind):
        with pytest.raises(ValueError, match="11 columns are too few, 12 are needed"):
            kind().from_log_mel(random_levels(11))
        assert np.isfinite(kind().from_log_mel(random_levels(12))).all()


class TestStored:
    @each
    def test_the_very_vector_of_the_sound(self, kind, music):
        log_mel = LogMel()(music)
        np.testing.assert_array_equal(kind().from_log_mel(log_mel), kind()(music))
        turned = np.asfortranarray(log_mel)  # as a store maps it
        np.testing.assert_array_equal(kind().from_log_mel(turned), kind()(music))

    @each
    def test_other_frames_need_the_sound(self, kind):
        every_frame = kind(source=LogMel(frames_per_column=(1, 1)))
        with pytest.raises(ValueError, match="a stored log-mel has the default settings only"):
            every_frame.from_log_mel(random_levels(387))

    def test_an_image_of_8_bits_says_the_same_as_the_recording(self, data):
        """From recording to recording, numbers of stored images follow those of the sound.

        Only the two highest peaks of the autocorrelation may change places.
        """
        with (data / "gtzan-audio" / "index.csv").open(encoding="utf-8", newline="") as file:
            paths = [row["path"] for row in csv.DictReader(file) if "exact" in row["what"]]
        feature = Summary()
        sounds = np.array([feature(load_audio(data / "gtzan-audio" / path)) for path in paths])
        stored = [(data / "gtzan-mel" / path).with_suffix(".png") for path in paths]
        images = np.array([feature.from_log_mel(read_log_mel_image(path)) for path in stored])
        assert len(paths) >= 10
        same = np.array([np.corrcoef(*both)[0, 1] for both in zip(sounds.T, images.T, strict=True)])
        assert np.median(same) > 0.995
        peaks = [name.startswith("rhythm: period") for name in feature.names]
        assert np.delete(same, peaks).min() > 0.9


@each
def test_names_are_as_many_as_numbers_and_all_different(kind):
    for feature in (kind(), kind(source=LogMel(bands=40), window_seconds=3.0)):
        assert (len(feature.names),) == feature.shape(30.0)
        assert len(set(feature.names)) == len(feature.names)


@each
@given(st.integers(0, 1000), st.floats(-9, 9))
def test_a_constant_gain_changes_no_number_but_means_of_level(kind, seed, gain):
    levels = random_levels(60, seed).astype(np.float64)
    feature = kind()
    before, after = feature.describe(levels), feature.describe(levels + gain)
    known = [name in ("mean c0", "level mean") for name in feature.names]
    np.testing.assert_allclose(np.delete(after, known), np.delete(before, known), atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "measures"),
    [
        (Modulation, None),
        (Rhythm, None),
        (Spectrotemporal, None),
        (CepstralCovariance, None),
        (MfccStatistics, ("deviation", "delta", "second", "skewness")),
        (HarmonicPercussive, ("above harmonic", "off harmonic")),
    ],
)
def test_equalization_is_not_heard(kind, measures):
    levels = random_levels(60).astype(np.float64)
    equalized = levels + np.random.default_rng(1).uniform(-9, 9, (128, 1))
    feature = kind()
    kept = [measures is None or name.startswith(measures) for name in feature.names]
    assert any(kept)
    before, after = feature.describe(levels)[kept], feature.describe(equalized)[kept]
    np.testing.assert_allclose(after, before, atol=1e-6)


def test_groups_are_means_of_neighbours():
    levels = random_levels(5)
    names = group_names(LogMel(), 3)
    ours = grouped(levels.astype(np.float64), 3)
    expected = [part.mean(axis=0) for part in np.split(levels, [42, 85])]
    np.testing.assert_allclose(ours, expected, rtol=1e-5)
    assert names[0].startswith("26 to 1090 Hz")
    assert len(names) == 3


@given(st.integers(0, 10_000))
def test_skewness_is_scipys_where_there_is_no_floor(seed):
    rows = np.random.default_rng(seed).gamma(1.0, size=(3, 40))
    np.testing.assert_allclose(skewness(rows, floor=0.0), scipy.stats.skew(rows, axis=1))
    assert skewness(np.full((1, 40), 7.0), floor=0.1) == 0


@each
@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"source": LinearSpectrogram()}, "source must be a log-mel, not 'linear-spectrogram'"),
        ({"source": "log-mel"}, "source must be a log-mel, not 'log-mel'"),
        ({"window_seconds": 0.0}, "window_seconds must be above 0 s"),
        ({"window_seconds": 0.5}, "window_seconds=0.5 is less than 12 columns"),
    ],
)
def test_impossible_settings_are_refused_by_name(kind, setting, words):
    with pytest.raises(ValueError, match=words):
        kind(**setting)


def test_every_vector_is_tested_here():
    vectors = {FEATURES[name] for name in FEATURES if issubclass(FEATURES[name], Texture)}
    assert vectors == {*KINDS, Summary}
    assert replace(Summary()).parts == Summary().parts
