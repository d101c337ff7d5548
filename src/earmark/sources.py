"""A track's file, whatever kind it is → a feature: from sound, or from what is stored of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from earmark.audio import AudioFile
from earmark.errors import BadFeature, UnreadableAudio
from earmark.features.base import Array, Feature
from earmark.features.log_mel_image import read_log_mel_image

Kind = Literal["audio", "log-mel", "image"]
"""What a file is: sound, a log-mel image that holds dB, or a picture of a spectrogram."""


def load_feature(path: Path, kind: Kind, feature: Feature) -> Array:
    """The feature of a file, whole.

    Raises:
        BadFeature: the feature cannot be had from files of this kind.
        UnreadableFile: the file is damaged or too short.
    """
    pieces = list(feature_blocks(path, kind, feature))
    if len(pieces) == 1:
        return pieces[0]
    return np.concatenate(pieces, axis=feature.time_axis or 0)


def feature_blocks(path: Path, kind: Kind, feature: Feature) -> Iterator[Array]:
    """The feature of a file in pieces along its time axis; memory does not grow with the file.

    Raises:
        BadFeature: the feature cannot be had from files of this kind.
        UnreadableFile: the file is damaged or too short.
    """
    if kind == "audio":
        with AudioFile(path) as file:
            stream = feature.stream()
            for block in file.blocks(rate=feature.rate):
                stream.push(block)
        try:
            yield from stream.blocks()
        except ValueError as error:
            raise UnreadableAudio(f"too short: {error}", path) from error
        return
    log_mel = read_log_mel_image(path)
    try:
        yield feature.from_log_mel(log_mel)
    except ValueError as error:
        raise BadFeature(f"{feature.name} cannot be had from log-mel images: {error}") from error
