"""From frames to a finished feature whose levels are relative to its loudest cell.

The loudest cell is known only at the end. Until then a stream keeps unfinished columns, in memory
while they are few and in a temporary file beyond that, so that memory does not grow with the file.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO, ClassVar

import numpy as np

from earmark.features.base import Array
from earmark.features.frames import Frames, Framing

_BYTES_IN_MEMORY = 8 << 20  # a quarter of an hour of the default log-mel is 6 MB
_POWER_FLOOR = 1e-10  # librosa's amin


def decibels(power: Array, *, peak: float, range_db: float, out: Array | None = None) -> Array:
    """10 log10 of power relative to `peak`, no lower than −range_db (same shape).

    Power below 1e-10 counts as 1e-10, as in librosa, which gives silence 0 dB. `out` may be `power`
    where that is of no more use.
    """
    floor = np.float32(_POWER_FLOOR)
    result = np.maximum(power, floor, out=out)
    np.log10(result, out=result)
    result *= 10
    result -= 10 * np.log10(np.maximum(np.float32(peak), floor))
    return np.maximum(result, np.float32(-range_db), out=result)


class FramedFeature(ABC):
    """A feature whose columns are transformed frames, finished once the loudest cell is known.

    A subclass is a frozen dataclass of settings that says where its frames lie, how they are
    transformed, and how the result is finished.
    """

    time_axis: ClassVar[int | None] = 1
    rate: int

    @property
    @abstractmethod
    def framing(self) -> Framing:
        """Where the frames lie, and which of them are columns."""

    @property
    @abstractmethod
    def rows(self) -> int:
        """Number of rows of the finished array."""

    @abstractmethod
    def _window(self) -> Array:
        """The window [shape=(framing.length,)]."""

    @abstractmethod
    def _transform(self, windowed: Array) -> Array:
        """Windowed frames [shape=(columns, n_fft)] → unfinished cells [shape=(columns, cells)]."""

    @abstractmethod
    def _finish(self, cells: Array, peak: float) -> Array:
        """Cells, given the loudest of all → finished columns [shape=(columns, rows)].

        The cells may be overwritten.
        """

    def columns(self, samples: int) -> int:
        """Number of columns for a waveform of that many samples."""
        return self.framing.columns(samples)

    def shape(self, duration_seconds: float) -> tuple[int, ...]:
        """(rows, columns) for a waveform of that many seconds."""
        return self.rows, self.columns(round(duration_seconds * self.rate))

    def stream(self) -> ColumnStream:
        """Begin a waveform that arrives in blocks."""
        return ColumnStream(self)

    def __call__(self, waveform: Array) -> Array:
        """The feature of a mono waveform [shape=(samples,)] → [shape=(rows, columns)].

        Raises:
            ValueError: the waveform is not one-dimensional or is shorter than one column.
        """
        stream = self.stream()
        stream.push(waveform)
        return stream.finish()


class ColumnStream:
    """A framed feature under construction; `earmark.features.base.FeatureStream` describes it."""

    def __init__(self, feature: FramedFeature) -> None:
        self._feature = feature
        self._frames = Frames(feature.framing, feature._window())
        self._cells = Spool()
        self._peak = 0.0
        self._columns = 0

    def push(self, block: Array) -> None:
        """Take the next block of the waveform [shape=(samples,)].

        Raises:
            ValueError: the block is not one-dimensional.
        """
        for windowed in self._frames.push(block):
            self._keep(windowed)

    def finish(self) -> Array:
        """End the waveform and return the feature [shape=(rows, columns)].

        Raises:
            ValueError: the waveform was shorter than one column.
        """
        return self._joined(self._finished())

    def finish_cells(self) -> Array:
        """End the waveform and return the unfinished cells [shape=(cells, columns)].

        Raises:
            ValueError: the waveform was shorter than one column.
        """
        self._end()
        return self._joined(self._cells.drain())

    def blocks(self) -> Iterator[Array]:
        """End the waveform and give the feature in pieces [shape=(rows, some columns)].

        Raises:
            ValueError: the waveform was shorter than one column.
        """
        for columns in self._finished():
            yield np.ascontiguousarray(columns.T)

    def _finished(self) -> Iterator[Array]:
        self._end()
        for cells in self._cells.drain():
            yield self._feature._finish(cells, self._peak)

    def _end(self) -> None:
        for windowed in self._frames.end():
            self._keep(windowed)

    def _keep(self, windowed: Array) -> None:
        cells = self._feature._transform(windowed)
        self._peak = max(self._peak, float(cells.max()))
        self._cells.append(cells)
        self._columns += len(cells)

    def _joined(self, pieces: Iterator[Array]) -> Array:
        """Pieces of columns [shape=(columns, rows)] as one array [shape=(rows, columns)]."""
        first = next(pieces)
        result, done = np.empty((first.shape[1], self._columns), np.float32), 0
        for piece in chain([first], pieces):
            result[:, done : done + len(piece)] = piece.T
            done += len(piece)
        return result


class Spool:
    """Arrays in order: in memory while they are small, else in a temporary file."""

    def __init__(self) -> None:
        self._held: list[Array] = []
        self._bytes_held = 0
        self._file: BinaryIO | None = None
        self._shapes_in_file: list[tuple[int, ...]] = []

    def append(self, array: Array) -> None:
        """Keep an array, which must not be changed afterwards."""
        self._held.append(array)
        self._bytes_held += array.nbytes
        if self._bytes_held > _BYTES_IN_MEMORY:
            self._write()

    def drain(self) -> Iterator[Array]:
        """Give the arrays in the order they came in, once; the caller may overwrite them."""
        if self._file is not None:
            with self._file as file:
                file.seek(0)
                for shape in self._shapes_in_file:
                    array = np.empty(shape, np.float32)
                    file.readinto(array.data)  # type: ignore[attr-defined]
                    yield array
        held, self._held = self._held[::-1], []
        while held:
            yield held.pop()

    def _write(self) -> None:
        if self._file is None:
            import tempfile  # a hundredth of a cold tagger's time, and seldom needed

            self._file = tempfile.TemporaryFile(prefix="earmark-")  # noqa: SIM115  (drain closes it)
        for array in self._held:
            self._file.write(np.ascontiguousarray(array).data)
            self._shapes_in_file.append(array.shape)
        self._held, self._bytes_held = [], 0
