"""How much of each range of frequencies is steady tone and how much is stroke, by medians.

Fitzgerald 2010 ("Harmonic/percussive separation using median filtering"): a tone is a line along
time, a stroke a line along frequency; a median along a line keeps it and removes the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from earmark.features.log_mel import LogMel
from earmark.features.settings import check_counts
from earmark.features.stored import STORED
from earmark.features.texture import (
    FEWEST_COLUMNS,
    Levels,
    Texture,
    check_up_to_bands,
    group_names,
    grouped,
)


@dataclass(frozen=True, kw_only=True)
class HarmonicPercussive(Texture):
    """Settings of a comparison of tones and strokes, and the extractor itself.

    Two medians are taken about each cell: over neighbouring columns (the harmonic one) and over
    neighbouring bands (the percussive one). What a cell has more than each, in dB, is averaged over
    time and over groups of bands, once with its sign and once without. Medians of dB are dB of the
    medians of power. Beyond its ends the spectrogram is mirrored.

    A constant gain for all bands changes nothing, and one per band nothing of the harmonic half.

    Attributes:
        source: the log-mel; by default as it is stored, columns 77.4 ms apart.
        window_seconds: about how long a texture window is (`earmark.features.texture`).
        groups: groups of bands, equally wide on the mel scale.
        median_columns: columns of a median over time; odd, at most 23.
        median_bands: bands of a median over frequency; odd.

    Raises:
        ValueError: a setting is impossible; the message names it and its value.

    Example:
        >>> import numpy as np
        >>> from earmark.features.harmonic_percussive import HarmonicPercussive
        >>> noise = np.random.default_rng(0).standard_normal(3 * 22050).astype(np.float32)
        >>> HarmonicPercussive()(noise).shape
        (64,)
    """

    name: ClassVar[str] = "harmonic-percussive"

    source: LogMel = STORED
    window_seconds: float = 30.0
    groups: int = 16
    median_columns: int = 9
    median_bands: int = 9

    def __post_init__(self) -> None:
        super().__post_init__()
        check_up_to_bands(self, "groups")
        check_counts(self, "median_columns", "median_bands")
        longest = {"median_columns": FEWEST_COLUMNS, "median_bands": self.source.bands}
        for name, length in longest.items():
            value = getattr(self, name)
            if value % 2 == 0 or value // 2 >= length:
                raise ValueError(f"{name} must be odd and less than {2 * length}, not {value}")

    @property
    def table(self) -> dict[str, tuple[str, ...]]:
        """Four differences in dB of each group of bands."""
        measures = "above harmonic", "above percussive", "off harmonic", "off percussive"
        return dict.fromkeys(measures, group_names(self.source, self.groups))

    def describe(self, levels: Levels) -> Levels:
        """The vector of one window [shape=(bands, columns)] → [shape=(entries,)]."""
        off_harmonic = levels - running_median(levels, self.median_columns, axis=1)
        off_percussive = levels - running_median(levels, self.median_bands, axis=0)
        measures = off_harmonic, off_percussive, np.abs(off_harmonic), np.abs(off_percussive)
        return np.concatenate([grouped(cells.mean(axis=1), self.groups) for cells in measures])


def running_median(cells: Levels, length: int, *, axis: int) -> Levels:
    """Median over an odd number of neighbours along an axis, mirrored at its ends (same shape).

    The neighbours of all cells at once go through an odd-even transposition network (Knuth, The Art
    of Computer Programming 3, 5.3.4), which sorts them in `length` rounds: several times as fast as
    sorting each cell's.
    """
    half = length // 2
    room = [(half, half) if i == axis else (0, 0) for i in range(cells.ndim)]
    mirrored = np.pad(cells, room, mode="reflect")
    lanes = list(np.moveaxis(sliding_window_view(mirrored, length, axis=axis), -1, 0))
    for turn in range(length):
        for i in range(turn % 2, length - 1, 2):
            low, high = lanes[i], lanes[i + 1]
            lanes[i], lanes[i + 1] = np.minimum(low, high), np.maximum(low, high)
    median: Levels = lanes[half]
    return median
