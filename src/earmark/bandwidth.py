"""Sound without its upper octave, and what would be expected there.

Low rates of sampling and low bit rates cut off what lies above some frequency. A model that has
heard next to no such sound takes the silence there for a property of the music. What is missing is
therefore filled in with its expectation, given the bands that are there: the estimate of least mean
square error, if the levels of all bands are jointly normal, as in artificial bandwidth extension
(Jax and Vary 2003, "On artificial bandwidth extension of telephone speech").
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.bundle import Bundle, check_file
from earmark.errors import BadBundle
from earmark.features import LogMel
from earmark.features.base import Array

FILE = "bandwidth.npz"
"""What the file is called in a bundle's folder."""

LEAST_BANDS = 40
"""Bands from which the others can be told: those up to 1 kHz."""

_HEARD_DB = 1.0  # above the floor
_HEARD_SHARE = 0.1  # of the columns: a click does not make a band heard
_SPARED = 6  # bands at the top that are silent in much music, and that models know so
_EDGE = 2  # bands below the edge that a filter may have weakened
_NOISE = 10.0  # dB²: levels differ so much by chance; keeps the solution tame


@dataclass(frozen=True, eq=False)
class BandwidthExtension:
    """How the levels of bands go together, in music that has all of them.

    Attributes:
        mean: of each band's level in dB [shape=(bands,)].
        covariance: of the bands' levels in dB² [shape=(bands, bands)].

    Raises:
        ValueError: the arrays do not fit each other, or hold what is no number.
    """

    mean: NDArray[Any]
    covariance: NDArray[Any]

    def __post_init__(self) -> None:
        bands = self.mean.shape[0] if self.mean.ndim == 1 else 0
        if not bands or self.covariance.shape != (bands, bands):
            shapes = f"{self.mean.shape} and {self.covariance.shape}"
            raise ValueError(f"mean and covariance have the shapes {shapes}")
        if not (np.isfinite(self.mean).all() and np.isfinite(self.covariance).all()):
            raise ValueError("mean or covariance holds what is no number")

    @classmethod
    def learn(cls, log_mels: Iterable[Array]) -> BandwidthExtension | None:
        """From log-mels [shape=(bands, columns)]: those that lack no band; None if all do."""
        count, total, squares = 0, np.zeros(()), np.zeros(())
        for log_mel in log_mels:
            if lacks_nothing(log_mel):
                levels = log_mel.astype(np.float64)
                count += levels.shape[1]
                total = total + levels.sum(axis=1)
                squares = squares + levels @ levels.T
        if not count:
            return None
        mean = total / count
        covariance = squares / count - np.outer(mean, mean)
        return cls(mean.astype(np.float32), covariance.astype(np.float32))

    def __call__(self, log_mel: Array) -> Array:
        """A log-mel [shape=(bands, columns)] with what is expected in the bands it lacks.

        That very array, where it lacks none, or has too few to tell.
        """
        heard = bandwidth(log_mel)
        if lacks_nothing(log_mel) or heard < LEAST_BANDS:
            return log_mel
        given, missing = slice(0, heard - _EDGE), slice(heard - _EDGE, None)
        covariance = self.covariance.astype(np.float64)
        known = covariance[given, given] + _NOISE * np.eye(heard - _EDGE)
        slopes = np.linalg.solve(known, covariance[given, missing]).T
        expected = self.mean[missing, None] + slopes @ (log_mel[given] - self.mean[given, None])
        extended = log_mel.copy()
        # Never less than what is there: of some columns it may be all.
        low, high = LogMel().value_range
        np.maximum(extended[missing], expected.clip(low, high), out=extended[missing])
        return extended


def bandwidth(log_mel: Array) -> int:
    """How many bands of a log-mel [shape=(bands, columns)] are used: up to the highest heard."""
    floor, _ = LogMel().value_range
    heard = (log_mel > floor + _HEARD_DB).mean(axis=1) >= _HEARD_SHARE
    return len(heard) - int(heard[::-1].argmax()) if heard.any() else 0


def lacks_nothing(log_mel: Array) -> bool:
    """Whether a log-mel [shape=(bands, columns)] has all bands, but for a few at the very top."""
    return bandwidth(log_mel) >= len(log_mel) - _SPARED


def read_extension(bundle: Bundle) -> BandwidthExtension | None:
    """That of a bundle; None if it has none.

    Raises:
        BadBundle: it is damaged, or does not fit.
    """
    if FILE not in bundle.manifest["files"]:
        return None
    data = check_file(bundle.path, bundle.manifest, FILE)
    try:
        if bundle.feature != LogMel():
            raise ValueError("it is for log-mels, and the bundle judges something else")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            extension = BandwidthExtension(arrays["mean"], arrays["covariance"])
        if len(extension.mean) != LogMel().bands:
            raise ValueError(f"it has {len(extension.mean)} bands, not {LogMel().bands}")
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise BadBundle(f"{bundle.path / FILE}: cannot be used: {error}") from error
    return extension


def extension_file(extension: BandwidthExtension) -> bytes:
    """The file of an extension; the same bytes for the same one."""
    file = io.BytesIO()
    np.savez(file, mean=extension.mean, covariance=extension.covariance)
    return file.getvalue()
