"""A track's file, whatever kind it is → a feature: from sound, or from what is stored of it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from earmark.audio import AudioFile
from earmark.errors import BadFeature, UnreadableAudio
from earmark.features.base import Array, Feature
from earmark.features.image import SpectrogramImage
from earmark.features.log_mel_image import read_log_mel_image
from earmark.features.spectrogram_image import read_spectrogram_image

Kind = Literal["audio", "log-mel", "image"]
"""What a file is: sound, a log-mel image that holds dB, or a coloured picture of a spectrogram."""

_PNG = b"\x89PNG\r\n\x1a\n"
_PICTURES = (_PNG, b"\xff\xd8\xff", b"GIF8", b"BM")  # PNG, JPEG, GIF, BMP
_LOG_MEL_LAYOUT = (128, 8, 0)  # rows, bits, and the PNG colour type of grey


def kind_of(path: Path) -> Kind:
    """What a file is by its first bytes; sound, if it is no picture or cannot be read."""
    try:
        if not path.is_file():  # opening a pipe would wait
            return "audio"
        with path.open("rb") as file:
            head = file.read(26)
    except (OSError, ValueError):
        return "audio"  # whoever opens it as such says what is wrong
    if not head.startswith(_PICTURES):
        return "audio"
    if not head.startswith(_PNG) or len(head) < 26:
        return "image"
    return "log-mel" if struct.unpack(">IBB", head[20:]) == _LOG_MEL_LAYOUT else "image"


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
        yield from _from_sound(path, feature)
    elif kind == "log-mel":
        log_mel = read_log_mel_image(path)
        try:
            yield feature.from_log_mel(log_mel)
        except ValueError as error:
            raise BadFeature(
                f"{feature.name} cannot be had from log-mel images: {error}"
            ) from error
    elif isinstance(feature, SpectrogramImage):
        yield feature.from_picture(read_spectrogram_image(path))
    else:
        raise BadFeature(
            f"{feature.name} cannot be had from pictures of spectrograms, whose scales are not "
            "known; grey-image and colour-image can"
        )


def _from_sound(path: Path, feature: Feature) -> Iterator[Array]:
    try:
        with AudioFile(path) as file:
            stream = feature.stream()
            for block in file.blocks(rate=feature.rate):
                stream.push(block)
    except UnreadableAudio as error:
        if kind_of(path) == "audio":
            raise
        raise UnreadableAudio("is a picture, not sound", path) from error
    try:
        yield from stream.blocks()
    except ValueError as error:
        raise UnreadableAudio(f"too short: {error}", path) from error
