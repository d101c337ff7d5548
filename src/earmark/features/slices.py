"""A track in slices of equal length: ten of 3 s in `yu2018`, as `cox2021` proposes too."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from earmark.features.base import Array, Feature
from earmark.features.columns import Spool
from earmark.features.log_mel import LogMel
from earmark.features.settings import check_positive


@dataclass(frozen=True, kw_only=True)
class Slices:
    """Settings of slices of any other feature, and the extractor itself.

    Each slice is a clip in its own right: its levels are relative to its own loudest cell. What is
    left at the end and shorter than a slice is dropped. Slices of a track stay together in the
    track's own entry of a store, so that they can stand on two sides of a split only where a naive
    split lets them.

    Attributes:
        source: the feature that each slice is turned into.
        seconds: how long a slice is: 3 s in the papers, or 30 s.
        hop_seconds: from the beginning of a slice to that of the next; None for one after another.

    Raises:
        ValueError: a setting is impossible; the message names it and its value.

    Example:
        >>> import numpy as np
        >>> from earmark.features.slices import Slices
        >>> Slices()(np.zeros(30 * 22050, np.float32)).shape
        (10, 128, 39)
    """

    name: ClassVar[str] = "slices"
    time_axis: ClassVar[int | None] = 0

    source: Feature = field(default_factory=LogMel)
    seconds: float = 3.0
    hop_seconds: float | None = None

    def __post_init__(self) -> None:
        if not hasattr(self.source, "from_log_mel"):
            raise ValueError(f"source must be a feature, not {self.source!r}")
        check_positive(self, "seconds", "s")
        if self.hop_seconds is not None:
            check_positive(self, "hop_seconds", "s")
            if self.hop == 0:
                raise ValueError(f"hop_seconds={self.hop_seconds:g} is less than a sample")
        if 0 in self.source.shape(self.seconds):
            raise ValueError(
                f"slices of {self.seconds:g} s are too short for one column of {self.source.name}"
            )

    @property
    def rate(self) -> int:
        """Sampling rate in Hz of the waveforms it takes: the source's."""
        return self.source.rate

    @property
    def length(self) -> int:
        """Samples of a slice."""
        return round(self.seconds * self.rate)

    @property
    def hop(self) -> int:
        """Samples from the beginning of a slice to that of the next."""
        return round((self.hop_seconds or self.seconds) * self.rate)

    @property
    def value_range(self) -> tuple[float, float] | None:
        """The source's."""
        return self.source.value_range

    def shape(self, duration_seconds: float) -> tuple[int, ...]:
        """(slices, …) with the shape of the source for one slice."""
        samples = round(duration_seconds * self.rate)
        slices = max(0, 1 + (samples - self.length) // self.hop)
        return slices, *self.source.shape(self.seconds)

    def __call__(self, waveform: Array) -> Array:
        """Slices of a mono waveform [shape=(samples,)] → [shape=(slices, …)].

        Raises:
            ValueError: it is not one-dimensional, or shorter than a slice.
        """
        stream = self.stream()
        stream.push(waveform)
        return stream.finish()

    def stream(self) -> SliceStream:
        """Begin a waveform that arrives in blocks."""
        return SliceStream(self)

    def from_log_mel(self, log_mel: Array) -> Array:
        """Slices of a stored log-mel, cut at whole columns.

        What is lost, beside what the source itself loses: a slice begins at the nearest stored
        column, up to 39 ms off (77 ms for the last), and its outer frames see what lies beyond its
        ends. Where a track is within 77 ms of a whole number of slices, there may be one more or
        one less than of its sound.

        Raises:
            ValueError: the log-mel is shorter than a slice, or does not hold what the source needs.
        """
        stored = LogMel()
        frames, columns = stored.frames_per_column
        column_hop = self.hop / self.rate * stored.rate / stored.hop * columns / frames
        width = stored.shape(self.seconds)[1]
        last = log_mel.shape[1] - width  # the last column at which a slice can begin
        if last < 0:
            raise ValueError(f"{log_mel.shape[1]} columns are too few for {self.seconds:g} s")
        count = math.ceil((last + 1) / column_hop)
        starts = [min(round(i * column_hop), last) for i in range(count)]
        parts = [log_mel[:, start : start + width] for start in starts]
        return np.stack([self.source.from_log_mel(part - part.max()) for part in parts])


class SliceStream:
    """Slices under construction; `earmark.features.base.FeatureStream` describes it."""

    def __init__(self, settings: Slices) -> None:
        self._settings = settings
        self._pending: Array = np.empty(0, np.float32)  # from the next slice's first sample on
        self._gap = 0  # samples still to be skipped before that one
        self._samples = 0
        self._done = Spool()

    def push(self, block: Array) -> None:
        """Take the next block of the waveform [shape=(samples,)].

        Raises:
            ValueError: the block is not one-dimensional.
        """
        if block.ndim != 1:
            raise ValueError(f"a waveform has one dimension, this block has {block.ndim}")
        self._samples += len(block)
        self._pending = np.concatenate([self._pending, block.astype(np.float32, copy=False)])
        self._skip()
        while self._gap == 0 and len(self._pending) >= self._settings.length:
            self._done.append(self._settings.source(self._pending[: self._settings.length]))
            self._gap = self._settings.hop
            self._skip()

    def finish(self) -> Array:
        """End the waveform and return the slices [shape=(slices, …)].

        Raises:
            ValueError: the waveform was shorter than a slice.
        """
        return np.concatenate(list(self.blocks()))

    def blocks(self) -> Iterator[Array]:
        """End the waveform and give the slices one by one [shape=(1, …)].

        Raises:
            ValueError: the waveform was shorter than a slice.
        """
        if self._samples < self._settings.length:
            seconds = self._samples / self._settings.rate
            raise ValueError(f"{seconds:.3g} s are too few for {self._settings.seconds:g} s")
        for piece in self._done.drain():
            yield piece[None]

    def _skip(self) -> None:
        skipped = min(self._gap, len(self._pending))
        self._pending = self._pending[skipped:]
        self._gap -= skipped
