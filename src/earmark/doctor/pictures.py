"""Two spectrograms of a pair, one above the other, so that what they share stands in one line."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark.datasets import Kind, Track
from earmark.doctor.duplicates import Pair
from earmark.doctor.fingerprint import SECONDS_PER_COLUMN
from earmark.errors import EarmarkError
from earmark.features import LogMel
from earmark.sources import load_feature

_MOST_COLUMNS = 600
_GREYS = 32  # few enough for a small file, enough for an eye


@dataclass(frozen=True)
class Strip:
    """A track's spectrogram on the time axis of its pair.

    Attributes:
        name: the track.
        begin_seconds: where it begins on that axis.
        seconds: how long it is there, at the speed of the pair's first track.
        png: the picture as a data URI; the lowest band at the bottom, dark where it is loud.
    """

    name: str
    begin_seconds: float
    seconds: float
    png: str


@dataclass(frozen=True)
class PairPicture:
    """Both strips of a pair; time 0 is where the earlier of the two begins.

    Attributes:
        strips: first and second track.
        seconds: length of the time axis.
        shared: begin and end in seconds of what both hold.
    """

    strips: tuple[Strip, Strip]
    seconds: float
    shared: tuple[float, float]


def picture(
    pair: Pair, tracks: Mapping[str, Track], kinds: Mapping[str, Kind]
) -> PairPicture | None:
    """The picture of a pair; None if a file can no longer be read."""
    try:
        log_mels = [
            load_feature(tracks[name].path, kinds[name], LogMel())
            for name in (pair.first, pair.second)
        ]
    except (EarmarkError, OSError, ValueError):
        return None
    lengths = [log_mel.shape[1] * SECONDS_PER_COLUMN for log_mel in log_mels]
    # On the first track's clock, t seconds of the second are at (t − start) / speed.
    begins = [0.0, -pair.start_seconds / pair.speed]
    lengths[1] /= pair.speed
    origin = min(begins)
    ends = [begin + length - origin for begin, length in zip(begins, lengths, strict=True)]
    strips = tuple(
        Strip(name, begin - origin, length, _as_png(log_mel))
        for name, begin, length, log_mel in zip(
            (pair.first, pair.second), begins, lengths, log_mels, strict=True
        )
    )
    return PairPicture((strips[0], strips[1]), max(ends), (max(begins) - origin, min(ends)))


def _as_png(log_mel: NDArray[np.float32]) -> str:
    from PIL import Image

    columns = min(log_mel.shape[1], _MOST_COLUMNS)
    kept = log_mel[:, np.arange(columns) * log_mel.shape[1] // columns]
    paired = np.maximum(kept[::2], kept[1::2])[::-1]  # half the bands are enough at this size
    steps = np.clip((-paired / 80) * _GREYS, 0, _GREYS - 1).astype(np.uint8)
    image = Image.fromarray(steps, "P")
    greys = np.linspace(0, 255, _GREYS).round().astype(np.uint8)
    image.putpalette(np.repeat(greys, 3).tobytes())
    file = io.BytesIO()
    image.save(file, format="PNG", optimize=True, bits=5)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
