"""Random crops of features, changed in ways that leave the genre alone. numpy only.

Columns lie 77 ms apart, so nothing is interpolated: bands move by whole bands, time is stretched by
choosing the nearest column. Blurred crops would meet sharp ones when judging. Pictures of
spectrograms are changed in the same ways: their rows are bands.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from earmark.training.recipe import Augmentation

Array = NDArray[np.float32]


def random_crops(
    features: Sequence[Array],
    columns: int,
    settings: Augmentation,
    rng: np.random.Generator,
    *,
    centred: bool = True,
) -> Array:
    """One changed crop of each feature.

    Args:
        features: all of one shape but for the columns [shape=(bands, columns)], or of pictures
            [shape=(rows, columns, channels)].
        columns: length of the crops; a shorter feature is repeated.
        settings: which changes, and how large.
        rng: where chance comes from.
        centred: whether each band's mean is 0, and so what a mask hides things behind; else that is
            the crop's own mean, of each channel (Park et al. 2019 offer both).

    Returns:
        Crops [shape=(len(features), bands, columns)], or with the pictures' channels.
    """
    bands, _, *channels = features[0].shape
    crops = np.empty((len(features), bands, columns, *channels), np.float32)
    for i, feature in enumerate(features):
        crop = crops[i]
        rate = np.exp(rng.uniform(-settings.stretch, settings.stretch))
        length = feature.shape[1]
        span = min(rate * columns, length) if length >= columns else columns
        start = rng.uniform(0, max(0.0, length - span))
        column = (start + np.arange(columns) * (span / columns)).astype(int) % length
        shift = rng.integers(-settings.band_shift, settings.band_shift + 1)
        band = np.clip(np.arange(bands) + shift, 0, bands - 1)
        np.take(feature[band], column, axis=1, out=crop)
        if settings.gain_db:
            crop += rng.uniform(-settings.gain_db, settings.gain_db)
        hidden = 0 if centred else crop.mean(axis=(0, 1))
        for _ in range(settings.band_masks):
            crop[_stretch_of(bands, settings.band_mask_width, rng)] = hidden
        for _ in range(settings.column_masks):
            crop[:, _stretch_of(columns, settings.column_mask_width, rng)] = hidden
    return crops


def mixup(
    crops: Array, targets: Sequence[Array], alpha: float, rng: np.random.Generator
) -> tuple[Array, list[Array]]:
    """Crops, and targets of each output [shape=(crops, labels)], mixed with another's.

    One proportion and one permutation serve a whole batch.
    """
    if not alpha:
        return crops, list(targets)
    share = np.float32(rng.beta(alpha, alpha))
    other = rng.permutation(len(crops))

    def mixed(values: Array) -> Array:
        blend: Array = share * values + (1 - share) * values[other]
        return blend

    return mixed(crops), [mixed(target) for target in targets]


def _stretch_of(length: int, widest: int, rng: np.random.Generator) -> slice:
    width = int(rng.integers(0, min(widest, length) + 1))
    start = int(rng.integers(0, length - width + 1))
    return slice(start, start + width)
