"""Gabor transform: the Fourier transform under a Gaussian window, drawn over time.

`liu2017` shows one of a song (figure 3) and says no more of it; Gabor 1946 is the source. A
Gaussian is the window whose spread in time times that in frequency is least, 1 / 4π.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, NoReturn, get_args

import numpy as np

from earmark.features.base import Array
from earmark.features.columns import FramedFeature, decibels
from earmark.features.frames import Framing, gaussian_window, power
from earmark.features.settings import check_choice, check_counts, check_even, check_positive

Scale = Literal["magnitude", "decibels"]


@dataclass(frozen=True, kw_only=True)
class Gabor(FramedFeature):
    """Settings of a Gabor transform, and the extractor itself.

    Column j is |Σ x[n] g[n − j · hop] e^(−2πi k n / n_fft)| for k = 0 … n_fft / 2 (row 0 is 0 Hz),
    where g[m] = exp(−½ (m / deviation)²) for −n_fft / 2 ≤ m < n_fft / 2, with zeros beyond the ends
    of the waveform.

    The paper gives no setting, so all of them are guesses: the magnitude on a linear scale, as
    textbooks draw it, relative to the loudest cell; a window of 11.6 ms standard deviation
    (13.7 Hz), cut off at four of them; and a hop of two, which keeps four values for each that
    the waveform has.

    Attributes:
        rate: sampling rate in Hz that the waveform must have.
        n_fft: length of the cut-off window and of the transform in samples; even.
        hop: samples between frames.
        deviation: standard deviation of the Gaussian in samples.
        scale: "magnitude", between 0 and 1, or "decibels", between −range_db and 0.
        range_db: the span of the scale in dB; the magnitude has no use for it.

    Raises:
        ValueError: a setting is impossible; the message names it and its value.

    Example:
        >>> import numpy as np
        >>> from earmark.features.gabor import Gabor
        >>> Gabor()(np.ones(30 * 22050, np.float32)).shape
        (1025, 1292)
    """

    name: ClassVar[str] = "gabor"

    rate: int = 22050
    n_fft: int = 2048
    hop: int = 512
    deviation: float = 256.0
    scale: Scale = "magnitude"
    range_db: float = 80.0

    def __post_init__(self) -> None:
        check_counts(self, "rate", "n_fft", "hop")
        check_even(self, "n_fft")
        check_positive(self, "deviation", "samples")
        check_choice(self, "scale", get_args(Scale))
        check_positive(self, "range_db", "dB")

    @property
    def framing(self) -> Framing:
        """Frames of `n_fft` samples, centred, each a column."""
        return Framing(length=self.n_fft, n_fft=self.n_fft, hop=self.hop, centred=True)

    @property
    def rows(self) -> int:
        """One row per bin."""
        return self.n_fft // 2 + 1

    @property
    def value_range(self) -> tuple[float, float]:
        """0 to 1, or −range_db to 0 dB."""
        return (0.0, 1.0) if self.scale == "magnitude" else (-self.range_db, 0.0)

    def from_log_mel(self, log_mel: Array) -> NoReturn:
        """A log-mel cannot be turned back.

        Raises:
            ValueError: always.
        """
        raise ValueError(
            "a log-mel was made under another window and keeps one sum per mel band, not the "
            "magnitude of each bin; audio is needed"
        )

    def _window(self) -> Array:
        return gaussian_window(self.n_fft, self.deviation)

    def _transform(self, windowed: Array) -> Array:
        cells = power(windowed)
        return cells if self.scale == "decibels" else np.sqrt(cells, out=cells)

    def _finish(self, cells: Array, peak: float) -> Array:
        if self.scale == "decibels":
            return decibels(cells, peak=peak, range_db=self.range_db, out=cells)
        return np.divide(cells, np.float32(peak or 1), out=cells)  # silence stays 0
