"""All that describes a track in one vector, for classical models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from earmark.features.chroma import Chroma
from earmark.features.harmonic_percussive import HarmonicPercussive
from earmark.features.log_mel import LogMel
from earmark.features.mfcc_statistics import MfccStatistics
from earmark.features.modulation import Modulation
from earmark.features.rhythm import Rhythm
from earmark.features.spectral_shape import SpectralShape
from earmark.features.texture import Levels, Texture


@dataclass(frozen=True, kw_only=True)
class Summary(Texture):
    """Vectors of one log-mel joined: settings, and the extractor itself.

    Attributes:
        parts: vectors, in the order in which they are joined; by default one of each kind. All
            have one source and one window length.

    Raises:
        ValueError: there is no part, a part is no vector of a log-mel, or two are of one kind or
            differ in source or in window length.

    Example:
        >>> import numpy as np
        >>> from earmark.features.summary import Summary
        >>> noise = np.random.default_rng(0).standard_normal(3 * 22050).astype(np.float32)
        >>> Summary()(noise).shape
        (530,)
    """

    name: ClassVar[str] = "summary"

    parts: tuple[Texture, ...] = (
        MfccStatistics(),
        Modulation(),
        SpectralShape(),
        HarmonicPercussive(),
        Rhythm(),
        Chroma(),
    )

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("parts must name at least one vector")
        for part in self.parts:
            if not isinstance(part, Texture):
                raise ValueError(
                    f"parts must be vectors of a log-mel, such as chroma, not "
                    f"{getattr(part, 'name', part)!r}"
                )
        if len({part.name for part in self.parts}) < len(self.parts):
            raise ValueError("parts must be of different kinds")
        if len({(part.source, part.window_seconds) for part in self.parts}) > 1:
            raise ValueError("parts must have one source and one window_seconds")

    @property
    def source(self) -> LogMel:
        """The log-mel that all parts describe."""
        return self.parts[0].source

    @property
    def window_seconds(self) -> float:
        """About how long a texture window is, in seconds."""
        return self.parts[0].window_seconds

    @property
    def table(self) -> dict[str, tuple[str, ...]]:
        """The tables of the parts, each measure under the name of its part."""
        return {
            f"{part.name}: {measure}": entries
            for part in self.parts
            for measure, entries in part.table.items()
        }

    def describe(self, levels: Levels) -> Levels:
        """The vector of one window [shape=(bands, columns)] → [shape=(entries,)]."""
        return np.concatenate([part.describe(levels) for part in self.parts])
