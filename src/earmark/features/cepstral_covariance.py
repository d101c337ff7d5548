"""Covariance of cepstral coefficients, as a vector in which distances mean something.

Mandel and Ellis 2005 ("Song-level features and support vector machines for music classification")
tell songs apart by mean and covariance of their MFCC. Covariances form a curved space; their matrix
logarithm lies in a flat one, where means and lines make sense (Arsigny, Fillard, Pennec and Ayache
2006, "Log-Euclidean metrics for fast and simple calculus on diffusion tensors").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from earmark.features.cepstrum import cosines
from earmark.features.log_mel import LogMel
from earmark.features.settings import are_numbers
from earmark.features.stored import STORED
from earmark.features.texture import FEWEST_COLUMNS, Levels, Texture, check_up_to_bands

_SHRINKAGE = 0.02  # of the mean variance, added to each: few columns have no full rank
_LEAST = 1e-4  # dB²: and silence has none at all


@dataclass(frozen=True, kw_only=True)
class CepstralCovariance(Texture):
    """Settings of a cepstral covariance, and the extractor itself.

    The coefficients of a column are the orthonormal DCT-II of its levels in dB. Those of columns
    some time apart are joined, so that their covariance also says how they follow one another. 2 %
    of the mean variance is added on the diagonal; the vector holds the upper triangle of the matrix
    logarithm, row by row, what is off the diagonal times √2: the distance of two vectors is then
    that of the matrices' logarithms.

    A constant gain per band changes nothing.

    Attributes:
        source: the log-mel; by default as it is stored, columns 77.4 ms apart.
        window_seconds: about how long a texture window is (`earmark.features.texture`).
        coefficients: how many, from coefficient 0; at most the bands of the source.
        lags: columns between those that are joined, ascending from 0; below 12.

    Raises:
        ValueError: a setting is impossible; the message names it and its value.

    Example:
        >>> import numpy as np
        >>> from earmark.features.cepstral_covariance import CepstralCovariance
        >>> noise = np.random.default_rng(0).standard_normal(3 * 22050).astype(np.float32)
        >>> CepstralCovariance()(noise).shape
        (1830,)
    """

    name: ClassVar[str] = "cepstral-covariance"

    source: LogMel = STORED
    window_seconds: float = 30.0
    coefficients: int = 20
    lags: tuple[int, ...] = (0, 2, 5)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_up_to_bands(self, "coefficients")
        whole = are_numbers(self.lags, int)
        if not whole or self.lags[:1] != (0,) or sorted(set(self.lags)) != list(self.lags):
            raise ValueError(f"lags must be whole numbers, ascending from 0, not {self.lags!r}")
        if self.lags[-1] >= FEWEST_COLUMNS:
            raise ValueError(f"lags must be below {FEWEST_COLUMNS} columns, not {self.lags[-1]}")

    @property
    def table(self) -> dict[str, tuple[str, ...]]:
        """The logarithm's entries, of each pair of coefficient and lag that has not been named."""
        named = [f"c{i} lag {lag}" for lag in self.lags for i in range(self.coefficients)]
        return {f"{first} with": tuple(named[i:]) for i, first in enumerate(named)}

    def describe(self, levels: Levels) -> Levels:
        """The vector of one window [shape=(bands, columns)] → [shape=(entries,)]."""
        cepstrum = cosines(self.coefficients, len(levels)) @ levels
        columns = cepstrum.shape[1] - self.lags[-1]
        joined = np.concatenate([cepstrum[:, lag : lag + columns] for lag in self.lags])
        joined -= joined.mean(axis=1, keepdims=True)
        covariance = joined @ joined.T / columns
        floor = _SHRINKAGE * np.trace(covariance) / len(covariance) + _LEAST
        variances, axes = np.linalg.eigh(covariance)
        logarithm = axes * np.log(np.maximum(variances, 0) + floor) @ axes.T
        logarithm *= np.where(np.eye(len(covariance)), 1, np.sqrt(2))
        upper: Levels = logarithm[np.triu_indices(len(covariance))]
        return upper
