"""Mel-frequency cepstral coefficients: the shape of the mel spectrum in a few numbers per column.

`liu2017` computes 21 of them over 20 to 8000 Hz, in windows of 100 ms every 25 ms, of the first
25 s of a track at 22,050 Hz: a matrix of 21 × 997. Its steps are those of Davis and Mermelstein
1980: Fourier transform of a windowed excerpt, power in triangular mel filters, logarithm, discrete
cosine transform.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Literal, get_args

import numpy as np

from earmark.features.base import Array
from earmark.features.cepstrum import cosines
from earmark.features.columns import FramedFeature, decibels
from earmark.features.frames import Framing, WindowName, squares, window
from earmark.features.log_mel import LogMel
from earmark.features.mel import MelScale, mel_bank
from earmark.features.settings import (
    check_band_edges,
    check_choice,
    check_counts,
    check_even,
    check_flag,
    check_positive,
)
from earmark.features.stored import STORED, in_bands_of

Logarithm = Literal["natural", "decibels"]

_DB_PER_NEPER = 10 / np.log(10)  # of power: 10 log10 x = this · ln x


@dataclass(frozen=True, kw_only=True)
class Mfcc(FramedFeature):
    """Settings of mel-frequency cepstral coefficients, and the extractor itself.

    c[k] = s[k] Σ ln(p[b]) cos(π k (b + ½) / bands), where p[b] is the power in mel band b relative
    to the loudest of the track, and s[k] makes the transform orthonormal (DCT-II).

    What the paper leaves open, and what is guessed: 40 bands of equal area, the number usual with
    MATLAB; a Hamming window; a transform of 4096 samples, the next power of two; the coefficient 0
    among the 21; no pre-emphasis and no liftering, since its five steps have neither. 25 ms are
    551.25 samples, taken as 551, which gives its 997 columns. Its two mel formulas are one scale,
    "htk". The level relative to the loudest cell, and the floor `range_db` below it, are ours: they
    add a constant to coefficient 0 and bound the logarithm of silence, and so a feature of a stored
    log-mel (`from_log_mel`) says the same.

    Attributes:
        rate: sampling rate in Hz that the waveform must have.
        length: samples in a window.
        n_fft: length of the transform in samples, at least `length`; even.
        hop: samples between frames.
        window: "hann", "hann-symmetric", "hamming" or "rectangular".
        centred: whether frames are centred on multiples of `hop`, with zeros beyond the ends.
        bands: number of mel bands.
        f_min: lower edge of the lowest band in Hz.
        f_max: upper edge of the highest band in Hz.
        mel: mel scale, "htk" or "slaney".
        coefficients: how many are kept, from coefficient 0; at most `bands`.
        logarithm: "natural", or "decibels", which makes all 10 / ln 10 times as large.
        range_db: power lower than this below the loudest cell counts as that.

    Raises:
        ValueError: a setting is impossible; the message names it and its value.

    Example:
        >>> import numpy as np
        >>> from earmark.features.mfcc import Mfcc
        >>> Mfcc()(np.ones(25 * 22050, np.float32)).shape
        (21, 997)
    """

    name: ClassVar[str] = "mfcc"

    rate: int = 22050
    length: int = 2205
    n_fft: int = 4096
    hop: int = 551
    window: WindowName = "hamming"
    centred: bool = False
    bands: int = 40
    f_min: float = 20.0
    f_max: float = 8000.0
    mel: MelScale = "htk"
    coefficients: int = 21
    logarithm: Logarithm = "natural"
    range_db: float = 80.0

    def __post_init__(self) -> None:
        check_counts(self, "rate", "length", "n_fft", "hop", "bands", "coefficients")
        check_even(self, "n_fft")
        if self.n_fft < self.length:
            raise ValueError(f"n_fft must be at least length, {self.length}, not {self.n_fft}")
        check_choice(self, "window", get_args(WindowName))
        check_flag(self, "centred")
        check_band_edges(self)
        check_choice(self, "mel", get_args(MelScale))
        if self.coefficients > self.bands:
            raise ValueError(
                f"coefficients must be at most bands, {self.bands}, not {self.coefficients}"
            )
        check_choice(self, "logarithm", get_args(Logarithm))
        check_positive(self, "range_db", "dB")

    @property
    def framing(self) -> Framing:
        """Frames of `length` samples, each a column."""
        return Framing(length=self.length, n_fft=self.n_fft, hop=self.hop, centred=self.centred)

    @property
    def rows(self) -> int:
        """One row per coefficient."""
        return self.coefficients

    @property
    def value_range(self) -> None:
        """Each coefficient has a range of its own."""
        return

    def from_log_mel(self, log_mel: Array) -> Array:
        """Coefficients from a stored log-mel [shape=(128, columns)] → [shape=(coefficients, …)].

        The power of the stored bands is read as a spectrum for the wanted ones to see
        (`earmark.features.stored`), and each column takes the stored column nearest in time. The
        number of columns is that of the longest waveform with so many stored columns (of 387,
        30.02 s).

        What is lost: what happens between stored columns, which lie 77.4 ms apart, so that some
        three columns in a row are the same; what lies between the centres of stored bands; the
        length and kind of the window; what was below the stored range; and half a level where the
        log-mel was stored as levels. Coefficient 0 is off by a constant, because another cell is
        the loudest. Of real tracks of 30 s each coefficient follows the true one with a correlation
        of 0.9 in the median and 0.75 at least; averaged over a third of a second with 0.98. An
        image of a longer track has its columns further apart than is assumed here, and drifts.

        Raises:
            ValueError: the wanted bands reach beyond the stored ones.
        """
        stored = STORED.framing
        wanted = LogMel(
            rate=self.rate,
            n_fft=self.n_fft,
            bands=self.bands,
            f_min=self.f_min,
            f_max=self.f_max,
            mel=self.mel,
            range_db=self.range_db,
        )
        seconds = (stored.frame_of(log_mel.shape[1]) * stored.hop - 1) / STORED.rate
        column = np.arange(self.columns(int(seconds * self.rate)))
        middle = column * self.hop - self.framing.before + self.length / 2
        above, below = stored.frames_per_column
        nearest = np.rint(middle / self.rate * STORED.rate * below / (above * stored.hop) - 0.5)
        levels = in_bands_of(wanted, log_mel)[:, nearest.clip(0, log_mel.shape[1] - 1).astype(int)]
        return np.ascontiguousarray((levels.T @ _transform(self)).T)

    def _window(self) -> Array:
        return window(self.window, self.length)

    def _transform(self, windowed: Array) -> Array:
        bank = mel_bank(
            rate=self.rate,
            n_fft=self.n_fft,
            bands=self.bands,
            f_min=self.f_min,
            f_max=self.f_max,
            scale=self.mel,
        )
        return bank.power(squares(windowed))

    def _finish(self, cells: Array, peak: float) -> Array:
        levels = decibels(cells, peak=peak, range_db=self.range_db, out=cells)
        return levels @ _transform(self)


@lru_cache(maxsize=8)
def _transform(settings: Mfcc) -> Array:
    """Levels in dB → coefficients [shape=(bands, coefficients)]."""
    transform = cosines(settings.coefficients, settings.bands).T
    if settings.logarithm == "natural":
        transform = transform / _DB_PER_NEPER
    return np.ascontiguousarray(transform, np.float32)
