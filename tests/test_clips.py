"""Centring and cutting, on features of any length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.clips import Clips


def numbered(length: int, bands: int = 3) -> np.ndarray:
    """A feature whose cells say their column [shape=(bands, length)]."""
    return np.tile(np.arange(length, dtype=np.float32), (bands, 1))


@given(length=st.integers(1, 300), columns=st.integers(1, 120), hop=st.integers(0, 150))
def test_clips_have_their_length_and_reach_from_end_to_end(length, columns, hop):
    clips = Clips(columns=columns, hop=hop, subtract_band_mean=False)(numbered(length))
    assert clips.shape[1:] == (3, columns)
    assert clips.dtype == np.float32
    assert clips[0, 0, 0] == 0
    if length >= columns:
        assert clips[-1, 0, -1] == length - 1
        assert (np.diff(clips[:, 0], axis=1) == 1).all()  # each is a stretch of the feature


@given(length=st.integers(1, 300), columns=st.integers(1, 120), data=st.data())
def test_no_column_is_left_out(length, columns, data):
    hop = data.draw(st.integers(0, columns), label="hop")
    clips = Clips(columns=columns, hop=hop, subtract_band_mean=False)(numbered(length))
    if length >= columns:
        assert set(clips[:, 0].ravel().astype(int)) == set(range(length))
        starts = np.diff(clips[:, 0, 0])
        assert (starts <= (hop or columns)).all()


@given(length=st.integers(1, 50), more=st.integers(1, 200))
def test_a_short_feature_is_repeated(length, more):
    columns = length + more
    (clip,) = Clips(columns=columns, subtract_band_mean=False)(numbered(length))
    assert (clip[0] == np.arange(columns) % length).all()


def test_zero_columns_take_the_whole_feature():
    feature = numbered(50)
    (clip,) = Clips(subtract_band_mean=False)(feature)
    assert (clip == feature).all()


@given(st.integers(1, 200), st.integers(0, 2**32 - 1))
def test_band_means_are_zero_over_the_whole_feature(length, seed):
    rng = np.random.default_rng(seed)
    feature = rng.uniform(-80, 0, (8, length)).astype(np.float32)
    before = feature.copy()
    (clip,) = Clips()(feature)
    assert np.abs(clip.mean(axis=1)).max() < 1e-3
    assert np.allclose(np.diff(clip, axis=1), np.diff(feature, axis=1), atol=1e-4)
    assert (feature == before).all()  # the caller's array is left alone


def test_the_mean_is_that_of_the_feature_and_not_of_the_clip():
    clips = Clips(columns=10)(numbered(20))
    assert (clips[0].mean(axis=1) == -5).all()
    assert (clips[1].mean(axis=1) == 5).all()


def test_the_first_clip_alone():
    clips = Clips(columns=10, hop=5, subtract_band_mean=False)
    first = Clips(columns=10, hop=5, subtract_band_mean=False, first_only=True)
    assert (first(numbered(25)) == clips(numbered(25))[:1]).all()
    assert first(numbered(5)).shape == (1, 3, 10)


def test_slices_and_pictures_are_clips_already():
    taken = Clips(subtract_band_mean=False)
    slices = np.arange(24, dtype=np.float32).reshape(3, 2, 4)
    assert (taken(slices, time_axis=0) == slices).all()
    assert (taken(slices, time_axis=None) == slices[None]).all()
    first = Clips(subtract_band_mean=False, first_only=True)
    assert (first(slices, time_axis=0) == slices[:1]).all()


@pytest.mark.parametrize(
    ("time_axis", "clips", "words"),
    [
        (None, Clips(), "pictures and vectors are .* set subtract_band_mean = false"),
        (0, Clips(columns=3, subtract_band_mean=False), "slices are clips .* set columns = 0"),
    ],
)
def test_slices_and_pictures_are_neither_centred_nor_cut(time_axis, clips, words):
    with pytest.raises(ValueError, match=words):
        clips(np.zeros((3, 2, 4), np.float32), time_axis)


def test_settings_survive_a_round_trip():
    clips = Clips(columns=64, hop=32, subtract_band_mean=False, first_only=True)
    assert Clips.from_dict(clips.to_dict()) == clips
    assert Clips.from_dict({}) == Clips()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"colums": 3}, "'colums'"),
        ({"columns": -1}, "columns must be"),
        ({"hop": -1}, "hop must be"),
        ({"columns": 1.5}, "columns must be"),
        ({"columns": "64"}, "columns must be"),
    ],
)
def test_wrong_settings_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        Clips.from_dict(settings)
