"""Windowed frames of a waveform that arrives in blocks: what every spectrum here begins with.

Frames are cut in chunks of columns whose borders depend on the column number alone, so that what is
computed of them is the same to the last bit however the waveform was cut into blocks. A chunk fits
the processor's cache, and what has been used of the waveform is let go.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from earmark.features.base import Array

WindowName = Literal["hann", "hann-symmetric", "hamming", "rectangular"]
"""Periodic windows, as librosa and scipy's `get_window` have them, and NumPy's symmetric `hanning`,
which matplotlib's spectrogram uses."""

_SAMPLES_PER_CHUNK = 1 << 19  # 2 MB: less costs calls, more leaves the cache
_ROWS_PER_CALL = 32  # of numpy's transform; of 100 and more each took twice as long (glibc)


@lru_cache(maxsize=16)
def window(name: WindowName, length: int) -> Array:
    """A window of that many samples [shape=(length,)]; read only."""
    period = length - 1 if name == "hann-symmetric" else length
    cosine = np.cos(np.arange(length) * (2 * np.pi / max(1, period)))
    if name == "rectangular":
        values = np.ones(length)
    elif name == "hamming":
        values = 0.54 - 0.46 * cosine
    else:
        values = 0.5 - 0.5 * cosine
    return _fixed(values)


@lru_cache(maxsize=16)
def gaussian_window(length: int, deviation: float) -> Array:
    """exp(−½ (t / deviation)²) about the sample length / 2 [shape=(length,)]; read only."""
    steps = (np.arange(length) - length / 2) / deviation
    return _fixed(np.exp(-0.5 * steps**2))


def _fixed(values: NDArray[np.float64]) -> Array:
    result = values.astype(np.float32)
    result.flags.writeable = False
    return result


