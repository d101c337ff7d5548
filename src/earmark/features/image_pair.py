"""Two grey images of one track, drawn from two spectrograms: the stack `duthoit2018` proposes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from earmark.features.base import Array, FeatureStream
from earmark.features.image import GreyImage
from earmark.features.linear import LinearSpectrogram
from earmark.features.log_mel import LogMel


@dataclass(frozen=True, kw_only=True)
class ImagePair:
    """Settings of a pair of grey images, and the extractor itself.

    Attributes:
        first: an image; by default the paper's, of a mel-spectrogram.
        second: another of the same size; by default of a linear spectrogram.

    Raises:
        ValueError: they are no grey images, or differ in size or sampling rate.

    Example:
        >>> import numpy as np
        >>> from earmark.features.image_pair import ImagePair
        >>> noise = np.random.default_rng(0).standard_normal(3 * 22050).astype(np.float32)
        >>> ImagePair()(noise).shape
        (288, 432, 2)
    """

    name: ClassVar[str] = "image-pair"
    time_axis: ClassVar[int | None] = None

    first: GreyImage = field(default_factory=GreyImage)
    second: GreyImage = field(default_factory=lambda: GreyImage(source=LinearSpectrogram()))

    def __post_init__(self) -> None:
        for image in (self.first, self.second):
            if not isinstance(image, GreyImage):
                raise ValueError(f"first and second must be grey images, not {image!r}")
        if self.first.shape(1.0) != self.second.shape(1.0):
            raise ValueError("first and second must have as many rows and columns as each other")
        if self.first.rate != self.second.rate:
            raise ValueError("first and second must have one sampling rate")

    @property
    def rate(self) -> int:
        """Sampling rate in Hz of the waveforms it takes."""
        return self.first.rate

    @property
    def value_range(self) -> tuple[float, float]:
        """0 is the floor of each spectrogram's range, 1 its top, the loudest cell."""
        return 0.0, 1.0

    def shape(self, duration_seconds: float) -> tuple[int, ...]:
        """(rows, columns, 2), however long the waveform is."""
        return *self.first.shape(duration_seconds), 2

    def __call__(self, waveform: Array) -> Array:
        """Draw a mono waveform [shape=(samples,)] twice [shape=(rows, columns, 2)].

        Raises:
            ValueError: it is not one-dimensional, or too short for a column of either spectrogram.
        """
        stream = self.stream()
        stream.push(waveform)
        return stream.finish()

    def stream(self) -> PairStream:
        """Begin a waveform that arrives in blocks."""
        return PairStream(self.first.stream(), self.second.stream())

    def from_log_mel(self, log_mel: Array) -> Array:
        """Both images of a stored log-mel, where both are of log-mels (`GreyImage.from_log_mel`).

        Raises:
            ValueError: one of them is not.
        """
        for image in (self.first, self.second):
            if not isinstance(image.source, LogMel):
                raise ValueError(f"a log-mel gives no image of a {image.source.name}")
        return np.stack([image.from_log_mel(log_mel) for image in (self.first, self.second)], 2)


class PairStream:
    """Two images under construction; `earmark.features.base.FeatureStream` describes it."""

    def __init__(self, *streams: FeatureStream) -> None:
        self._streams = streams

    def push(self, block: Array) -> None:
        """Take the next block of the waveform [shape=(samples,)].

        Raises:
            ValueError: the block is not one-dimensional.
        """
        for stream in self._streams:
            stream.push(block)

    def finish(self) -> Array:
        """End the waveform and return both images [shape=(rows, columns, 2)].

        Raises:
            ValueError: the waveform was too short for a column of either spectrogram.
        """
        return np.stack([stream.finish() for stream in self._streams], axis=2)

    def blocks(self) -> Iterator[Array]:
        """End the waveform and give the images, in one piece.

        Raises:
            ValueError: the waveform was too short for a column of either spectrogram.
        """
        yield self.finish()
