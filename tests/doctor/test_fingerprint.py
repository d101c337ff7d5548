"""The fingerprint against scipy, and what it may not depend on."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from earmark import load_audio
from earmark.doctor.fingerprint import (
    SECONDS_PER_COLUMN,
    WORD_BITS,
    likely_words,
    no_fingerprint,
    take_fingerprint,
    words,
)
from earmark.features import LogMel

fingerprints = npst.arrays(np.int8, st.tuples(st.integers(0, 20), st.just(WORD_BITS)))


def reference(log_mel: np.ndarray) -> np.ndarray:
    """By scipy: bands averaged in 25 groups, smoothed by a Hann window of 13, and differences."""
    edges = [round(4 + i * 112 / 25) for i in range(26)]
    groups = np.array([log_mel[a:b].mean(axis=0) for a, b in pairwise(edges)])
    window = scipy.signal.windows.hann(13)
    smooth = scipy.ndimage.convolve1d(groups, window / window.sum(), axis=1, mode="constant")
    change = smooth[:, 8:] - smooth[:, :-8]
    return np.clip(10 * (change[1:] - change[:-1]), -127, 127).T


def test_is_what_scipy_makes_of_real_music(log_mels):
    for log_mel in log_mels.values():
        taken, expected = take_fingerprint(log_mel), reference(log_mel.astype(np.float64))
        assert taken.shape == (log_mel.shape[1] - 8, WORD_BITS)
        assert np.abs(taken - expected).max() <= 0.5 + 1e-3


def test_a_gain_and_an_equalization_cancel(log_mels):
    log_mel = log_mels["blues"]
    equalized = log_mel + np.linspace(-10, 3, 128, dtype=np.float32)[:, None]
    inner = slice(6, -6)  # smoothing at the very ends sees where the track begins
    difference = take_fingerprint(equalized)[inner].astype(int) - take_fingerprint(log_mel)[inner]
    assert np.abs(difference).max() <= 1  # rounded otherwise


def test_columns_taken_at_another_phase_say_nearly_the_same(album):
    waveform = load_audio(album[0])
    half = round(SECONDS_PER_COLUMN / 2 * 22050)
    one = take_fingerprint(LogMel()(waveform)).astype(float)
    other = take_fingerprint(LogMel()(waveform[half:])).astype(float)
    columns = min(len(one), len(other))
    assert np.corrcoef(one[:columns].ravel(), other[:columns].ravel())[0, 1] > 0.8


@pytest.mark.parametrize("columns", [0, 1, 8, 10])
def test_what_is_too_short_has_none(columns):
    log_mel = np.zeros((128, columns), np.float32)
    assert take_fingerprint(log_mel).shape == no_fingerprint().shape == (0, WORD_BITS)


def test_seconds_per_column_are_those_of_the_feature():
    seconds = [LogMel().seconds_of(column) for column in (0, 775_000)]
    expected = (seconds[1] - seconds[0]) / 775_000
    assert abs(SECONDS_PER_COLUMN - expected) < 1e-6 * expected


@given(fingerprints)
def test_a_word_is_the_signs(fingerprint):
    expected = [sum(1 << k for k in range(WORD_BITS) if row[k] > 0) for row in fingerprint.tolist()]
    assert words(fingerprint).tolist() == expected


@given(fingerprints, st.integers(0, 5))
def test_likely_words_differ_in_the_weakest_bits(fingerprint, weak_bits):
    found = likely_words(fingerprint, weak_bits)
    assert found.shape == (len(fingerprint), 2**weak_bits)
    assert np.array_equal(found[:, 0], words(fingerprint))
    for row, mine in zip(fingerprint.astype(int), found, strict=True):
        assert len(set(mine.tolist())) == 2**weak_bits
        flipped = int(np.bitwise_or.reduce(mine ^ mine[0]))
        weak = [k for k in range(WORD_BITS) if flipped >> k & 1]
        strong = [k for k in range(WORD_BITS) if k not in weak]
        assert len(weak) == weak_bits
        if weak:
            assert max(abs(row[weak])) <= min(abs(row[strong]))
