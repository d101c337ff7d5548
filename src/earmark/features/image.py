"""Spectrograms drawn as images: what `duthoit2018` and `cox2021` feed their networks.

Both draw a spectrogram in dB on a grid of 288 × 432 pixels whatever its own size is. Neither says
how pixels are interpolated; here each is the mean of what it covers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, get_args

import numpy as np

from earmark.features.area import area_mean
from earmark.features.base import Array, Feature
from earmark.features.colour_maps import ColourMapName, coloured
from earmark.features.log_mel import LogMel
from earmark.features.settings import check_choice, check_counts
from earmark.features.stored import in_bands_of

DUTHOIT_LOG_MEL = LogMel(f_max=8000.0, mel="htk", frames_per_column=(1, 1))
LIBROSA_LOG_MEL = LogMel(frames_per_column=(1, 1))


class SpectrogramImage(ABC):
    """A spectrogram drawn on a fixed grid of pixels; a subclass says what a pixel holds.

    Row 0 is the **lowest** band, as in all arrays here; a picture to look at is flipped.
    """

    name: ClassVar[str]
    time_axis: ClassVar[int | None] = None

    source: Feature
    rows: int
    columns: int

    @abstractmethod
    def _paint(self, levels: Array) -> Array:
        """Pixels of levels between 0 and 1 [shape=(rows, columns)]."""

    def __post_init__(self) -> None:
        check_counts(self, "rows", "columns")
        if getattr(self.source, "value_range", None) is None or self.source.time_axis != 1:
            raise ValueError(
                "source must be a spectrogram with a known range, such as log-mel, "
                f"not {getattr(self.source, 'name', self.source)!r}"
            )

    @property
    def rate(self) -> int:
        """Sampling rate in Hz of the waveforms it takes: the source's."""
        return self.source.rate

    @property
    def value_range(self) -> tuple[float, float]:
        """0 is the floor of the source's range, 1 its top, the loudest cell."""
        return 0.0, 1.0

    def __call__(self, waveform: Array) -> Array:
        """Draw a mono waveform [shape=(samples,)].

        Raises:
            ValueError: it is not one-dimensional, or too short for a column of the source.
        """
        stream = self.stream()
        stream.push(waveform)
        return stream.finish()

    def stream(self) -> ImageStream:
        """Begin a waveform that arrives in blocks."""
        return ImageStream(self)

    def draw(self, spectrogram: Iterable[Array], width: int) -> Array:
        """Draw pieces of the source [shape=(bands, some columns)] that are `width` columns wide."""
        assert self.source.value_range is not None
        low, high = self.source.value_range
        means = area_mean(spectrogram, width=width, rows=self.rows, columns=self.columns)
        return self._paint(np.clip((means - low) / (high - low), 0, 1, dtype=np.float32))

    def from_picture(self, levels: Array) -> Array:
        """Draw a ready-made picture of a spectrogram.

        What the picture was made of stands: its frequency scale, range and length are not known,
        and the settings of `source` have no say.

        Args:
            levels: between 0 and 1 [shape=(any rows, any columns)], row 0 the lowest frequency, as
                `earmark.features.spectrogram_image.read_spectrogram_image` gives them.
        """
        means = area_mean([levels], width=levels.shape[1], rows=self.rows, columns=self.columns)
        return self._paint(np.clip(means, 0, 1))

    def from_log_mel(self, log_mel: Array) -> Array:
        """Draw the stored log-mel of a track.

        What is lost: of 10 frames the 7 that are not stored, so that fewer are averaged to a pixel;
        levels below the stored range; and, where the source has other bands, what lies between the
        stored bands (`earmark.features.stored`). A stored column is as wide as the image needs.

        Raises:
            ValueError: the source is no log-mel, or has bands above 11,025 Hz.
        """
        if not isinstance(self.source, LogMel):
            raise ValueError(f"an image of a {self.source.name} needs the sound")
        return self.draw([in_bands_of(self.source, log_mel)], log_mel.shape[1])


class ImageStream:
    """An image under construction; `earmark.features.base.FeatureStream` describes it."""

    def __init__(self, image: SpectrogramImage) -> None:
        self._image = image
        self._source = image.source.stream()
        self._samples = 0

    def push(self, block: Array) -> None:
        """Take the next block of the waveform [shape=(samples,)].

        Raises:
            ValueError: the block is not one-dimensional.
        """
        self._source.push(block)
        self._samples += len(block)

    def finish(self) -> Array:
        """End the waveform and return the image.

        Raises:
            ValueError: the waveform was too short for a column of the source.
        """
        width = self._image.source.shape(self._samples / self._image.rate)[1]
        return self._image.draw(self._source.blocks(), width)

    def blocks(self) -> Iterator[Array]:
        """End the waveform and give the image, in one piece.

        Raises:
            ValueError: the waveform was too short for a column of the source.
        """
        yield self.finish()


@dataclass(frozen=True, kw_only=True)
class GreyImage(SpectrogramImage):
    """A spectrogram as a grey image: settings, and the extractor itself (`duthoit2018`).

    The paper's three sizes are 288 × 432, and divided by 4 and by 16 in pixel count: 144 × 216 and
    72 × 108. Its mel formula 1127 ln(1 + f / 700) is the HTK scale. It draws the linear spectrogram
    in the same way, for comparison: `source=LinearSpectrogram()`.

    Attributes:
        source: the spectrogram that is drawn; the paper's by default (librosa's defaults, HTK
            bands up to 8000 Hz).
        rows: pixels from the lowest to the highest band.
        columns: pixels from the beginning to the end.

    Raises:
        ValueError: a setting is impossible; the message names it and its value.

    Example:
        >>> import numpy as np
        >>> from earmark.features.image import GreyImage
        >>> noise = np.random.default_rng(0).standard_normal(3 * 22050).astype(np.float32)
        >>> GreyImage(rows=72, columns=108)(noise).shape
        (72, 108)
    """

    name: ClassVar[str] = "grey-image"

    source: Feature = DUTHOIT_LOG_MEL
    rows: int = 288
    columns: int = 432

    def shape(self, duration_seconds: float) -> tuple[int, int]:
        """(rows, columns), however long the waveform is."""
        return self.rows, self.columns

    def _paint(self, levels: Array) -> Array:
        return levels


@dataclass(frozen=True, kw_only=True)
class ColourImage(SpectrogramImage):
    """A spectrogram as a coloured image: settings, and the extractor itself (`cox2021`).

    The paper takes the pictures of the widely used GTZAN image folder, 288 × 432 × 3 with their
    white border. Here the spectrogram fills the image.

    Attributes:
        source: the spectrogram that is drawn; librosa's default log-mel by default.
        rows: pixels from the lowest to the highest band.
        columns: pixels from the beginning to the end.
        colour_map: how levels become red, green and blue, each between 0 and 1;
            `librosa.display.specshow` takes magma.

    Raises:
        ValueError: a setting is impossible; the message names it and its value.
    """

    name: ClassVar[str] = "colour-image"

    source: Feature = LIBROSA_LOG_MEL
    rows: int = 288
    columns: int = 432
    colour_map: ColourMapName = "magma"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self, "colour_map", get_args(ColourMapName))

    def shape(self, duration_seconds: float) -> tuple[int, int, int]:
        """(rows, columns, 3), however long the waveform is."""
        return self.rows, self.columns, 3

    def _paint(self, levels: Array) -> Array:
        return coloured(levels, self.colour_map)
