"""Linear spectrogram: power in the bins of the Fourier transform over time, in dB.

`duthoit2018` draws one beside the mel-spectrogram, by matplotlib's `specgram` with NFFT 1024, and
proposes it as a second input.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NoReturn, get_args

from earmark.features.base import Array
from earmark.features.columns import FramedFeature, decibels
from earmark.features.frames import Framing, WindowName, power, window
from earmark.features.settings import (
    check_choice,
    check_counts,
    check_even,
    check_flag,
    check_positive,
)


@dataclass(frozen=True, kw_only=True)
class LinearSpectrogram(FramedFeature):
    """Settings of a linear spectrogram, and the extractor itself.

    |X|² of each bin from 0 Hz (row 0) to half the rate, in dB below the loudest cell. The defaults
    are what `specgram(…, NFFT=1024)` does in the paper's listing: 128 samples of overlap, hence
    a hop of 896, a symmetric Hann window, and no frame beyond the ends.

    What is guessed, and what differs: the paper transforms at the file's own rate, which it does
    not name; here it is the rate of all its other features. `specgram` doubles the power of all
    bins but the first and the last, which here therefore stand 3 dB higher; and it paints from the
    picture's minimum to its maximum, where this ends `range_db` below the maximum.

    Attributes:
        rate: sampling rate in Hz that the waveform must have.
        n_fft: length of window and transform in samples; even.
        hop: samples between frames.
        window: "hann", "hann-symmetric", "hamming" or "rectangular".
        centred: whether frames are centred on multiples of `hop`, with zeros beyond the ends.
        range_db: values lie between −range_db and 0 dB.

    Raises:
        ValueError: a setting is impossible; the message names it and its value.

    Example:
        >>> import numpy as np
        >>> from earmark.features.linear import LinearSpectrogram
        >>> LinearSpectrogram()(np.ones(30 * 22050, np.float32)).shape
        (513, 738)
    """

    name: ClassVar[str] = "linear-spectrogram"

    rate: int = 22050
    n_fft: int = 1024
    hop: int = 896
    window: WindowName = "hann-symmetric"
    centred: bool = False
    range_db: float = 80.0

    def __post_init__(self) -> None:
        check_counts(self, "rate", "n_fft", "hop")
        check_even(self, "n_fft")
        check_choice(self, "window", get_args(WindowName))
        check_flag(self, "centred")
        check_positive(self, "range_db", "dB")

    @property
    def framing(self) -> Framing:
        """Frames of `n_fft` samples, each a column."""
        return Framing(length=self.n_fft, n_fft=self.n_fft, hop=self.hop, centred=self.centred)

    @property
    def rows(self) -> int:
        """One row per bin."""
        return self.n_fft // 2 + 1

    @property
    def value_range(self) -> tuple[float, float]:
        """Values lie between −range_db and 0 dB."""
        return -self.range_db, 0.0

    def from_log_mel(self, log_mel: Array) -> NoReturn:
        """A log-mel cannot be turned back.

        Raises:
            ValueError: always.
        """
        raise ValueError(
            "a log-mel keeps one sum per mel band, not the power of each bin; audio is needed"
        )

    def _window(self) -> Array:
        return window(self.window, self.n_fft)

    def _transform(self, windowed: Array) -> Array:
        return power(windowed)

    def _finish(self, cells: Array, peak: float) -> Array:
        return decibels(cells, peak=peak, range_db=self.range_db, out=cells)
