"""MFCC: the paper's matrix, librosa's own function, stored log-mels, and refusals."""

from __future__ import annotations

import csv

import librosa
import numpy as np
import pytest

from earmark.audio import load_audio
from earmark.features import LogMel, Mfcc
from earmark.features.log_mel_image import read_log_mel_image


@pytest.fixture(scope="module")
def music(album):
    return load_audio(album[5], duration_seconds=12)


def test_the_paper_s_matrix():
    assert Mfcc().shape(25.0) == (21, 997)
    assert Mfcc()(np.zeros(551_250, np.float32)).shape == (21, 997)


def test_equals_librosas_function(music):
    """Coefficient 0 apart, which here is relative to the loudest cell."""
    ours = Mfcc(
        length=2048, n_fft=2048, hop=512, window="hann", centred=True, logarithm="decibels"
    )(music)
    theirs = librosa.feature.mfcc(
        y=music, sr=22050, n_mfcc=21, n_mels=40, fmin=20, fmax=8000, htk=True
    )
    assert ours.shape == theirs.shape
    assert np.abs(ours[1:] - theirs[1:]).max() < 1e-3
    assert np.ptp((ours - theirs)[0]) < 1e-3


def test_the_logarithms_differ_by_a_factor(music):
    natural, decibels = Mfcc()(music), Mfcc(logarithm="decibels")(music)
    np.testing.assert_allclose(natural * 10 / np.log(10), decibels, atol=1e-3)


def test_all_coefficients_hold_the_levels(music):
    """The transform is orthonormal: with as many coefficients as bands it turns back."""
    feature = Mfcc(coefficients=40, logarithm="decibels")
    k, b = np.ogrid[:40, :40]
    basis = np.cos(np.pi * k * (b + 0.5) / 40) * np.sqrt(np.where(k == 0, 1, 2) / 40)
    levels = basis.T @ feature(music)
    assert levels.max() == pytest.approx(0, abs=1e-3)
    assert levels.min() >= -80 - 1e-3


def test_loudness_changes_nothing(music):
    assert np.abs(Mfcc()(music) - Mfcc()(music * np.float32(0.25))).max() < 1e-3


class TestFromLogMel:
    def test_the_shape_of_thirty_seconds_and_of_the_paper_s_25(self):
        assert Mfcc().from_log_mel(np.zeros((128, 387), np.float32)).shape == (21, 1198)
        assert Mfcc().from_log_mel(np.zeros((128, 387), np.float32))[:, :997].shape == (21, 997)

    def test_a_steady_sound_is_nearly_kept(self):
        noise = np.random.default_rng(0).standard_normal(661_794).astype(np.float32)
        noise = np.convolve(noise, [1, 0.9], "same").astype(np.float32)
        true, ours = Mfcc()(noise), Mfcc().from_log_mel(LogMel()(noise))
        assert ours.shape == true.shape
        assert np.abs(ours - true).mean(axis=1)[1:].max() < 0.5
        assert np.abs(ours.mean(axis=1) - true.mean(axis=1))[1:].max() < 0.15

    def test_columns_are_those_nearest_in_time(self):
        """A stored column of its own colour is heard within half a stored column of its centre."""
        log_mel = np.full((128, 387), -80, np.float32)
        log_mel[40, 200] = 0
        heard = Mfcc().from_log_mel(log_mel)[1]
        (columns,) = np.nonzero(heard != heard[0])
        seconds = (columns * 551 + 2205 / 2) / 22050
        assert np.abs(seconds - LogMel().seconds_of(200)).max() <= 0.0774 / 2 + 0.03
        assert len(columns) in (3, 4)

    def test_how_close_real_tracks_come(self, data):
        """Whole recordings against the MFCC of their stored images, which have 8 bits.

        Where the image's columns lie on the default grid (1293 frames), each coefficient follows
        the true one over time with a correlation of 0.9 in the median, and of 0.97 when both are
        averaged over a third of a second, since stored columns are 77 ms apart.
        """
        with (data / "gtzan-audio" / "index.csv").open(encoding="utf-8", newline="") as file:
            rows = [row["path"] for row in csv.DictReader(file) if "exact" in row["what"]]
        near, smooth, offsets = [], [], []
        for path in rows:
            waveform = load_audio(data / "gtzan-audio" / path)
            if 1 + len(waveform) // 512 != 1293:
                continue
            true = Mfcc()(waveform)
            stored = read_log_mel_image((data / "gtzan-mel" / path).with_suffix(".png"))
            ours = Mfcc().from_log_mel(stored)
            assert abs(ours.shape[1] - true.shape[1]) <= 1
            ours, true = ours[:, :1197], true[:, :1197]
            near.append(_correlations(ours, true))
            smooth.append(_correlations(_averaged(ours), _averaged(true)))
            offsets.append((ours - true).mean(axis=1))
        assert len(near) >= 10
        assert np.median(near, axis=0).min() > 0.85
        assert np.min(near) > 0.75
        assert np.median(smooth, axis=0).min() > 0.96
        assert np.abs(np.mean(offsets, axis=0))[1:].max() < 0.15

    def test_bands_that_were_not_stored_are_refused(self):
        with pytest.raises(ValueError, match=r"log-mel ends at 11025 Hz.*16000"):
            Mfcc(rate=44100, f_max=16000.0).from_log_mel(np.zeros((128, 387), np.float32))


def _correlations(ours, true):
    return [np.corrcoef(a, b)[0, 1] for a, b in zip(ours, true, strict=True)]


def _averaged(rows):
    return np.array([np.convolve(row, np.full(13, 1 / 13), "valid") for row in rows])


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"length": 0}, "length.*0"),
        ({"n_fft": 2048}, "n_fft.*2205.*2048"),
        ({"n_fft": 4097}, "n_fft.*4097"),
        ({"window": "kaiser"}, "window.*kaiser"),
        ({"centred": 1}, "centred.*1"),
        ({"f_max": 12_000.0}, "12000"),
        ({"mel": "bark"}, "mel.*bark"),
        ({"coefficients": 41}, "coefficients.*40.*41"),
        ({"logarithm": "binary"}, "logarithm.*binary"),
        ({"range_db": 0.0}, "range_db.*0"),
    ],
)
def test_impossible_settings_are_refused_by_name(setting, words):
    with pytest.raises(ValueError, match=words):
        Mfcc(**setting)
