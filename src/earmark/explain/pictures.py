"""What the model heard and what it made of it, as two pictures that lie one over the other."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import numpy as np

from earmark.explain.occlusion import Numbers
from earmark.features.base import Array

if TYPE_CHECKING:
    from PIL.Image import Image

FOR, AGAINST = (213, 94, 0), (0, 114, 178)
"""Vermillion and blue (Okabe and Ito 2008), red, green, blue."""

_RANGE_DB = 80.0
_GREYS = 32  # few enough for a small file, enough for an eye
_DARKEST = 50  # of 255: colours still show over it
_SMOOTH = 8  # points per cell of the grid, each way
_STRONGEST = 200  # of 255: what lies below still shows


def spectrogram(log_mel: Array) -> str:
    """A log-mel [shape=(bands, columns)] as a PNG in a data URI; dark is loud, bass below."""
    from PIL import Image

    loud = np.clip(1 + log_mel[::-1] / _RANGE_DB, 0, 1)
    steps = ((1 - loud) * (_GREYS - 1)).round().astype(np.uint8)
    image = Image.fromarray(steps, "P")
    greys = np.linspace(_DARKEST, 255, _GREYS).round().astype(np.uint8)
    image.putpalette(np.repeat(greys, 3).tobytes())
    return _uri(image, bits=5)


def evidence(weights: Numbers) -> str:
    """Weights of a grid [shape=(rows, columns)] as a PNG in a data URI, clear where they are 0."""
    from PIL import Image

    largest = float(np.abs(weights).max()) or 1.0
    shares = Image.fromarray((weights[::-1] / largest).astype(np.float32))
    rows, columns = weights.shape
    smooth = np.asarray(
        shares.resize((columns * _SMOOTH, rows * _SMOOTH), Image.Resampling.BICUBIC)
    )
    colours = np.where(smooth[..., None] > 0, FOR, AGAINST)
    cover = np.clip(np.abs(smooth), 0, 1)[..., None] * _STRONGEST
    pixels = np.concatenate([colours, cover], axis=-1).round().astype(np.uint8)
    return _uri(Image.fromarray(pixels, "RGBA"))


def _uri(image: Image, **options: Any) -> str:
    file = io.BytesIO()
    image.save(file, format="PNG", optimize=True, **options)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
