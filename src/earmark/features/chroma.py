"""Chroma: how power is shared among the twelve pitch classes, whatever the octave and the key.

Pitch-class profiles are those of Fujishima 1999. Magnitudes of their Fourier transform, which do
not depend on the key, measure how evenly they divide the octave (Quinn 2006; Harte, Sandler and
Gasser 2006 take three of them as the tonal centroid).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from earmark.features.log_mel import LogMel
from earmark.features.stored import STORED
from earmark.features.texture import Levels, Texture

_CLASSES = 12
_A4_HZ, _A = 440.0, 9  # pitch classes are counted from C
_BREADTH_SEMITONES = 0.6
_NEIGHBOURS = 7  # bands on either side that a band must stand out from
_STILL_DB = 1e-2


@dataclass(frozen=True, kw_only=True)
class Chroma(Texture):
    """Settings of chroma statistics, and the extractor itself.

    A band counts by how many dB it stands out from the mean of the fifteen about it, which leaves
    tones and takes away the spectral envelope. It gives exp(−½ (d / 0.6)²) of that to the pitch
    class that its centre is d semitones away from, octaves aside, at A4 = 440 Hz; what a class gets
    is divided by the sum of these weights, so that having many bands makes none louder. The classes
    of a column share 1.

    The vector holds mean and standard deviation of the shares, as intervals in semitones above the
    class that is strongest on average; mean and standard deviation of the magnitudes of each
    column's Fourier transform over classes; and how the shares change from column to column (sum of
    absolute differences), how even they are (entropy in nats, of columns and of their mean) and how
    much the strongest has.

    What mel bands lose: the stored ones lie 26 Hz apart below 1 kHz, a semitone at 440 Hz and two
    at 220 Hz, so that notes and chords down there blur into each other and are heard by their
    harmonics, which speak for the fifth and the third too. Above 1 kHz bands lie half a semitone
    apart and are one wide, so that tuning other than to 440 Hz smears.

    Attributes:
        source: the log-mel; by default as it is stored.
        window_seconds: about how long a texture window is (`earmark.features.texture`).
        f_min: bands centred below this, in Hz, are left out.
        f_max: and those centred above this, where there is more noise than tone.

    Raises:
        ValueError: a setting is impossible; the message names it and its value.

    Example:
        >>> import numpy as np
        >>> from earmark.features.chroma import Chroma
        >>> noise = np.random.default_rng(0).standard_normal(3 * 22050).astype(np.float32)
        >>> Chroma()(noise).shape
        (40,)
    """

    name: ClassVar[str] = "chroma"

    source: LogMel = STORED
    window_seconds: float = 30.0
    f_min: float = 200.0
    f_max: float = 5000.0

    def __post_init__(self) -> None:
        super().__post_init__()
        centres = self.source.edges[1:-1]
        if not ((self.f_min <= centres) & (centres <= self.f_max)).any():
            raise ValueError(
                f"no band of the source is centred between f_min={self.f_min:g} and "
                f"f_max={self.f_max:g} Hz"
            )

    @property
    def table(self) -> dict[str, tuple[str, ...]]:
        """Shares by interval, Fourier magnitudes, and what describes the shares as a whole."""
        intervals = tuple(f"+{i}" for i in range(_CLASSES))
        magnitudes = tuple(f"{i} per octave" for i in range(1, _CLASSES // 2 + 1))
        return {
            "mean share": intervals,
            "deviation of share": intervals,
            "mean magnitude": magnitudes,
            "deviation of magnitude": magnitudes,
            "change": ("mean",),
            "entropy": ("of columns", "of the mean"),
            "strongest share": ("mean",),
        }

    def describe(self, levels: Levels) -> Levels:
        """The vector of one window [shape=(bands, columns)] → [shape=(entries,)]."""
        salience = _classes_of(self) @ np.maximum(levels - _surroundings(levels), 0)
        shares = (salience + _STILL_DB / _CLASSES) / (salience.sum(axis=0) + _STILL_DB)
        mean = shares.mean(axis=1)
        strongest = int(mean.argmax())
        magnitudes = np.abs(np.fft.rfft(shares, axis=0))[1:]
        return np.concatenate(
            [
                np.roll(mean, -strongest),
                np.roll(shares.std(axis=1), -strongest),
                magnitudes.mean(axis=1),
                magnitudes.std(axis=1),
                [
                    np.abs(np.diff(shares)).sum(axis=0).mean(),
                    _entropy(shares).mean(),
                    _entropy(mean),
                    shares.max(axis=0).mean(),
                ],
            ]
        )


def _surroundings(levels: Levels) -> Levels:
    """Mean over the bands about each; the outermost ones count on beyond the ends (same shape)."""
    width = 2 * _NEIGHBOURS + 1
    padded = np.pad(levels, ((_NEIGHBOURS + 1, _NEIGHBOURS), (0, 0)), mode="edge")
    sums = padded.cumsum(axis=0)
    means: Levels = (sums[width:] - sums[:-width]) / width
    return means


def _entropy(shares: Levels) -> Levels:
    entropy: Levels = -(shares * np.log(shares)).sum(axis=0)
    return entropy


@lru_cache(maxsize=8)
def _classes_of(settings: Chroma) -> Levels:
    """What each band gives to each pitch class [shape=(classes, bands)]; rows add up to 1."""
    centres = settings.source.edges[1:-1]
    pitch = _CLASSES * np.log2(centres / _A4_HZ) + _A
    half = _CLASSES / 2
    distance = (pitch - np.arange(_CLASSES)[:, None] + half) % _CLASSES - half
    weights = np.exp(-0.5 * (distance / _BREADTH_SEMITONES) ** 2)
    weights *= (settings.f_min <= centres) & (centres <= settings.f_max)
    shares: Levels = weights / weights.sum(axis=1, keepdims=True)
    return shares
