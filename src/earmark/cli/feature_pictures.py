"""Representations as pictures to look at: time to the right, low frequencies at the bottom."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.errors import BadFeature
from earmark.features import Array, Slices
from earmark.features.area import area_mean
from earmark.features.image import SpectrogramImage
from earmark.features.image_pair import ImagePair
from earmark.features.texture import Texture

Pixels = NDArray[np.uint8]

_MOST_PIXELS = 100_000_000
_GAP_PIXELS = 4  # white, between slices
_SMALLEST_SIDE = 96  # smaller arrays are drawn with larger cells
_CURVE = (288, 432)  # rows and columns
_NAME_ROWS, _BAR_ROWS = 16, 32
_MAGNITUDES = (0.0, 1.0)  # where others are in dB


def picture_of(array: Array, feature: Any) -> Pixels:
    """Pixels of a feature's array, top row first [shape=(rows, columns) or (rows, columns, 3)].

    Images keep their pixels, and colours stay as they are. Anything else is drawn in grey, white
    being the top of its range or, where that is not known, of the row's own values. Magnitudes,
    most of which are next to nothing, are drawn by their cube root. What has one dimension is a
    curve that is filled below, or bars under the name of what they measure; slices and pairs stand
    side by side.

    Raises:
        BadFeature: there is more of it than a picture can show.
    """
    if array.size > _MOST_PIXELS:
        raise BadFeature(f"{array.size:,} values are too many for a picture; write .npy")
    if isinstance(feature, Slices):
        return _side_by_side([picture_of(one, feature.source) for one in array])
    if isinstance(feature, ImagePair):
        return _side_by_side([_grey(array[..., i])[::-1] for i in range(2)])
    if isinstance(feature, SpectrogramImage):
        return _grey(array)[::-1]
    if isinstance(feature, Texture):
        return _bars(array, feature)
    levels = _levels(array, feature.value_range)
    if levels.ndim == 1:
        return _grey(_curve(levels))[::-1]
    for axis, size in enumerate(levels.shape):
        levels = np.repeat(levels, -(-_SMALLEST_SIDE // size), axis)
    return _grey(levels)[::-1]


def _levels(array: Array, value_range: tuple[float, float] | None) -> Array:
    """Between 0 and 1 (same shape)."""
    if value_range is None:
        low, high = array.min(axis=-1, keepdims=True), array.max(axis=-1, keepdims=True)
    else:
        low, high = (np.float32(value) for value in value_range)
    levels: Array = np.clip((array - low) / np.maximum(high - low, np.float32(1e-12)), 0, 1)
    return np.cbrt(levels) if value_range == _MAGNITUDES else levels


def _grey(levels: Array) -> Pixels:
    return np.rint(levels * 255).astype(np.uint8)


def _curve(levels: Array) -> Array:
    """1 below the curve and 0 above, row 0 at the bottom [shape=(rows, columns)]."""
    rows, columns = _CURVE
    heights = area_mean([levels[None]], width=len(levels), rows=1, columns=columns)
    return (np.arange(rows)[:, None] < heights * rows).astype(np.float32)


def _bars(vector: Array, feature: Texture) -> Pixels:
    """The numbers of each measure as bars that begin at 0, under its name, one below the other."""
    from PIL import Image, ImageDraw

    pictures, done = [], 0
    for measure, entries in feature.table.items():
        values = vector[done : done + len(entries)]
        done += len(entries)
        name = Image.new("L", (_CURVE[1], _NAME_ROWS))
        ImageDraw.Draw(name).text((0, 1), measure, fill=255)
        low, high = min(0.0, values.min()), max(0.0, values.max())
        row = np.linspace(high, low, _BAR_ROWS)[:, None]
        bar = np.arange(_CURVE[1]) * len(values) // _CURVE[1]
        value = values[bar]
        inside = (np.minimum(value, 0) <= row) & (row <= np.maximum(value, 0))
        gaps = np.diff(bar, append=len(values)) > 0  # one dark pixel after each bar
        pictures += [np.asarray(name), _grey((inside & ~gaps).astype(np.float32))]
    return np.concatenate(pictures)


def _side_by_side(pictures: list[Pixels]) -> Pixels:
    gap = np.full_like(pictures[0][:, :1].repeat(_GAP_PIXELS, axis=1), 255)
    row = [part for picture in pictures for part in (gap, picture)]
    return np.concatenate(row[1:], axis=1)
