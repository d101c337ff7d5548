"""Periodogram: the power density of a whole waveform over frequency, without time.

`liu2017` shows one of a song (figure 2). The periodogram of a whole song has as many values as the
song has samples and cannot be had in memory that does not grow with it; the average over segments
(Bartlett 1948, overlapping and windowed Welch 1967) can, and has one shape for all songs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, NoReturn, get_args

import numpy as np
from numpy.typing import NDArray

from earmark.features.base import Array
from earmark.features.columns import decibels
from earmark.features.frames import Frames, Framing, WindowName, squares, window
from earmark.features.settings import check_choice, check_counts, check_even, check_positive


@dataclass(frozen=True, kw_only=True)
class Periodogram:
    """Settings of a periodogram, and the extractor itself.

    |X|² of each bin from 0 Hz to half the rate, averaged over segments, in dB below the highest.
    It is one-sided: bins between the first and the last stand for their negative frequencies too
    and count twice. The mean is not removed. What is left at the end and shorter than a segment is
    not heard.

    The paper gives no setting, and draws what R or MATLAB call a periodogram: of the whole signal,
    with no window and in dB. That is `segment=0, window="rectangular"`. The default, which is
    smoother and smaller and of any song alike, is the guess of what such a picture is to show:
    segments of 4096 samples (5.4 Hz a bin) under a Hann window that overlap by half.

    Attributes:
        rate: sampling rate in Hz that the waveform must have.
        segment: samples in a segment; even; 0 takes the whole waveform as one, and then memory
            and shape grow with it.
        hop: samples between segments; of no use to a single one.
        window: "hann", "hann-symmetric", "hamming" or "rectangular".
        range_db: values lie between −range_db and 0 dB.

    Raises:
        ValueError: a setting is impossible; the message names it and its value.

    Example:
        >>> import numpy as np
        >>> from earmark.features.periodogram import Periodogram
        >>> Periodogram()(np.ones(30 * 22050, np.float32)).shape
        (2049,)
    """

    name: ClassVar[str] = "periodogram"
    time_axis: ClassVar[int | None] = None

    rate: int = 22050
    segment: int = 4096
    hop: int = 2048
    window: WindowName = "hann"
    range_db: float = 80.0

    def __post_init__(self) -> None:
        check_counts(self, "rate", "hop")
        if self.segment != 0:
            check_counts(self, "segment")
            check_even(self, "segment")
        check_choice(self, "window", get_args(WindowName))
        check_positive(self, "range_db", "dB")

    @property
    def value_range(self) -> tuple[float, float]:
        """Values lie between −range_db and 0 dB."""
        return -self.range_db, 0.0

    def shape(self, duration_seconds: float) -> tuple[int]:
        """(bins,), of whatever length the waveform is unless it is one segment."""
        return ((self.segment or round(duration_seconds * self.rate)) // 2 + 1,)

    def __call__(self, waveform: Array) -> Array:
        """Periodogram of a mono waveform [shape=(samples,)] → [shape=(bins,)] in dB ≤ 0.

        Raises:
            ValueError: the waveform is not one-dimensional or is shorter than a segment.
        """
        stream = self.stream()
        stream.push(waveform)
        return stream.finish()

    def stream(self) -> PeriodogramStream:
        """Begin a waveform that arrives in blocks."""
        return PeriodogramStream(self)

    def from_log_mel(self, log_mel: Array) -> NoReturn:
        """A log-mel cannot be turned back.

        Raises:
            ValueError: always.
        """
        raise ValueError(
            "a log-mel keeps one sum per mel band, not the power of each bin; audio is needed"
        )


class PeriodogramStream:
    """A periodogram under construction; `earmark.features.base.FeatureStream` describes it."""

    def __init__(self, settings: Periodogram) -> None:
        self._settings = settings
        self._frames = _segments(settings, settings.segment) if settings.segment else None
        self._whole: list[Array] = []  # of the waveform, where that is the segment
        self._sum: NDArray[np.float64] | float = 0.0  # of re² and im² of each bin in turn

    def push(self, block: Array) -> None:
        """Take the next block of the waveform [shape=(samples,)].

        Raises:
            ValueError: the block is not one-dimensional.
        """
        if self._frames is not None:
            self._add(self._frames.push(block))
        elif block.ndim != 1:
            raise ValueError(f"a waveform has one dimension, this block has {block.ndim}")
        else:
            self._whole.append(block.astype(np.float32))

    def finish(self) -> Array:
        """End the waveform and return the periodogram [shape=(bins,)] in dB ≤ 0.

        Raises:
            ValueError: the waveform was shorter than a segment.
        """
        if self._frames is not None:
            self._add(self._frames.end())
            length = self._settings.segment
        else:
            waveform = np.concatenate([np.empty(0, np.float32), *self._whole])
            length = len(waveform)
            frames = _segments(self._settings, max(1, length))
            self._add(frames.push(waveform))
            self._add(frames.end())
        both = np.asarray(self._sum)
        density = both[0::2] + both[1::2]
        density[1 : (length + 1) // 2] *= 2
        power = density.astype(np.float32)
        return decibels(power, peak=float(power.max()), range_db=self._settings.range_db)

    def blocks(self) -> Iterator[Array]:
        """End the waveform and give the periodogram, in one piece.

        Raises:
            ValueError: the waveform was shorter than a segment.
        """
        yield self.finish()

    def _add(self, segments: Iterator[Array]) -> None:
        for windowed in segments:
            self._sum = self._sum + squares(windowed).sum(axis=0).astype(np.float64)


def _segments(settings: Periodogram, length: int) -> Frames:
    framing = Framing(length=length, n_fft=length, hop=settings.hop, centred=False)
    return Frames(framing, window(settings.window, length))
