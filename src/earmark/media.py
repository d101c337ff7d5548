"""Sounds and pictures as data URIs: a page that holds them asks nothing of the net."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray

from earmark.features.base import Array
from earmark.features.colour_maps import colour_map

RATE = 22050
"""Sampling rate in Hz of what is heard."""

_COLOURS = 32  # few enough for a small file, enough for an eye
_QUALITY = 0.6  # of MP3, from 0 (best) to 1


def as_mp3(waveform: Array) -> str:
    """Mono samples at `RATE` [shape=(samples,)] as an MP3 in a data URI; every browser plays it."""
    import soundfile

    peak = float(np.abs(waveform).max(initial=0.0))
    file = io.BytesIO()
    with soundfile.SoundFile(
        file,
        "w",
        samplerate=RATE,
        channels=1,
        format="MP3",
        subtype="MPEG_LAYER_III",
        compression_level=_QUALITY,
        bitrate_mode="VARIABLE",
    ) as out:
        out.write(waveform / max(1.0, peak))  # what is louder than full scale would be cut off
    return f"data:audio/mpeg;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"


def as_png(levels: NDArray[np.floating]) -> str:
    """Levels from 0 to 1, the lowest frequency first [shape=(rows, columns)], as a data URI."""
    steps = np.clip(levels[::-1] * _COLOURS, 0, _COLOURS - 1).astype(np.uint8)
    chosen = np.linspace(0, 255, _COLOURS).round().astype(int)
    return as_picture(steps, colour_map("magma").rounded[chosen])


def as_picture(pixels: NDArray[np.uint8], palette: NDArray[np.uint8] | None = None) -> str:
    """A PNG as a data URI.

    Args:
        pixels: red, green and blue [shape=(rows, columns, 3)], or numbers of colours.
        palette: the colours of the numbers [shape=(colours, 3)]; at most 32.
    """
    from PIL import Image

    if palette is None:
        image = Image.fromarray(pixels, "RGB")
    else:
        image = Image.fromarray(pixels, "P")
        image.putpalette(palette.tobytes())
    file = io.BytesIO()
    image.save(file, format="PNG", optimize=True, **({} if palette is None else {"bits": 5}))
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
