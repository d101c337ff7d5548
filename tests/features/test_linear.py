"""The linear spectrogram against the paper's own call, on tones, and its refusals."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import mlab

from earmark.audio import load_audio
from earmark.features import LinearSpectrogram


@pytest.fixture(scope="module")
def music(album):
    return load_audio(album[5], duration_seconds=12)


def test_the_defaults_are_matplotlibs_specgram(music):
    """`specgram(NFFT=1024)` doubles all bins but the first and the last; the others must agree."""
    density, hertz, seconds = mlab.specgram(music, NFFT=1024, Fs=22050)
    theirs = 10 * np.log10(density[1:-1])
    ours = LinearSpectrogram(range_db=200.0)(music)
    assert ours.shape == (len(hertz), len(seconds))
    ours = ours[1:-1]
    audible = ours > -90
    assert audible.mean() > 0.5
    offset = (theirs - ours)[audible]
    assert np.ptp(offset) < 0.05
    assert np.median(offset) == pytest.approx(theirs.max(), abs=0.01)


def test_thirty_seconds():
    assert LinearSpectrogram().shape(30.0) == (513, 738)


@pytest.mark.parametrize("hertz", [100, 1000, 8000])
def test_a_tone_stands_in_its_row(hertz):
    tone = np.sin(np.arange(22050) * (2 * np.pi * hertz / 22050)).astype(np.float32)
    rows = LinearSpectrogram()(tone).argmax(axis=0)
    assert np.abs(rows * 22050 / 1024 - hertz).max() <= 22050 / 1024


def test_a_log_mel_is_refused_with_the_reason():
    with pytest.raises(ValueError, match="one sum per mel band"):
        LinearSpectrogram().from_log_mel(np.zeros((128, 387), np.float32))


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"rate": 0}, "rate.*0"),
        ({"n_fft": 1023}, "n_fft.*1023"),
        ({"n_fft": True}, "n_fft.*True"),
        ({"hop": 1.5}, "hop.*1.5"),
        ({"window": "kaiser"}, "window.*kaiser"),
        ({"centred": "yes"}, "centred.*yes"),
        ({"range_db": -1.0}, "range_db.*-1"),
        ({"range_db": float("nan")}, "range_db.*nan"),
    ],
)
def test_impossible_settings_are_refused_by_name(setting, words):
    with pytest.raises(ValueError, match=words):
        LinearSpectrogram(**setting)
