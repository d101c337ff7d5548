"""Log-mel spectrogram: power in mel bands over time, in dB below the loudest cell.

The default settings are the representation that Earmark's data sets are stored in: librosa's
transform at 22,050 Hz (n_fft 2048, hop 512, 128 Slaney bands up to 11,025 Hz) with 387 columns kept
of the 1293 frames of a 30 s track. Only the kept frames are transformed, which is where the speed
comes from; the loudest cell is therefore that of the kept columns.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple, get_args

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from earmark.features.mel import MelScale, mel_filters

Array = NDArray[np.float32]

_POWER_FLOOR = 1e-10  # librosa's amin
_COLUMNS_PER_CHUNK = 194  # two chunks make 30 s; fewer columns cost calls, more leave the cache
_BANDS_PER_GROUP = 8  # neighbouring filters share few bins: many small products beat one large


@dataclass(frozen=True, kw_only=True)
class LogMel:
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
    time_axis: ClassVar[int | None] = 1

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
        for key in ("rate", "n_fft", "hop", "bands"):
            value = getattr(self, key)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{key} must be a whole number of at least 1, not {value!r}")
        if self.n_fft % 2:
            raise ValueError(f"n_fft must be even, not {self.n_fft}")
        if not 0 <= self.f_min < self.f_max <= self.rate / 2:
            raise ValueError(
                f"f_min and f_max must lie in order between 0 and {self.rate / 2:g} Hz, "
                f"not {self.f_min:g} and {self.f_max:g}"
            )
        if self.mel not in get_args(MelScale):
            raise ValueError(f"mel must be one of {get_args(MelScale)}, not {self.mel!r}")
        above, below = self.frames_per_column
        if not above >= below >= 1:
            raise ValueError(
                f"frames_per_column must be a fraction of at least 1, not {self.frames_per_column}"
            )
        if not self.range_db > 0:
            raise ValueError(f"range_db must be above 0 dB, not {self.range_db:g}")

    def shape(self, duration_seconds: float) -> tuple[int, int]:
        """(bands, columns) for a waveform of that many seconds."""
        samples = round(duration_seconds * self.rate)
        return self.bands, self.columns(samples)

    def columns(self, samples: int) -> int:
        """Number of columns for a waveform of that many samples."""
        above, below = self.frames_per_column
        frames = 1 + samples // self.hop
        # The largest i with ((2i + 1) a) // 2b < frames, plus one.
        return max(0, (2 * below * frames - 1 - above) // (2 * above) + 1)

    def frame_of(self, column: int) -> int:
        """Index of the frame that a column keeps."""
        above, below = self.frames_per_column
        return (2 * column + 1) * above // (2 * below)

    def seconds_of(self, column: int) -> float:
        """Time in seconds at the centre of a column's frame."""
        return self.frame_of(column) * self.hop / self.rate

    def __call__(self, waveform: Array) -> Array:
        """Log-mel of a mono waveform [shape=(samples,)] → [shape=(bands, columns)] in dB ≤ 0.

        Raises:
            ValueError: the waveform is not one-dimensional or is shorter than one column.
        """
        return self.to_decibels(self.power(waveform))

    def power(self, waveform: Array) -> Array:
        """Mel power on the waveform's own scale [shape=(bands, columns)]."""
        stream = self.stream()
        stream.push(waveform)
        return stream.finish_power()

    def to_decibels(self, power: Array) -> Array:
        """10 log10 of power relative to its maximum, no lower than −range_db (same shape)."""
        decibels = np.log10(np.maximum(power, np.float32(_POWER_FLOOR)))
        decibels *= 10
        decibels -= decibels.max()
        return np.maximum(decibels, np.float32(-self.range_db), out=decibels)

    def stream(self) -> LogMelStream:
        """Begin a waveform that arrives in blocks."""
        return LogMelStream(self)

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


