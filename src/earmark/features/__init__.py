"""Representations: waveform in, array [shape=(bands, columns)] out.

Each representation is one file with one frozen dataclass of settings that is itself the extractor.
Equal settings give equal arrays on every path: a whole waveform, block by block, or a stored copy.
A representation is added by writing such a class and naming it in `FEATURES`; the contract tests in
`tests/features/test_contract.py` then cover it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from earmark.features.log_mel import LogMel as LogMel

Array = NDArray[np.float32]


class FeatureStream(Protocol):
    """A feature under construction: blocks go in, the whole array comes out."""

    def push(self, block: Array) -> None:
        """Take the next block of the waveform [shape=(samples,)]."""

    def finish(self) -> Array:
        """End the waveform and return the feature [shape=(bands, columns)]."""


class Feature(Protocol):
    """What every representation offers."""

    name: ClassVar[str]

    @property
    def rate(self) -> int:
        """Sampling rate in Hz of the waveforms it takes."""

    def shape(self, duration_seconds: float) -> tuple[int, int]:
        """(bands, columns) of the array for a waveform of that length."""

    def __call__(self, waveform: Array) -> Array:
        """Transform a whole mono waveform [shape=(samples,)]."""

    def stream(self) -> FeatureStream:
        """Begin a waveform that arrives in blocks."""


FEATURES: dict[str, type[LogMel]] = {LogMel.name: LogMel}
"""Every representation by the name that recipes and bundles call it."""


def feature_to_dict(feature: LogMel) -> dict[str, Any]:
    """Name and settings of a feature as they stand in a bundle."""
    return {"name": feature.name, **asdict(feature)}


def feature_from_dict(settings: Mapping[str, Any]) -> LogMel:
    """The feature that `feature_to_dict` described.

    Raises:
        ValueError: the name or a setting is unknown, or a value is impossible.
    """
    wanted: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in settings.items()
    }
    name = wanted.pop("name", None)
    if name not in FEATURES:
        raise ValueError(f"unknown feature {name!r}; known: {', '.join(FEATURES)}")
    kind = FEATURES[name]
    known = {field.name for field in fields(kind)}
    for key in wanted:
        if key not in known:
            raise ValueError(f"feature {name} has no setting {key!r}; it has {sorted(known)}")
    return kind(**wanted)
