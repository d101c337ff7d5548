"""Statistics of mel-frequency cepstral coefficients over time: timbre in one vector.

Tzanetakis and Cook 2002 take mean and variance of the coefficients; deltas, after Furui 1986, say
how fast they change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from earmark.features.cepstrum import cosines
from earmark.features.log_mel import LogMel
from earmark.features.stored import STORED
from earmark.features.texture import Levels, Texture, check_up_to_bands, skewness

_SKEWNESS_FLOOR_DB = 1.0


@dataclass(frozen=True, kw_only=True)
class MfccStatistics(Texture):
    """Settings of MFCC statistics, and the extractor itself.

    The coefficients of a column are the orthonormal DCT-II of its levels in dB. Of each, the vector
    holds mean, standard deviation, standard deviation of the deltas (differences of neighbouring
    columns) and of the deltas' deltas, and skewness. Mean deltas say only where a window begins and
    ends, and are left out.

    A constant gain per band, such as a record's equalization, changes the means alone, save where
    a level falls below the range of the source.

    Attributes:
        source: the log-mel; by default as it is stored, columns 77.4 ms apart.
        window_seconds: about how long a texture window is (`earmark.features.texture`).
        coefficients: how many, from coefficient 0; at most the bands of the source. 40 told genres
            apart better than the 13 or 20 of speech.

    Raises:
        ValueError: a setting is impossible; the message names it and its value.

    Example:
        >>> import numpy as np
        >>> from earmark.features.mfcc_statistics import MfccStatistics
        >>> noise = np.random.default_rng(0).standard_normal(3 * 22050).astype(np.float32)
        >>> MfccStatistics()(noise).shape
        (200,)
    """

    name: ClassVar[str] = "mfcc-statistics"

    source: LogMel = STORED
    window_seconds: float = 30.0
    coefficients: int = 40

    def __post_init__(self) -> None:
        super().__post_init__()
        check_up_to_bands(self, "coefficients")

    @property
    def table(self) -> dict[str, tuple[str, ...]]:
        """Each statistic of each coefficient, in dB; skewness has no unit."""
        statistics = "mean", "deviation", "delta deviation", "second delta deviation", "skewness"
        coefficients = tuple(f"c{i}" for i in range(self.coefficients))
        return dict.fromkeys(statistics, coefficients)

    def describe(self, levels: Levels) -> Levels:
        """The vector of one window [shape=(bands, columns)] → [shape=(entries,)]."""
        cepstrum = cosines(self.coefficients, len(levels)) @ levels
        delta = np.diff(cepstrum)
        return np.concatenate(
            [
                cepstrum.mean(axis=1),
                cepstrum.std(axis=1),
                delta.std(axis=1),
                np.diff(delta).std(axis=1),
                skewness(cepstrum, floor=_SKEWNESS_FLOOR_DB),
            ]
        )
