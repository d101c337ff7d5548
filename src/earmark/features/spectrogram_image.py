"""Ready-made pictures of spectrograms → levels: border cut off, colours turned back exactly.

The widely used GTZAN image folder is the model: 432 × 288 pixels, red, green, blue and opacity, as
matplotlib draws `librosa.display.specshow` without axes: a mel spectrogram in a colour map, with a
white border around it. Frequencies run upwards, time to the right.

A picture is read if every pixel within its border is, to the last bit, an entry of one of the maps
in `earmark.features.colour_maps`, in either way of turning colours into bytes. Anything else, such
as pictures saved as JPEG or shrunk after colouring, has lost its levels and is refused. A reversed
map has the same colours and cannot be told from the map: loud and faint come out exchanged.
"""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from earmark.errors import UnreadableImage
from earmark.features.base import Array
from earmark.features.colour_maps import ColourMapName, colour_map

Pixels = NDArray[np.uint8]

KNOWN_MAPS = tuple(name for name in get_args(ColourMapName) if name != "grey")
"""Maps that a picture may be drawn in. Grey is none: black may be loud or faint."""

_MOST_PIXELS = 50_000_000
_FEWEST_PIXELS = 16  # a side
_FRAME_PIXELS = 2  # a line around the axes, and where it blends with the border


def read_spectrogram_image(path: Path) -> Array:
    """The levels of a coloured picture, between 0 and 1 [shape=(rows, columns)].

    Row 0 is the lowest frequency. The i-th of a map's 256 colours is the level (i + 0.5) / 256, so
    that drawing in the same map gives the same picture.

    Raises:
        UnreadableImage: the file is missing or damaged, or its levels cannot be known; the message
            says why.
    """
    pixels = _within_border(_opened(path))
    if min(pixels.shape[:2]) < _FEWEST_PIXELS:
        raise UnreadableImage("holds no spectrogram: there is next to nothing on its white", path)
    if (np.ptp(pixels, axis=2) == 0).all():
        raise UnreadableImage(
            "is grey: whether black is loud or faint cannot be seen, so that no grey pictures are "
            "read but Earmark's log-mel images",
            path,
        )
    for frame in range(_FRAME_PIXELS + 1):
        keys = _keys(pixels[frame : len(pixels) - frame, frame : pixels.shape[1] - frame])
        for name in KNOWN_MAPS:  # no two of them share more than six colours
            entries = _entries(keys, name)
            if entries is not None:
                return (entries[::-1] + np.float32(0.5)) / np.float32(256)
    raise UnreadableImage(_no_map(keys), path)


def _opened(path: Path) -> Pixels:
    """Red, green and blue on a white ground [shape=(rows, columns, 3)]."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise UnreadableImage(f"has {image.width} × {image.height} pixels: too many", path)
            picture = image.convert("RGBA")
            ground = Image.new("RGBA", picture.size, "white")
            return np.asarray(Image.alpha_composite(ground, picture))[..., :3]
    except OSError as error:
        reason = (error.strerror or "damaged or not an image").lower()
        raise UnreadableImage(reason, path) from error
    except (ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnreadableImage(f"damaged image: {error}", path) from error


def _within_border(pixels: Pixels) -> Pixels:
    """What is left without the white rows and columns around it."""
    inked = (pixels != 255).any(axis=2)
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if len(rows) == 0:
        return pixels[:0]
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _keys(colours: Pixels) -> NDArray[np.int64]:
    """One number per colour [shape=(…, 3)] → [shape=(…)]."""
    keys: NDArray[np.int64] = colours.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
    return keys


def _entries(keys: NDArray[np.int64], name: ColourMapName) -> NDArray[np.uint8] | None:
    """Which of a map's colours each pixel is (same shape); None where one is none of them.

    Where a map has one colour several times (jet up to four), it is the first of them.
    """
    for table in colour_map(name):
        known, entry = np.unique(_keys(table), return_index=True)
        place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        if (known[place] == keys).all():
            return entry[place].astype(np.uint8)
    return None


def _no_map(keys: NDArray[np.int64]) -> str:
    """Why no map was found, with the one that comes closest."""
    shares = {
        name: max(float(np.isin(keys, _keys(table)).mean()) for table in colour_map(name))
        for name in KNOWN_MAPS
    }
    closest = max(shares, key=lambda name: shares[name])
    return (
        f"its colours belong to no known colour map ({', '.join(KNOWN_MAPS)}); "
        f"{shares[closest]:.1%} of its pixels are in {closest}. Does it show axes, was it saved as "
        "JPEG, or resized after it was coloured?"
    )
