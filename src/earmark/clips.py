"""From a feature to the clips that a model is fed: centring and cutting.

Training, evaluation and tagging all cut through this module, with settings that travel in the
bundle, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Clips:
    """How a feature is centred and cut.

    Attributes:
        columns: columns per clip; 0 takes the whole feature as one clip.
        hop: columns between the starts of neighbouring clips at most; 0 means no overlap.
        subtract_band_mean: take each band's mean over the feature away first. Recording
            equalization says much about the record and little about the genre.

    Raises:
        ValueError: columns or hop is negative or no whole number.
    """

    columns: int = 0
    hop: int = 0
    subtract_band_mean: bool = True

    def __post_init__(self) -> None:
        for key in ("columns", "hop"):
            value = getattr(self, key)
            if not isinstance(value, int) or value < 0:
                raise ValueError(f"{key} must be a whole number of at least 0, not {value!r}")

    def centred(self, feature: Array) -> Array:
        """The feature [shape=(bands, columns)] as the model sees its levels (same shape)."""
        if not self.subtract_band_mean:
            return feature
        centred: Array = feature - feature.mean(axis=1, keepdims=True)
        return centred

    def __call__(self, feature: Array) -> Array:
        """Cut a feature [shape=(bands, columns)] into clips [shape=(clips, bands, columns)].

        The clips are spread evenly from the first column to the last. A feature shorter than one
        clip is repeated to fill it.
        """
        feature = self.centred(feature)
        length = feature.shape[1]
        if not self.columns:
            return feature[None]
        if length < self.columns:
            feature = np.tile(feature, -(-self.columns // length))[:, : self.columns]
            return feature[None]
        hop = self.hop or self.columns
        count = 1 + -(-(length - self.columns) // hop)
        starts = np.linspace(0, length - self.columns, count).round().astype(int)
        return np.stack([feature[:, start : start + self.columns] for start in starts])

    def to_dict(self) -> dict[str, Any]:
        """Settings as they stand in a bundle."""
        return asdict(self)

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> Clips:
        """The settings that `to_dict` described.

        Raises:
            ValueError: a setting is unknown or impossible.
        """
        known = {field.name for field in fields(cls)}
        for key in settings:
            if key not in known:
                raise ValueError(f"clips have no setting {key!r}; they have {sorted(known)}")
        return cls(**settings)