@dataclass(frozen=True, kw_only=True)
class Framing:
    """Where the frames of a waveform lie, and which of them are columns.

    Frame j is the `length` samples from j · hop, or those about j · hop where frames are centred,
    with zeros beyond the ends. Column i is the frame floor((i + 0.5) · a / b), where a / b is
    `frames_per_column`. Each frame is followed by zeros up to `n_fft` samples.

    Attributes:
        length: samples in a window.
        n_fft: samples in a transform, at least as many.
        hop: samples between frames.
        centred: whether frames are centred on multiples of `hop`; the first otherwise begins at
            the first sample and the last ends before the end.
        frames_per_column: frames per kept column, as a fraction of two integers, at least 1.
    """

    length: int
    n_fft: int
    hop: int
    centred: bool
    frames_per_column: tuple[int, int] = (1, 1)

    @property
    def columns_per_chunk(self) -> int:
        """How many columns are transformed at once."""
        return max(1, _SAMPLES_PER_CHUNK // self.n_fft)

    @property
    def before(self) -> int:
        """Samples of a frame that lie before its multiple of `hop`."""
        # As if the window stood in the middle of n_fft samples, which is where librosa puts it.
        return self.n_fft // 2 - (self.n_fft - self.length) // 2 if self.centred else 0

    def frames(self, samples: int) -> int:
        """Number of frames in a waveform of that many samples."""
        if self.centred:
            return 1 + samples // self.hop if samples else 0
        return 1 + (samples - self.length) // self.hop if samples >= self.length else 0

    def columns(self, samples: int) -> int:
        """Number of columns for a waveform of that many samples."""
        above, below = self.frames_per_column
        # The largest i with ((2i + 1) a) // 2b < frames, plus one.
        return max(0, (2 * below * self.frames(samples) - 1 - above) // (2 * above) + 1)

    def frame_of(self, column: int) -> int:
        """Index of the frame that a column keeps."""
        above, below = self.frames_per_column
        return (2 * column + 1) * above // (2 * below)

    def start_of(self, column: int) -> int:
        """Index of a column's first sample; below 0 where it begins before the waveform."""
        return self.frame_of(column) * self.hop - self.before


class Frames:
    """Cuts a waveform that arrives in blocks into windowed frames, chunk by chunk."""

    def __init__(self, framing: Framing, weights: Array) -> None:
        """`weights` is the window [shape=(length,)]."""
        self._framing = framing
        self._weights = weights
        self._pending = [np.zeros(framing.before, np.float32)]  # samples not yet used
        self._pending_start = -framing.before  # index of the first of them
        self._samples = 0
        self._columns = 0
        self._windowed = np.zeros((framing.columns_per_chunk, framing.n_fft), np.float32)

    def push(self, block: Array) -> Iterator[Array]:
        """Take the next block of the waveform, give the chunks that it completes.

        Args:
            block: samples [shape=(samples,)].

        Yields:
            Windowed frames [shape=(columns, n_fft)], to be read before the next are asked for;
            all must be taken.

        Raises:
            ValueError: the block is not one-dimensional.
        """
        if block.ndim != 1:
            raise ValueError(f"a waveform has one dimension, this block has {block.ndim}")
        self._samples += len(block)
        chunk, ready = self._framing.columns_per_chunk, self._columns
        while self._framing.start_of(ready + chunk - 1) + self._framing.length <= self._samples:
            ready += chunk
        # What is not used at once is copied: the block is the caller's.
        self._pending.append(block.astype(np.float32, copy=ready == self._columns))
        return self._cut(ready)

    def end(self) -> Iterator[Array]:
        """End the waveform and give the chunks that are left, as `push` does.

        Raises:
            ValueError: the waveform was too short for a single column.
        """
        columns = self._framing.columns(self._samples)
        if columns == 0:
            raise ValueError(f"{self._samples} samples are too few for one column")
        self._pending.append(np.zeros(self._framing.length, np.float32))
        return self._cut(columns)

    def _cut(self, columns: int) -> Iterator[Array]:
        """Windowed frames up to that column; forgets the samples that no later column needs."""
        if columns == self._columns:
            return
        framing = self._framing
        samples = np.concatenate(self._pending)
        frames = sliding_window_view(samples, framing.length)
        while self._columns < columns:
            count = min(framing.columns_per_chunk, columns - self._columns)
            where = self._where(count)
            chosen = frames[where]
            whole = framing.length == framing.n_fft and not isinstance(where, slice)
            windowed = chosen if whole else self._windowed[:count]  # an index array gives a copy
            np.multiply(chosen, self._weights, out=windowed[:, : framing.length])
            yield windowed
            self._columns += count
        used = min(framing.start_of(columns) - self._pending_start, len(samples))
        self._pending = [samples[used:].copy()]  # so that the rest is let go
        self._pending_start += used

    def _where(self, count: int) -> slice | NDArray[np.int64]:
        """Where the next columns begin among the pending samples."""
        framing = self._framing
        above, below = framing.frames_per_column
        if above == below:
            first = framing.start_of(self._columns) - self._pending_start
            return slice(first, first + count * framing.hop, framing.hop)
        column = np.arange(self._columns, self._columns + count)
        starts: NDArray[np.int64] = (2 * column + 1) * above // (2 * below) * framing.hop
        return starts - framing.before - self._pending_start


def squares(windowed: Array) -> Array:
    """re² and im² of each bin in turn [shape=(frames, n_fft)] → [shape=(frames, n_fft + 2)]."""
    parts = _rfft()(windowed).view(np.float32)
    return np.square(parts, out=parts)


def power(windowed: Array) -> Array:
    """|X|² of each bin [shape=(frames, n_fft)] → [shape=(frames, n_fft // 2 + 1)]."""
    both = squares(windowed)
    return both[:, 0::2] + both[:, 1::2]


def numpy_rfft(windowed: Array) -> NDArray[np.complex64]:
    """NumPy's transform [shape=(frames, n_fft)] → [shape=(frames, n_fft // 2 + 1)]."""
    result = np.empty((len(windowed), windowed.shape[1] // 2 + 1), np.complex64)
    for first in range(0, len(windowed), _ROWS_PER_CALL):
        rows = slice(first, first + _ROWS_PER_CALL)
        np.fft.rfft(windowed[rows], out=result[rows])
    return result


def _rfft() -> Callable[[Array], NDArray[np.complex64]]:
    """scipy's transform where it is loaded anyway, since it is faster; else numpy's.

    Importing scipy.fft costs more than the tagger's whole work on one file.
    """
    scipy_fft: Any = sys.modules.get("scipy.fft")
    return scipy_fft.rfft if scipy_fft else numpy_rfft
