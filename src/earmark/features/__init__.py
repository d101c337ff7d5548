"""Representations: waveform in, array out, [shape=(bands, columns)] for most.

Each representation is one file with one frozen dataclass of settings that is itself the extractor
(`earmark.features.base.Feature` says what it offers). Equal settings give equal arrays on every
path: a whole waveform, block by block, or a stored copy. A representation is added by writing such
a class and naming it in `FEATURES`; the contract tests in `tests/features/test_contract.py` then
cover it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from importlib import import_module
from typing import TYPE_CHECKING, Any

from earmark.features.base import Array as Array
from earmark.features.base import Feature as Feature
from earmark.features.base import FeatureStream as FeatureStream

if TYPE_CHECKING:
    from earmark.features.cepstral_covariance import CepstralCovariance as CepstralCovariance
    from earmark.features.chroma import Chroma as Chroma
    from earmark.features.gabor import Gabor as Gabor
    from earmark.features.harmonic_percussive import HarmonicPercussive as HarmonicPercussive
    from earmark.features.image import ColourImage as ColourImage
    from earmark.features.image import GreyImage as GreyImage
    from earmark.features.image_pair import ImagePair as ImagePair
    from earmark.features.linear import LinearSpectrogram as LinearSpectrogram
    from earmark.features.log_mel import LogMel as LogMel
    from earmark.features.mfcc import Mfcc as Mfcc
    from earmark.features.mfcc_statistics import MfccStatistics as MfccStatistics
    from earmark.features.modulation import Modulation as Modulation
    from earmark.features.periodogram import Periodogram as Periodogram
    from earmark.features.rhythm import Rhythm as Rhythm
    from earmark.features.slices import Slices as Slices
    from earmark.features.spectral_shape import SpectralShape as SpectralShape
    from earmark.features.spectrotemporal import Spectrotemporal as Spectrotemporal
    from earmark.features.summary import Summary as Summary


class _Registry(Mapping[str, type[Any]]):
    """Classes by name, each imported when it is first asked for: the tagger needs but one."""

    def __init__(self, homes: Mapping[str, str]) -> None:
        """`homes` says for each name its file and its class."""
        self._homes = homes

    def __getitem__(self, name: str) -> type[Any]:
        file, _, kind = self._homes[name].partition(".")
        found: type[Any] = getattr(import_module(f"{__name__}.{file}"), kind)
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._homes

    def __iter__(self) -> Iterator[str]:
        return iter(self._homes)

    def __len__(self) -> int:
        return len(self._homes)

    def class_called(self, kind: str) -> type[Any] | None:
        """The class of that Python name, if there is one."""
        for name, home in self._homes.items():
            if home.endswith(f".{kind}"):
                return self[name]
        return None


FEATURES = _Registry(
    {
        "log-mel": "log_mel.LogMel",
        "linear-spectrogram": "linear.LinearSpectrogram",
        "mfcc": "mfcc.Mfcc",
        "gabor": "gabor.Gabor",
        "periodogram": "periodogram.Periodogram",
        "grey-image": "image.GreyImage",
        "colour-image": "image.ColourImage",
        "image-pair": "image_pair.ImagePair",
        "slices": "slices.Slices",
        "mfcc-statistics": "mfcc_statistics.MfccStatistics",
        "modulation": "modulation.Modulation",
        "spectral-shape": "spectral_shape.SpectralShape",
        "harmonic-percussive": "harmonic_percussive.HarmonicPercussive",
        "rhythm": "rhythm.Rhythm",
        "chroma": "chroma.Chroma",
        "spectrotemporal": "spectrotemporal.Spectrotemporal",
        "cepstral-covariance": "cepstral_covariance.CepstralCovariance",
        "summary": "summary.Summary",
    }
)
"""Every representation by the name that recipes, stores and bundles call it."""


def __getattr__(name: str) -> type[Any]:
    kind = FEATURES.class_called(name)
    if kind is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return kind


def feature_to_dict(feature: Feature) -> dict[str, Any]:
    """Name and settings of a feature as they stand in a bundle or a store.

    A setting that is itself a feature, such as what an image is drawn from, is written likewise,
    and so are several of them, such as the parts of a summary.
    """
    values = {field.name: getattr(feature, field.name) for field in fields(feature)}  # type: ignore[arg-type]
    return {"name": feature.name} | {key: _to_json(value) for key, value in values.items()}


def feature_from_dict(settings: Mapping[str, Any]) -> Any:
    """The feature that `feature_to_dict` described; what is not said has its default.

    Raises:
        ValueError: the name or a setting is unknown, or a value is impossible.
    """
    wanted = {key: _from_json(value) for key, value in settings.items()}
    name = wanted.pop("name", None)
    if name not in FEATURES:
        raise ValueError(f"unknown feature {name!r}; known: {', '.join(FEATURES)}")
    kind = FEATURES[name]
    known = {field.name for field in fields(kind)}
    for key in wanted:
        if key not in known:
            raise ValueError(f"feature {name} has no setting {key!r}; it has {sorted(known)}")
    return kind(**wanted)


def _to_json(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_to_json(item) for item in value)
    return feature_to_dict(value) if hasattr(value, "from_log_mel") else value


def _from_json(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(_from_json(item) for item in value)
    return feature_from_dict(value) if isinstance(value, Mapping) else value
