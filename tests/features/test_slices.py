"""Slices against cutting by hand, in blocks of any size, and from stored log-mels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.audio import load_audio
from earmark.features import GreyImage, LogMel, Slices

RATE = 22050


@pytest.fixture(scope="module")
def track(album):
    pieces = [load_audio(album[4]), load_audio(album[7])]
    return np.concatenate(pieces)[: 30 * RATE]


@pytest.mark.parametrize(
    "source", [LogMel(), LogMel(bands=20, hop=256), GreyImage(rows=72, columns=108)]
)
def test_each_slice_is_the_feature_of_its_stretch(track, source):
    result = Slices(source=source)(track)
    assert len(result) == 10
    for i, one in enumerate(result):
        np.testing.assert_array_equal(one, source(track[3 * i * RATE : 3 * (i + 1) * RATE]))


def test_slices_of_30_seconds(track):
    result = Slices(seconds=30.0)(np.concatenate([track, track[: 5 * RATE]]))
    np.testing.assert_array_equal(result, LogMel()(track[: 30 * RATE])[None])


@settings(max_examples=40, deadline=None)
@given(
    seconds=st.floats(0.05, 1.0),
    hop_seconds=st.one_of(st.none(), st.floats(0.03, 2.0)),
    cuts=st.lists(st.integers(0, 3 * RATE), max_size=6),
)
def test_any_hop_in_blocks_of_any_size(seconds, hop_seconds, cuts):
    source = LogMel(bands=4, n_fft=64, hop=512, frames_per_column=(1, 1))
    feature = Slices(source=source, seconds=seconds, hop_seconds=hop_seconds)
    waveform = np.random.default_rng(len(cuts)).standard_normal(3 * RATE).astype(np.float32)
    stream = feature.stream()
    for block in np.split(waveform, sorted(cuts)):
        stream.push(block)
    length, hop = round(seconds * RATE), round((hop_seconds or seconds) * RATE)
    starts = range(0, len(waveform) - length + 1, hop)
    expected = np.stack([source(waveform[start : start + length]) for start in starts])
    np.testing.assert_array_equal(stream.finish(), expected)
    assert feature.shape(3.0) == expected.shape


def test_slices_come_one_by_one(track):
    stream = Slices().stream()
    stream.push(track)
    assert [piece.shape for piece in stream.blocks()] == [(1, 128, 39)] * 10


def test_a_block_may_be_overwritten_once_pushed(track):
    stream, block = Slices().stream(), np.empty(RATE, np.float32)
    for start in range(0, 9 * RATE, RATE):
        block[:] = track[start : start + RATE]
        stream.push(block)
    np.testing.assert_array_equal(stream.finish(), Slices()(track[: 9 * RATE]))


class TestFromLogMel:
    def test_ten_slices_of_30_seconds_come_close_to_those_of_the_sound(self, track):
        stored, true = Slices().from_log_mel(LogMel()(track)), Slices()(track)
        assert stored.shape == true.shape == Slices().shape(30.0)
        for ours, theirs in zip(stored, true, strict=True):
            assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.85  # half a column apart
            assert np.corrcoef(ours.mean(axis=1), theirs.mean(axis=1))[0, 1] > 0.998
        assert (stored.max(axis=(1, 2)) == 0).all()

    @pytest.mark.parametrize("seconds", [1.0, 2.0, 2.5, 3.0, 5.0, 6.0, 7.5, 10.0, 15.0, 30.0])
    def test_the_counts_agree_for_clips_of_30_seconds(self, seconds):
        feature = Slices(seconds=seconds)
        stored = np.zeros((128, 387), np.float32)
        assert feature.from_log_mel(stored).shape == feature.shape(30.0)

    def test_images_of_slices(self, track):
        feature = Slices(source=GreyImage(rows=72, columns=108))
        assert feature.from_log_mel(LogMel()(track)).shape == feature.shape(30.0) == (10, 72, 108)

    def test_too_short_a_log_mel_is_refused(self):
        with pytest.raises(ValueError, match="30 columns are too few for 3 s"):
            Slices().from_log_mel(np.zeros((128, 30), np.float32))


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"seconds": 0.0}, "seconds"),
        ({"seconds": float("nan")}, "seconds"),
        ({"seconds": 0.01}, "0.01 s are too short for one column of log-mel"),
        ({"hop_seconds": 0.0}, "hop_seconds"),
        ({"hop_seconds": 1e-6}, "hop_seconds"),
        ({"source": "log-mel"}, "source must be a feature, not 'log-mel'"),
    ],
)
def test_impossible_settings_are_refused_by_name(setting, words):
    with pytest.raises(ValueError, match=words):
        Slices(**setting)


def test_what_is_shorter_than_a_slice_is_refused():
    with pytest.raises(ValueError, match=r"2\.99 s are too few for 3 s"):
        Slices()(np.zeros(round(2.99 * RATE), np.float32))
    with pytest.raises(ValueError, match="dimension"):
        Slices()(np.zeros((2, RATE), np.float32))
