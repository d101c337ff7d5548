"""Mel scales, triangular mel filters, and power through such filters.

Two scales are in use: Slaney's (linear below 1 kHz, logarithmic above; Auditory Toolbox, 1998),
which librosa defaults to, and HTK's 2595 log10(1 + f / 700) (O'Shaughnessy 1987), which equals the
papers' 1127 ln(1 + f / 700) to four digits.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.features.base import Array

MelScale = Literal["slaney", "htk"]

_HZ_PER_MEL = 200.0 / 3  # Slaney's linear part
_KNEE_HZ = 1000.0
_KNEE_MEL = _KNEE_HZ / _HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27  # 27 mels from 1 kHz to 6.4 kHz
_BANDS_PER_GROUP = 8  # neighbouring filters share few bins: many small products beat one large


def hz_to_mel(hz: NDArray[np.float64], scale: MelScale) -> NDArray[np.float64]:
    """Frequencies in Hz to mels on the given scale (same shape)."""
    if scale == "htk":
        return 2595.0 * np.log10(1.0 + hz / 700.0)
    logarithmic = _KNEE_MEL + np.log(np.maximum(hz, _KNEE_HZ) / _KNEE_HZ) / _LOG_STEP
    return np.where(hz < _KNEE_HZ, hz / _HZ_PER_MEL, logarithmic)


def mel_to_hz(mel: NDArray[np.float64], scale: MelScale) -> NDArray[np.float64]:
    """Mels on the given scale to frequencies in Hz (same shape)."""
    if scale == "htk":
        return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    logarithmic = _KNEE_HZ * np.exp(_LOG_STEP * (mel - _KNEE_MEL))
    return np.where(mel < _KNEE_MEL, mel * _HZ_PER_MEL, logarithmic)


def mel_edges(*, bands: int, f_min: float, f_max: float, scale: MelScale) -> NDArray[np.float64]:
    """Where filters begin, peak and end in Hz [shape=(bands + 2,)].

    Filter b reaches from edge b to edge b + 2 and has its centre at edge b + 1.
    """
    ends = hz_to_mel(np.array([f_min, f_max], np.float64), scale)
    return mel_to_hz(np.linspace(ends[0], ends[1], bands + 2), scale)


def mel_filters(
    *, rate: int, n_fft: int, bands: int, f_min: float, f_max: float, scale: MelScale
) -> NDArray[np.float32]:
    """Triangular filters of unit area (Slaney's normalization), one per band.

    Args:
        rate: sampling rate in Hz.
        n_fft: length of the transform in samples.
        bands: number of filters.
        f_min: lower edge of the first filter in Hz.
        f_max: upper edge of the last filter in Hz.
        scale: the mel scale on which the centres are equally spaced.

    Returns:
        Weights per band and bin [shape=(bands, n_fft // 2 + 1)], in 1/Hz.
    """
    bins = np.arange(n_fft // 2 + 1) * (rate / n_fft)
    edges = mel_edges(bands=bands, f_min=f_min, f_max=f_max, scale=scale)
    lower, centre, upper = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (bins - lower) / (centre - lower)
    falling = (upper - bins) / (upper - centre)
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return (triangles * (2.0 / (upper - lower))).astype(np.float32)


class _Group(NamedTuple):
    bands: slice
    parts: slice  # of the spectrum seen as real numbers: two per bin
    weights: Array


class MelBank:
    """Filters cut into groups of neighbouring bands, which measures power several times faster."""

    def __init__(self, filters: Array) -> None:
        """`filters` are weights per band and bin [shape=(bands, bins)]."""
        self._bands = len(filters)
        self._groups = []
        for start in range(0, self._bands, _BANDS_PER_GROUP):
            rows = filters[start : start + _BANDS_PER_GROUP]
            used = np.flatnonzero(rows.any(axis=0))
            if len(used):  # narrow bands of a short transform may fall between two bins
                low, high = int(used[0]), int(used[-1]) + 1
                # |X|² = re² + im²: each weight stands twice, so that the product adds the squares.
                weights = np.ascontiguousarray(np.repeat(rows[:, low:high], 2, axis=1).T)
                bands = slice(start, start + len(rows))
                self._groups.append(_Group(bands, slice(2 * low, 2 * high), weights))

    def power(self, squares: Array) -> Array:
        """re² and im² of each bin [shape=(frames, 2 bins)] → mel power [shape=(frames, bands)]."""
        if len(squares) == 1:  # a product with one row adds up in another order
            return self.power(np.repeat(squares, 2, axis=0))[:1]
        power = np.zeros((len(squares), self._bands), np.float32)
        for group in self._groups:
            np.matmul(squares[:, group.parts], group.weights, out=power[:, group.bands])
        return power


@lru_cache(maxsize=8)
def mel_bank(
    *, rate: int, n_fft: int, bands: int, f_min: float, f_max: float, scale: MelScale
) -> MelBank:
    """The bank of `mel_filters` of those settings."""
    return MelBank(
        mel_filters(rate=rate, n_fft=n_fft, bands=bands, f_min=f_min, f_max=f_max, scale=scale)
    )
