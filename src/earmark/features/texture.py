"""From a spectrogram to one vector per track: what every summary of a track shares.

Statistics over a whole track change with its length: a long one has more contrast between its parts
and finer modulations than a clip of it. So a track is cut into texture windows (Tzanetakis and Cook
2002) of about 30 s each, every window becomes a vector, and the track's is their mean. A vector of
an hour then means what that of a clip means, and memory does not grow with the track.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from earmark.features.base import Array
from earmark.features.columns import ColumnStream
from earmark.features.log_mel import LogMel
from earmark.features.settings import check_counts, check_positive

Levels = NDArray[np.float64]
"""dB of a window [shape=(bands, columns)], or numbers derived from them."""

FEWEST_COLUMNS = 12  # 0.9 s of the stored log-mel: what medians, deltas and rhythm need


class Texture(ABC):
    """A vector that describes a log-mel spectrogram, the mean over its texture windows.

    A subclass is a frozen dataclass of settings, among them `source` and `window_seconds`, that
    says what describes one window.
    """

    name: ClassVar[str]
    time_axis: ClassVar[int | None] = None

    @property
    @abstractmethod
    def source(self) -> LogMel:
        """The spectrogram that is described."""

    @property
    @abstractmethod
    def window_seconds(self) -> float:
        """About how long a texture window is."""

    @property
    @abstractmethod
    def table(self) -> Mapping[str, tuple[str, ...]]:
        """What the vector holds, in order: measures, and the entries of each.

        Numbers of one measure have one unit and can be compared.
        """

    @abstractmethod
    def describe(self, levels: Levels) -> Levels:
        """The vector of one window [shape=(bands, columns)] → [shape=(entries,)]."""

    def __post_init__(self) -> None:
        if not isinstance(self.source, LogMel):
            raise ValueError(
                f"source must be a log-mel, not {getattr(self.source, 'name', self.source)!r}"
            )
        check_positive(self, "window_seconds", "s")
        if self.window_columns < FEWEST_COLUMNS:
            raise ValueError(
                f"window_seconds={self.window_seconds:g} is less than {FEWEST_COLUMNS} columns"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """What each number of the vector is, such as "mean c0"."""
        return tuple(f"{key} {entry}" for key, row in self.table.items() for entry in row)

    @property
    def rate(self) -> int:
        """Sampling rate in Hz of the waveforms it takes: the source's."""
        return self.source.rate

    @property
    def value_range(self) -> None:
        """Each number has a range of its own."""
        return

    @property
    def columns_per_second(self) -> float:
        """How many columns the source has in a second; 12.9 where it is the stored log-mel."""
        frames, columns = self.source.frames_per_column
        return self.source.rate / self.source.hop * columns / frames

    @property
    def window_columns(self) -> int:
        """Columns of a texture window, give or take half of that."""
        return round(self.window_seconds * self.columns_per_second)

    def shape(self, duration_seconds: float) -> tuple[int]:
        """(entries,), however long the waveform is."""
        return (len(self.names),)

    def __call__(self, waveform: Array) -> Array:
        """Describe a mono waveform [shape=(samples,)] → [shape=(entries,)].

        Raises:
            ValueError: it is not one-dimensional, or shorter than 12 columns of the source.
        """
        stream = self.stream()
        stream.push(waveform)
        return stream.finish()

    def stream(self) -> TextureStream:
        """Begin a waveform that arrives in blocks."""
        return TextureStream(self)

    def from_log_mel(self, log_mel: Array) -> Array:
        """Describe the stored log-mel of a track.

        Nothing is lost: the source is by default what is stored. An image of a track of another
        length than 30 s has its columns at another distance than is assumed here.

        Raises:
            ValueError: the source has other settings, or there are fewer than 12 columns.
        """
        return self.averaged([self.source.from_log_mel(log_mel)], log_mel.shape[1])

    def averaged(self, pieces: Iterable[Array], width: int) -> Array:
        """The mean of the windows' vectors, which are of nearly equal length.

        Args:
            pieces: the source from left to right [shape=(bands, some columns)].
            width: how many columns they have together.

        Raises:
            ValueError: there are fewer than 12 columns.
        """
        if width < FEWEST_COLUMNS:
            raise ValueError(f"{width} columns are too few, {FEWEST_COLUMNS} are needed")
        count = max(1, round(width / self.window_columns))
        ends = [width * (i + 1) // count for i in range(count)]
        total = sum(self.describe(window) for window in _windows(pieces, ends))
        return np.asarray(total / count, np.float32)


class TextureStream:
    """A vector under construction; `earmark.features.base.FeatureStream` describes it."""

    def __init__(self, texture: Texture) -> None:
        self._texture = texture
        self._source: ColumnStream = texture.source.stream()
        self._samples = 0

    def push(self, block: Array) -> None:
        """Take the next block of the waveform [shape=(samples,)].

        Raises:
            ValueError: the block is not one-dimensional.
        """
        self._source.push(block)
        self._samples += len(block)

    def finish(self) -> Array:
        """End the waveform and return the vector [shape=(entries,)].

        Raises:
            ValueError: the waveform was shorter than 12 columns of the source.
        """
        width = self._texture.source.columns(self._samples)
        return self._texture.averaged(self._source.blocks(), width)

    def blocks(self) -> Iterator[Array]:
        """End the waveform and give the vector, in one piece.

        Raises:
            ValueError: the waveform was shorter than 12 columns of the source.
        """
        yield self.finish()


def _windows(pieces: Iterable[Array], ends: list[int]) -> Iterator[Levels]:
    """Cut columns anew, so that the windows end where `ends` says [shape=(bands, columns)].

    Each lies in memory row after row, so that sums over it are added in one order.
    """
    pending: Array | None = None
    start = 0
    for piece in pieces:
        pending = piece if pending is None else np.concatenate([pending, piece], axis=1)
        while ends and start + pending.shape[1] >= ends[0]:
            size = ends.pop(0) - start
            yield np.array(pending[:, :size], np.float64, order="C")
            pending = pending[:, size:]
            start += size


def skewness(curves: Levels, *, floor: float) -> Levels:
    """Third central moment over deviation³ of each row [shape=(…, columns)] → [shape=(…,)].

    Deviations far below `floor` count as none: a curve that stands still leans nowhere.
    """
    centred = curves - curves.mean(axis=-1, keepdims=True)
    skewed: Levels = (centred**3).mean(axis=-1) / (centred.var(axis=-1) + floor**2) ** 1.5
    return skewed


def grouped(levels: Levels, groups: int) -> Levels:
    """Means over groups of neighbouring bands [shape=(bands, …)] → [shape=(groups, …)]."""
    starts = np.arange(groups) * len(levels) // groups
    means: Levels = np.add.reduceat(levels, starts, axis=0)
    sizes = np.diff(starts, append=len(levels)).reshape(-1, *[1] * (levels.ndim - 1))
    return means / sizes


def group_names(source: LogMel, groups: int) -> tuple[str, ...]:
    """First and last centre of the groups that `grouped` makes, such as "26 to 215 Hz"."""
    edges = source.edges
    starts = [source.bands * i // groups for i in range(groups + 1)]
    return tuple(f"{edges[a + 1]:.0f} to {edges[b]:.0f} Hz" for a, b in pairwise(starts))


def check_up_to_bands(settings: Any, name: str) -> None:
    """It must be a whole number of at least 1, and no more than the source has bands."""
    check_counts(settings, name)
    if getattr(settings, name) > settings.source.bands:
        raise ValueError(
            f"{name} must be at most the bands of the source, {settings.source.bands}, "
            f"not {getattr(settings, name)}"
        )
