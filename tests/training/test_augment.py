"""Crops: their shapes, that chance comes from the seed alone, and that nothing is blurred."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.training.augment import mixup, random_crops
from earmark.training.recipe import Augmentation

NOTHING = Augmentation(band_shift=0, stretch=0, band_masks=0, column_masks=0)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def numbered(bands: int, columns: int) -> np.ndarray:
    """A feature whose every cell is another number above 0 [shape=(bands, columns)]."""
    return np.arange(1, bands * columns + 1, dtype=np.float32).reshape(bands, columns)


def test_a_crop_of_each_feature_whatever_its_length():
    features = [numbered(8, columns) for columns in (1, 31, 32, 33, 400)]
    crops = random_crops(features, 32, Augmentation(), rng())
    assert crops.shape == (5, 8, 32)
    assert crops.dtype == np.float32


def test_the_seed_decides():
    features = [numbered(16, 100)] * 3
    settings = Augmentation(gain_db=3)
    first = random_crops(features, 32, settings, rng(1))
    assert np.array_equal(first, random_crops(features, 32, settings, rng(1)))
    assert not np.array_equal(first, random_crops(features, 32, settings, rng(2)))
    assert not np.array_equal(first[0], first[1])


@given(st.integers(0, 2**32 - 1), st.integers(1, 90), st.floats(0, 0.9), st.integers(0, 6))
@settings(deadline=None)
def test_nothing_is_interpolated(seed, length, stretch, band_shift):
    """Every column is one of the source's, in order, moved by whole bands."""
    feature = numbered(16, length)
    settings = Augmentation(stretch=stretch, band_shift=band_shift, band_masks=0, column_masks=0)
    (crop,) = random_crops([feature], 32, settings, rng(seed))
    column = (crop[0].astype(int) - 1) % length
    band = (crop[:, 0].astype(int) - 1) // length
    assert np.array_equal(crop, feature[band][:, column])
    middle = band[band_shift : len(band) - band_shift] - np.arange(16)[band_shift : 16 - band_shift]
    assert len(set(middle)) == 1
    assert abs(middle[0]) <= band_shift
    steps = np.diff(column)
    if length >= 32:
        assert ((steps >= 0) & (steps <= np.ceil(np.exp(stretch)))).all()
    else:
        assert (steps % length == 1 % length).all()  # repeated from the start again


def test_without_any_change_a_crop_is_a_stretch_of_the_feature():
    feature = numbered(4, 100)
    starts = set()
    for seed in range(50):
        (crop,) = random_crops([feature], 32, NOTHING, rng(seed))
        start = int(crop[0, 0]) - 1
        assert np.array_equal(crop, feature[:, start : start + 32])
        starts.add(start)
    assert len(starts) > 20


def test_the_source_is_left_alone():
    feature = numbered(16, 60)
    random_crops([feature], 32, Augmentation(gain_db=6), rng())
    assert np.array_equal(feature, numbered(16, 60))


def test_gain_moves_all_cells_alike():
    settings = Augmentation(band_shift=0, stretch=0, band_masks=0, column_masks=0, gain_db=6)
    (crop,) = random_crops([np.zeros((4, 40), np.float32)], 32, settings, rng())
    assert len(np.unique(crop)) == 1
    assert 0 < abs(crop[0, 0]) <= 6


@pytest.mark.parametrize("axis", [0, 1])
def test_masks_are_whole_and_no_wider_than_said(axis):
    kind = ("band", "column")[axis]
    settings = Augmentation(
        **{"band_shift": 0, "stretch": 0, "band_masks": 0, "column_masks": 0}
        | {f"{kind}_masks": 1, f"{kind}_mask_width": 5}
    )
    widths = []
    for seed in range(60):
        (crop,) = random_crops([numbered(16, 40)], 32, settings, rng(seed))
        hidden = (crop == 0).all(axis=1 - axis)
        assert (crop != 0).sum() == (~hidden).sum() * crop.shape[1 - axis]
        edges = np.flatnonzero(hidden)
        assert len(edges) == 0 or edges[-1] - edges[0] + 1 == len(edges)
        widths.append(len(edges))
    assert (min(widths), max(widths)) == (0, 5)


def test_masks_hide_behind_the_mean_of_what_is_not_centred():
    """For 0 may be the loudest level of all."""
    settings = Augmentation(band_shift=0, stretch=0, band_masks=1, column_masks=1)
    feature = numbered(16, 32) - 1000
    for seed in range(20):
        (crop,) = random_crops([feature], 32, settings, rng(seed), centred=False)
        hidden = crop != feature
        assert np.allclose(crop[hidden], feature.mean())
        assert not (crop == 0).any()


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_pictures_are_changed_as_their_channels_are_together(seed):
    picture = np.stack([numbered(16, 40), -numbered(16, 40), numbered(16, 40) / 2], axis=2)
    settings = Augmentation()
    (crop,) = random_crops([picture], 40, settings, rng(seed), centred=False)
    assert crop.shape == picture.shape
    for channel in range(3):
        (alone,) = random_crops([picture[:, :, channel]], 40, settings, rng(seed), centred=False)
        np.testing.assert_allclose(crop[:, :, channel], alone, rtol=1e-5)


def test_masks_may_be_wider_than_the_crop():
    settings = Augmentation(band_mask_width=1000, column_mask_width=1000)
    assert random_crops([numbered(4, 40)], 16, settings, rng()).shape == (1, 4, 16)


def test_mixup_mixes_crops_and_targets_in_one_proportion():
    crops = np.eye(6, dtype=np.float32)[:, None, :] * np.ones((1, 2, 1), np.float32)
    targets = np.eye(6, dtype=np.float32)
    mixed_crops, (mixed_targets, same) = mixup(crops, [targets, targets], 0.4, rng(3))
    assert (same == mixed_targets).all()
    assert mixed_crops.dtype == mixed_targets.dtype == np.float32
    assert np.allclose(mixed_crops[:, 0], mixed_targets)
    assert np.allclose(mixed_targets.sum(axis=1), 1)
    assert (mixed_targets.max(axis=1) < 1).any()


def test_mixup_of_zero_changes_nothing():
    crops, targets = numbered(2, 8).reshape(1, 2, 8), np.ones((1, 1), np.float32)
    assert mixup(crops, [targets], 0.0, rng()) == (crops, [targets])
