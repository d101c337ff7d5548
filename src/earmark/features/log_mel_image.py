"""Log-mel spectrograms stored as grey PNG images, and back.

The layout is that of Earmark's data sets: 8 bits per cell, time from left to right, the lowest mel
band in the bottom row, level q = floor((dB + R) / R · 256) clipped to 0 … 255, and the range R as
the text chunk `range_db` (80 dB where it is absent).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.errors import UnreadableImage
from earmark.features.log_mel import LogMel

DEFAULT_RANGE_DB = 80.0
_MAX_COLUMNS = 1_000_000  # a day of music; more is not a spectrogram
_MAX_RANGE_DB = 200.0


class LogMelImage(NamedTuple):
    """A log-mel as it is stored: levels, and what is needed to get dB back."""

    levels: NDArray[np.uint8]  # [shape=(bands, columns)], row 0 the lowest band
    range_db: float


def log_mel_image(waveform: NDArray[np.float32], *, columns: int = 387) -> LogMelImage:
    """The image of a mono waveform at 22,050 Hz, cell for cell as Earmark's data sets store it.

    Unlike `LogMel`, which transforms only the frames that it keeps, this transforms all of them:
    a stored image is relative to the loudest cell of all frames, its range ends at their faintest,
    and its columns are spread evenly over the track's own number of frames.

    Args:
        waveform: samples [shape=(samples,)], about 30 s for the usual 387 columns.
        columns: number of columns kept.
    """
    every_frame = replace(LogMel(), frames_per_column=(1, 1))
    power = every_frame.power(waveform)
    decibels = every_frame.to_decibels(power)
    n_frames = power.shape[1]
    kept = (2 * np.arange(columns) + 1) * n_frames // (2 * columns + 1)
    range_db = float(-decibels.min()) or DEFAULT_RANGE_DB  # a constant has no range of its own
    return LogMelImage(to_levels(decibels[:, kept], range_db), range_db)


def to_levels(decibels: NDArray[np.float32], range_db: float) -> NDArray[np.uint8]:
    """Levels 0 … 255 of values in dB between −range_db and 0 (same shape)."""
    levels = (decibels + np.float32(range_db)) / np.float32(range_db) * 256  # floored by the cast
    clipped: NDArray[np.uint8] = np.clip(levels, 0, 255).astype(np.uint8)
    return clipped


def from_levels(levels: NDArray[np.uint8], range_db: float) -> NDArray[np.float32]:
    """Values in dB at the middle of each level (same shape)."""
    decibels = (levels.astype(np.float32) + 0.5) / 256 * range_db - range_db
    return decibels.astype(np.float32, copy=False)


def read_log_mel_image(path: Path, *, bands: int = 128) -> NDArray[np.float32]:
    """The log-mel in an image, in dB below its loudest cell [shape=(bands, columns)].

    Row 0 is the lowest band. The loudest cell is made 0 dB, as in `LogMel`, because a stored image
    may be relative to a frame that it does not keep.

    Raises:
        UnreadableImage: the file is missing, damaged, or not a grey image of that many rows.
    """
    from PIL import Image

    try:
        with Image.open(path) as image:
            width, height = image.size
            if image.mode != "L":
                raise UnreadableImage(
                    f"not a log-mel image: its mode is {image.mode}, not 8-bit grey", path
                )
            if height != bands or not 0 < width <= _MAX_COLUMNS:
                raise UnreadableImage(
                    f"not a log-mel image: {width} × {height} pixels, {bands} rows are expected",
                    path,
                )
            levels = np.asarray(image)[::-1]
            text = getattr(image, "text", {}).get("range_db", str(DEFAULT_RANGE_DB))
    except OSError as error:
        reason = (error.strerror or "damaged or not an image").lower()
        raise UnreadableImage(reason, path) from error
    except (ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnreadableImage(f"damaged image: {error}", path) from error
    try:
        range_db = float(text)
    except ValueError:
        range_db = float("nan")
    if not 0 < range_db <= _MAX_RANGE_DB:
        raise UnreadableImage(f"its range_db is {text!r}, not a range in dB", path)
    decibels = from_levels(levels, range_db)
    decibels -= decibels.max()
    return decibels


def write_log_mel_image(path: Path, decibels: NDArray[np.float32], *, range_db: float) -> None:
    """Store a log-mel [shape=(bands, columns)] in dB ≤ 0 as a grey PNG with its range.

    Raises:
        OSError: the file cannot be written.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("range_db", f"{range_db:g}")
    image = Image.fromarray(to_levels(decibels, range_db)[::-1])
    image.save(path, format="PNG", pnginfo=info, optimize=True)
