"""Mel scales and triangular mel filters.

Two scales are in use: Slaney's (linear below 1 kHz, logarithmic above; Auditory Toolbox, 1998),
which librosa defaults to, and HTK's 2595 log10(1 + f / 700) (O'Shaughnessy 1987), which equals the
papers' 1127 ln(1 + f / 700) to four digits.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

MelScale = Literal["slaney", "htk"]

_HZ_PER_MEL = 200.0 / 3  # Slaney's linear part
_KNEE_HZ = 1000.0
_KNEE_MEL = _KNEE_HZ / _HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27  # 27 mels from 1 kHz to 6.4 kHz


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
    ends = hz_to_mel(np.array([f_min, f_max], np.float64), scale)
    edges = mel_to_hz(np.linspace(ends[0], ends[1], bands + 2), scale)
    lower, centre, upper = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (bins - lower) / (centre - lower)
    falling = (upper - bins) / (upper - centre)
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return (triangles * (2.0 / (upper - lower))).astype(np.float32)