class LogMelStream:
    """A log-mel spectrogram under construction.

    Columns are computed in chunks whose boundaries depend on the column number alone, so the
    result is the same to the last bit however the waveform was cut into blocks.
    """

    def __init__(self, settings: LogMel) -> None:
        self._settings = settings
        self._plan = _plan(settings)
        self._pending: Array = np.zeros(settings.n_fft // 2, np.float32)  # samples not yet used
        self._pending_start = -(settings.n_fft // 2)  # index of the first of them
        self._samples = 0
        self._chunks: list[Array] = []
        self._columns = 0

    def push(self, block: Array) -> None:
        """Take the next block of the waveform [shape=(samples,)].

        Raises:
            ValueError: the block is not one-dimensional.
        """
        if block.ndim != 1:
            raise ValueError(f"a waveform has one dimension, this block has {block.ndim}")
        self._samples += len(block)
        self._pending = np.concatenate([self._pending, block.astype(np.float32, copy=False)])
        while self._end_of(self._columns + _COLUMNS_PER_CHUNK) <= self._samples:
            self._transform(_COLUMNS_PER_CHUNK)

    def finish(self) -> Array:
        """End the waveform and return the log-mel [shape=(bands, columns)] in dB."""
        return self._settings.to_decibels(self.finish_power())

    def blocks(self) -> Iterator[Array]:
        """End the waveform and give the log-mel in pieces [shape=(bands, some columns)]."""
        yield self.finish()

    def finish_power(self) -> Array:
        """End the waveform and return the mel power [shape=(bands, columns)].

        Raises:
            ValueError: the waveform was shorter than one column.
        """
        columns = self._settings.columns(self._samples)
        if columns == 0:
            raise ValueError(f"{self._samples} samples are too few for one column")
        self._pending = np.pad(self._pending, (0, self._settings.n_fft))
        while self._columns < columns:
            self._transform(min(_COLUMNS_PER_CHUNK, columns - self._columns))
        return np.ascontiguousarray(np.concatenate(self._chunks).T)

    def _end_of(self, columns: int) -> int:
        """Index of the first sample that the first `columns` columns do not need."""
        settings = self._settings
        return settings.frame_of(columns - 1) * settings.hop + settings.n_fft // 2

    def _transform(self, count: int) -> None:
        settings, plan = self._settings, self._plan
        above, below = settings.frames_per_column
        column = np.arange(self._columns, self._columns + count + 1)
        starts = (2 * column + 1) * above // (2 * below) * settings.hop - settings.n_fft // 2
        frames = sliding_window_view(self._pending, settings.n_fft)
        first = starts[0] - self._pending_start
        if above == below:
            windowed = frames[first :: settings.hop][:count] * plan.window
        else:
            windowed = frames[starts[:-1] - self._pending_start]
            windowed *= plan.window
        self._chunks.append(_mel_power(windowed, plan))
        self._columns += count
        # A copy, so that a long block is let go once its columns are done.
        used = min(starts[-1] - self._pending_start, len(self._pending))
        self._pending = self._pending[used:]
        self._pending_start += used


class _Group(NamedTuple):
    bands: slice
    parts: slice  # of the spectrum seen as real numbers: two per bin
    weights: Array


class _Plan(NamedTuple):
    """Tables of one setting: window, and filters cut into groups of neighbouring bands."""

    window: Array
    bands: int
    groups: tuple[_Group, ...]


@lru_cache(maxsize=8)
def _plan(settings: LogMel) -> _Plan:
    filters = mel_filters(
        rate=settings.rate,
        n_fft=settings.n_fft,
        bands=settings.bands,
        f_min=settings.f_min,
        f_max=settings.f_max,
        scale=settings.mel,
    )
    groups = []
    for start in range(0, settings.bands, _BANDS_PER_GROUP):
        rows = filters[start : start + _BANDS_PER_GROUP]
        used = np.flatnonzero(rows.any(axis=0))
        if len(used):  # narrow bands of a short transform may fall between two bins
            low, high = int(used[0]), int(used[-1]) + 1
            # |X|² = re² + im²: each weight stands twice, so that the product adds the two squares.
            weights = np.ascontiguousarray(np.repeat(rows[:, low:high], 2, axis=1).T)
            bands = slice(start, start + len(rows))
            groups.append(_Group(bands, slice(2 * low, 2 * high), weights))
    phase = np.arange(settings.n_fft) * (2 * np.pi / settings.n_fft)
    window = (0.5 - 0.5 * np.cos(phase)).astype(np.float32)
    return _Plan(window, settings.bands, tuple(groups))


def _mel_power(windowed: Array, plan: _Plan) -> Array:
    """Mel power of windowed frames [shape=(frames, n_fft)] → [shape=(frames, bands)]."""
    parts = _rfft()(windowed).view(np.float32)
    squares = np.square(parts, out=parts)
    power = np.zeros((len(windowed), plan.bands), np.float32)
    for group in plan.groups:
        np.matmul(squares[:, group.parts], group.weights, out=power[:, group.bands])
    return power


def _rfft() -> Callable[[Array], NDArray[np.complex64]]:
    """scipy's transform where it is loaded anyway, since it is faster; else numpy's.

    Importing scipy.fft costs more than the tagger's whole work on one file.
    """
    scipy_fft: Any = sys.modules.get("scipy.fft")
    rfft: Callable[[Array], NDArray[np.complex64]] = (scipy_fft or np.fft).rfft
    return rfft
