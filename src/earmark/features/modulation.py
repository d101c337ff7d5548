"""Modulation spectrum: how strongly, and how fast, bands swell and fade.

Lee, Shih, Yu and Lin 2009 ("Automatic music genre classification based on modulation spectral
analysis of spectral and cepstral features") describe genres by the energy of feature curves in
octaves of modulation frequency; here the curves are the levels of groups of mel bands.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np

from earmark.features.log_mel import LogMel
from earmark.features.settings import check_counts
from earmark.features.stored import STORED
from earmark.features.texture import Levels, Texture, check_up_to_bands, group_names, grouped

_FLOOR = 1e-2  # dB²: what storing dB in 256 levels adds


@dataclass(frozen=True, kw_only=True)
class Modulation(Texture):
    """Settings of a modulation spectrum, and the extractor itself.

    The mean level in dB of each group of neighbouring bands is a curve over time. Its mean is taken
    away and its power spectrum under a Hann window is summed over octaves of modulation frequency,
    the highest of which ends at half the column rate. An octave's sum is its part of the variance
    of the curve, in dB²; the vector holds 10 log10 of each, no lower than −20.

    Columns of the stored log-mel lie 77.4 ms apart, so that modulations are known up to 6.5 Hz: the
    beat and its halves, but neither tremolo nor roughness. Faster ones are mirrored below that.
    A constant gain per band changes nothing.

    Attributes:
        source: the log-mel; by default as it is stored.
        window_seconds: about how long a texture window is (`earmark.features.texture`).
        groups: groups of bands, equally wide on the mel scale.
        octaves: of modulation frequency; six of the stored log-mel reach down to 0.1 Hz.

    Raises:
        ValueError: a setting is impossible; the message names it and its value.

    Example:
        >>> import numpy as np
        >>> from earmark.features.modulation import Modulation
        >>> noise = np.random.default_rng(0).standard_normal(3 * 22050).astype(np.float32)
        >>> Modulation()(noise).shape
        (96,)
    """

    name: ClassVar[str] = "modulation"

    source: LogMel = STORED
    window_seconds: float = 30.0
    groups: int = 16
    octaves: int = 6

    def __post_init__(self) -> None:
        super().__post_init__()
        check_up_to_bands(self, "groups")
        check_counts(self, "octaves")

    @property
    def table(self) -> dict[str, tuple[str, ...]]:
        """Energy in dB of each octave, the slowest first, of each group of bands."""
        edges = self.columns_per_second * self._edges
        groups = group_names(self.source, self.groups)
        return {f"{low:.2g} to {high:.2g} Hz": groups for low, high in pairwise(edges)}

    def describe(self, levels: Levels) -> Levels:
        """The vector of one window [shape=(bands, columns)] → [shape=(entries,)]."""
        curves = grouped(levels, self.groups)
        curves -= curves.mean(axis=1, keepdims=True)
        columns = curves.shape[1]
        window = np.hanning(columns + 2)[1:-1]
        # Zeros fill it up, so that every octave holds some of the spectrum's bins.
        size = 2 << max(columns.bit_length(), self.octaves + 1)
        spectrum = np.fft.rfft(curves * window, size)[:, :-1]
        power = np.abs(spectrum) ** 2 * (2 / size / (window**2).sum())
        starts = (self._edges[:-1] * size).astype(int)
        energy = np.add.reduceat(power, starts, axis=1)
        return 10 * np.log10(energy.T + _FLOOR).ravel()

    @property
    def _edges(self) -> Levels:
        """Edges of the octaves in cycles per column [shape=(octaves + 1,)]."""
        return 0.5 ** np.arange(self.octaves + 1, 0, -1.0)
