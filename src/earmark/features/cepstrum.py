"""The transform behind cepstral coefficients."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from earmark.features.texture import Levels


@lru_cache(maxsize=8)
def cosines(coefficients: int, bands: int) -> Levels:
    """The first rows of the orthonormal DCT-II [shape=(coefficients, bands)]."""
    coefficient, band = np.ogrid[:coefficients, :bands]
    waves = np.cos(np.pi / bands * coefficient * (band + 0.5))
    scaled: Levels = waves * np.where(coefficient == 0, 1, np.sqrt(2)) / np.sqrt(bands)
    return scaled
