"""What every representation offers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class FeatureStream(Protocol):
    """A feature under construction: blocks go in, the feature comes out.

    What comes out is the same to the last bit however the waveform was cut. It is ended once, by
    `finish` or by `blocks`.
    """

    def push(self, block: Array) -> None:
        """Take the next block of the waveform [shape=(samples,)]."""

    def finish(self) -> Array:
        """End the waveform and return the whole feature.

        Raises:
            ValueError: the waveform was too short for a single column.
        """

    def blocks(self) -> Iterator[Array]:
        """End the waveform and give the feature piece by piece along its time axis.

        Memory does not grow with the length of the waveform. A feature without a time axis comes
        in one piece.

        Raises:
            ValueError: the waveform was too short for a single column.
        """


class Feature(Protocol):
    """A frozen dataclass of settings that is itself the extractor.

    Attributes:
        name: what recipes, stores and bundles call it.
        time_axis: the axis of the array that grows with the waveform; None if none does.
    """

    name: ClassVar[str]
    time_axis: ClassVar[int | None]

    @property
    def rate(self) -> int:
        """Sampling rate in Hz of the waveforms it takes."""

    @property
    def value_range(self) -> tuple[float, float] | None:
        """Between which values all of it lies, where that is known beforehand: for 8-bit storage.

        None where it is not, as for cepstra.
        """

    def shape(self, duration_seconds: float) -> tuple[int, ...]:
        """Shape of the array for a waveform of that length; (bands, columns) for most."""

    def __call__(self, waveform: Array) -> Array:
        """Transform a whole mono waveform [shape=(samples,)].

        Raises:
            ValueError: it is not one-dimensional, or too short for a single column.
        """

    def stream(self) -> FeatureStream:
        """Begin a waveform that arrives in blocks."""

    def from_log_mel(self, log_mel: Array) -> Array:
        """The feature of a track of which only the log-mel is stored, as far as it can be had.

        Args:
            log_mel: dB below the loudest cell, of the default `LogMel` [shape=(128, columns)].

        Returns:
            An array of the shape that the waveform would have given; the docstring of each class
            says what is lost.

        Raises:
            ValueError: a log-mel does not hold what the feature needs; the message says what.
        """
