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
        first_only: only the first clip is taken, and the rest of the track not listened to.

    Raises:
        ValueError: columns or hop is negative or no whole number.
    """

    columns: int = 0
    hop: int = 0
    subtract_band_mean: bool = True
    first_only: bool = False

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

    def starts(self, length: int) -> list[int]:
        """Where the clips of a feature of `length` columns begin.

        They are spread evenly from the first column to the last.
        """
        if not self.columns or length <= self.columns:
            return [0]
        hop = self.hop or self.columns
        count = 1 + -(-(length - self.columns) // hop)
        starts = np.linspace(0, length - self.columns, count).round().astype(int)
        return starts[: 1 if self.first_only else None].tolist()  # type: ignore[no-any-return]

    def cut(self, feature: Array, start: int) -> Array:
        """The clip of a centred feature [shape=(bands, columns)] that begins at a column.

        A feature shorter than one clip is repeated to fill it.
        """
        length = feature.shape[1]
        if not self.columns:
            return feature
        if length < self.columns:
            return np.tile(feature, -(-self.columns // length))[:, : self.columns]
        return feature[:, start : start + self.columns]

    def __call__(self, feature: Array, time_axis: int | None = 1) -> Array:
        """Cut a feature into clips.

        Args:
            feature: its array [shape=(bands, columns)]; of slices [shape=(slices, …)], each of
                which is a clip; or of a picture [shape=(rows, columns, …)] or a vector
                [shape=(numbers,)], which is one.
            time_axis: the feature's `time_axis`: 1, 0 for slices, None for pictures and vectors.

        Returns:
            Clips [shape=(clips, bands, columns)], or of the slices', picture's or vector's shape.

        Raises:
            ValueError: slices, a picture or a vector are to be centred or cut.
        """
        if time_axis != 1:
            self.check(time_axis)
            clips = feature[None] if time_axis is None else feature
            return clips[:1] if self.first_only else clips
        feature = self.centred(feature)
        return np.stack([self.cut(feature, start) for start in self.starts(feature.shape[1])])

    def check(self, time_axis: int | None) -> None:
        """Make sure that features with such a time axis can be cut so.

        Raises:
            ValueError: they cannot; the message says what to set.
        """
        if time_axis != 1 and (self.columns or self.subtract_band_mean):
            what = "pictures and vectors" if time_axis is None else "slices"
            key = "columns = 0" if self.columns else "subtract_band_mean = false"
            raise ValueError(f"{what} are clips already, and are taken as they are: set {key}")

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
