"""Log-mel spectrogram: power in mel bands over time, in dB below the loudest cell.

The default settings are the representation that Earmark's data sets are stored in: librosa's
transform at 22,050 Hz (n_fft 2048, hop 512, 128 Slaney bands up to 11,025 Hz) with 387 columns kept
of the 1293 frames of a 30 s track. Only the kept frames are transformed, which is where the speed
comes from; the loudest cell is therefore that of the kept columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, get_args

import numpy as np
from numpy.typing import NDArray

from earmark.features.base import Array
from earmark.features.columns import FramedFeature, decibels
from earmark.features.frames import Framing, squares, window
from earmark.features.mel import MelScale, mel_bank, mel_edges
from earmark.features.settings import (
    check_band_edges,
    check_choice,
    check_counts,
    check_even,
    check_positive,
)


@dataclass(frozen=True, kw_only=True)
class LogMel(FramedFeature):
    """Settings of a log-mel spectrogram, and the extractor itself.

    Column i is the frame floor((i + 0.5) · a / b) where a / b is `frames_per_column`; a frame is
    `n_fft` samples under a periodic Hann window, centred on a multiple of `hop`, with zeros beyond
    the ends. `frames_per_column=(1, 1)` keeps every frame, as librosa does.

    Attributes:
        rate: sampling rate in Hz that the waveform must have.
        n_fft: length of window and transform in samples; even.
        hop: samples between frames.
        bands: number of mel bands.
        f_min: lower edge of the lowest band in Hz.
        f_max: upper edge of the highest band in Hz.
        mel: mel scale, "slaney" or "htk".
        frames_per_column: frames per kept column, as a fraction of two integers, at least 1.
        range_db: values lie between −range_db and 0 dB.

    Raises:
        ValueError: a setting is impossible; the message names it and its value.

    Example:
        >>> import numpy as np
        >>> from earmark.features.log_mel import LogMel
        >>> tone = np.sin(np.arange(30 * 22050) * (2 * np.pi * 440 / 22050)).astype(np.float32)
        >>> LogMel()(tone).shape
        (128, 387)
    """

    name: ClassVar[str] = "log-mel"

    rate: int = 22050
    n_fft: int = 2048
    hop: int = 512
    bands: int = 128
    f_min: float = 0.0
    f_max: float = 11025.0
    mel: MelScale = "slaney"
    frames_per_column: tuple[int, int] = (2586, 775)  # 1293 / 387.5
    range_db: float = 80.0

    def __post_init__(self) -> None:
        check_counts(self, "rate", "n_fft", "hop", "bands")
        check_even(self, "n_fft")
        check_band_edges(self)
        check_choice(self, "mel", get_args(MelScale))
        above, below = self.frames_per_column
        if not above >= below >= 1:
            raise ValueError(
                f"frames_per_column must be a fraction of at least 1, not {self.frames_per_column}"
            )
        check_positive(self, "range_db", "dB")

    @property
    def framing(self) -> Framing:
        """Frames of `n_fft` samples, centred; so many of them to a column."""
        return Framing(
            length=self.n_fft,
            n_fft=self.n_fft,
            hop=self.hop,
            centred=True,
            frames_per_column=self.frames_per_column,
        )

    @property
    def rows(self) -> int:
        """One row per band."""
        return self.bands

    @property
    def edges(self) -> NDArray[np.float64]:
        """Edges of the bands in Hz: band b is centred at edge b + 1 [shape=(bands + 2,)]."""
        return mel_edges(bands=self.bands, f_min=self.f_min, f_max=self.f_max, scale=self.mel)

    def seconds_of(self, column: int) -> float:
        """Time in seconds at the centre of a column's frame."""
        return self.framing.frame_of(column) * self.hop / self.rate

    def power(self, waveform: Array) -> Array:
        """Mel power on the waveform's own scale [shape=(bands, columns)]."""
        stream = self.stream()
        stream.push(waveform)
        return stream.finish_cells()

    def to_decibels(self, power: Array) -> Array:
        """10 log10 of power relative to its maximum, no lower than −range_db (same shape)."""
        return decibels(power, peak=float(power.max()), range_db=self.range_db)

    @property
    def value_range(self) -> tuple[float, float]:
        """Values lie between −range_db and 0 dB."""
        return -self.range_db, 0.0

    def from_log_mel(self, log_mel: Array) -> Array:
        """A stored log-mel is this feature at its default settings, and nothing is lost.

        Raises:
            ValueError: these are other settings.
        """
        if self != LogMel():
            raise ValueError("a stored log-mel has the default settings only")
        return log_mel

    def _window(self) -> Array:
        return window("hann", self.n_fft)

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
        return decibels(cells, peak=peak, range_db=self.range_db, out=cells)
