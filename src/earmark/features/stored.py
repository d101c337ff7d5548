"""What can be had of a track of which only the default log-mel is stored."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from earmark.features.base import Array
from earmark.features.log_mel import LogMel
from earmark.features.mel import mel_filters

STORED = LogMel()


def in_bands_of(wanted: LogMel, log_mel: Array) -> Array:
    """A stored log-mel in the bands and the range of another one.

    Power is drawn as a line between the centres of the stored bands, and the wanted filters see
    that. What is lost: whatever lies between the stored centres (26 Hz apart below 1 kHz, 2.7 %
    above) and below the lowest; the frames that are not stored; the sharpness of another `n_fft`.
    A peak that the wanted bands resolve and the stored ones do not comes out flatter, so that all
    else lies nearer to it: on music by 2 to 5 dB for HTK bands up to 8000 Hz.

    Args:
        wanted: says the bands and the range; its frames have no say.
        log_mel: dB below the loudest cell, of the default `LogMel` [shape=(128, columns)].

    Returns:
        dB below the loudest cell of the wanted bands [shape=(wanted.bands, columns)].

    Raises:
        ValueError: the wanted bands reach beyond the stored ones.
    """
    if _bands(wanted) == _bands(STORED):
        return np.maximum(log_mel, np.float32(-wanted.range_db))
    if wanted.f_max > STORED.f_max:
        raise ValueError(
            f"a stored log-mel ends at {STORED.f_max:g} Hz, below f_max={wanted.f_max:g}"
        )
    return wanted.to_decibels(_bridge(wanted) @ np.power(np.float32(10), log_mel / 10))


def _bands(settings: LogMel) -> tuple[object, ...]:
    return settings.bands, settings.f_min, settings.f_max, settings.mel


@lru_cache(maxsize=4)
def _bridge(wanted: LogMel) -> Array:
    """What each stored band gives to each wanted one [shape=(wanted.bands, stored bands)]."""
    centres = STORED.edges[1:-1]
    bins = np.arange(wanted.n_fft // 2 + 1) * (wanted.rate / wanted.n_fft)
    # One column per stored band: the line that is 1 at its centre and 0 at the others.
    lines = [np.interp(bins, centres, unit) for unit in np.eye(STORED.bands)]
    filters = _filters(wanted) @ np.array(lines, np.float32).T
    # A filter adds up to about one per bin's width; exactly, so that flat power stays flat.
    return np.asarray(filters / _filters(STORED).sum(axis=1), np.float32)


def _filters(settings: LogMel) -> Array:
    return mel_filters(
        rate=settings.rate,
        n_fft=settings.n_fft,
        bands=settings.bands,
        f_min=settings.f_min,
        f_max=settings.f_max,
        scale=settings.mel,
    )
