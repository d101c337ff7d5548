"""The shape of each column's spectrum in a few numbers, and statistics of them over time.

Most are those of Peeters 2004 ("A large set of audio features for sound description"); contrast is
after Jiang, Lu, Zhang, Tao and Cai 2002 ("Music type classification by spectral contrast").
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np

from earmark.features.log_mel import LogMel
from earmark.features.stored import STORED
from earmark.features.texture import Levels, Texture, check_up_to_bands, group_names, skewness

_MOMENTS = "centroid", "spread", "skewness", "kurtosis"
_ROLL_OFFS = 0.5, 0.85, 0.95
_LEVELS = "flatness", "crest", "level", "slope", "entropy"
_EXTREME_SHARE = 0.2  # of a group's bands are its peak, and as many its valley
_SKEWNESS_FLOOR = 1e-2


@dataclass(frozen=True, kw_only=True)
class SpectralShape(Texture):
    """Settings of spectral shape, and the extractor itself.

    Each column is seen as a distribution of power over bands, with the band as the unit, so that
    frequency counts by the mel: centroid, spread, skewness and kurtosis; roll-off, the number of
    bands from the lowest that together hold less than 50, 85 and 95 % of the power; flatness
    (geometric by arithmetic mean) and crest (highest by mean) in dB; level in dB, relative to the
    loudest cell of the track; slope in dB per band; entropy in nats. Contrast is, in each group of
    neighbouring bands, the mean dB of the highest fifth above that of the lowest. How much a column
    differs from the last, the flux, is left to `earmark.features.rhythm`.

    Of each the vector holds mean, standard deviation, standard deviation of the differences of
    neighbouring columns, and skewness over time.

    Attributes:
        source: the log-mel; by default as it is stored.
        window_seconds: about how long a texture window is (`earmark.features.texture`).
        groups: groups of bands for contrast, equally wide on the mel scale.

    Raises:
        ValueError: a setting is impossible; the message names it and its value.

    Example:
        >>> import numpy as np
        >>> from earmark.features.spectral_shape import SpectralShape
        >>> noise = np.random.default_rng(0).standard_normal(3 * 22050).astype(np.float32)
        >>> SpectralShape()(noise).shape
        (80,)
    """

    name: ClassVar[str] = "spectral-shape"

    source: LogMel = STORED
    window_seconds: float = 30.0
    groups: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        check_up_to_bands(self, "groups")

    @property
    def table(self) -> dict[str, tuple[str, ...]]:
        """Statistics of each number that describes a column, and how they lean over time."""
        roll_offs = [f"roll-off {100 * share:.0f} %" for share in _ROLL_OFFS]
        contrasts = [f"contrast {group}" for group in group_names(self.source, self.groups)]
        curves = *_MOMENTS, *roll_offs, *_LEVELS, *contrasts
        statistics = "mean", "deviation", "delta deviation"
        return dict.fromkeys(curves, statistics) | {"skewness over time": curves}

    def describe(self, levels: Levels) -> Levels:
        """The vector of one window [shape=(bands, columns)] → [shape=(entries,)]."""
        curves = np.concatenate([_shapes(levels), _contrasts(levels, self.groups)])
        statistics = curves.mean(axis=1), curves.std(axis=1), np.diff(curves).std(axis=1)
        leaning = skewness(curves, floor=_SKEWNESS_FLOOR)
        return np.concatenate([np.stack(statistics, axis=1).ravel(), leaning])


def _shapes(levels: Levels) -> Levels:
    """What describes each column [shape=(bands, columns)] → [shape=(numbers, columns)]."""
    bands = len(levels)
    band = np.arange(bands)[:, None]
    power = 10 ** (levels / 10)
    total = power.sum(axis=0)
    share = power / total
    centroid = band[:, 0] @ share
    off = band - centroid
    square = off * off
    spread = np.sqrt((share * square).sum(axis=0))
    width = spread + 0.5  # a single band is one wide
    up_to = share.cumsum(axis=0)
    from_middle = band[:, 0] - (bands - 1) / 2
    level = 10 * np.log10(total)
    return np.stack(
        [
            centroid,
            spread,
            (share * square * off).sum(axis=0) / width**3,
            (share * square * square).sum(axis=0) / width**4,
            *((up_to < part).sum(axis=0) for part in _ROLL_OFFS),
            levels.mean(axis=0) - (level - 10 * np.log10(bands)),
            levels.max(axis=0) - (level - 10 * np.log10(bands)),
            level,
            from_middle @ levels / (from_middle @ from_middle),
            -(share * np.log(share)).sum(axis=0),
        ]
    )


def _contrasts(levels: Levels, groups: int) -> Levels:
    """Peaks above valleys in dB [shape=(bands, columns)] → [shape=(groups, columns)]."""
    contrasts = []
    for first, last in pairwise(len(levels) * i // groups for i in range(groups + 1)):
        ranked = np.sort(levels[first:last], axis=0)
        few = max(1, round(_EXTREME_SHARE * (last - first)))
        contrasts.append(ranked[-few:].mean(axis=0) - ranked[:few].mean(axis=0))
    return np.stack(contrasts)
