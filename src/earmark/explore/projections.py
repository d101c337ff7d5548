"""Many numbers a track → two or three: PCA, UMAP and LDA, all from the same ground.

All begin by standardizing each number and rotating it onto at most a hundred principal components;
that is what they are compared with, too. LDA shrinks its covariance (Ledoit and Wolf 2004): with as
many numbers as tracks it would otherwise tell apart anything that it has seen.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from earmark.errors import MissingExtra
from earmark.explore.collection import Numbers, Places

DIMENSIONS = (2, 3)
METHODS = {"pca": "PCA", "umap": "UMAP", "lda": "LDA"}
"""Names of the methods, that with labels last."""

_GROUND = 100
_NEIGHBOURS = 15  # of UMAP, its default
SEED = 0


@dataclass(frozen=True)
class Ground:
    """Standardization and principal components, fitted.

    Attributes:
        mean: of each number.
        deviation: its standard deviation, 1 where it never changes.
        rotation: the components [shape=(numbers, components)].
        shares: the share of the variance of each component.
    """

    mean: Numbers
    deviation: Numbers
    rotation: Numbers
    shares: Numbers

    @classmethod
    def fit(cls, vectors: Numbers) -> Ground:
        """By the singular values of the standardized vectors; of many numbers the largest ones."""
        from sklearn.decomposition import PCA

        mean, deviation = vectors.mean(axis=0), vectors.std(axis=0)
        deviation[deviation < 1e-9 * (1 + np.abs(mean))] = 1  # constant but for rounding
        pca = PCA(min(_GROUND, len(vectors) - 1, vectors.shape[1]), random_state=SEED)
        pca.fit((vectors - mean) / deviation)
        return cls(mean, deviation, pca.components_.T, pca.explained_variance_ratio_)

    def __call__(self, vectors: Numbers) -> Numbers:
        """Vectors as components [shape=(tracks, components)]."""
        placed: Numbers = ((vectors - self.mean) / self.deviation) @ self.rotation
        return placed


class Pca:
    """The first components, as they are."""

    def __init__(self, shares: Numbers) -> None:
        self._shares = shares

    def axes(self, dimensions: int) -> list[tuple[str, str]]:
        """Name and unit of each axis."""
        return [
            (f"component {i + 1}", f"{share:.0%} of variance")
            for i, share in enumerate(self._shares[:dimensions])
        ]

    def __call__(self, ground: Numbers, dimensions: int) -> Numbers:
        """Places [shape=(tracks, dimensions)]."""
        return _padded(ground, dimensions)


class Lda:
    """Linear discriminant analysis: the directions in which labels lie apart most (Fisher 1936).

    The scatter within labels is pooled and shrunk; scikit-learn's shrinks that of each label and
    of all tracks by amounts of their own, and takes their difference for the scatter between.
    """

    def __init__(self, ground: Numbers, codes: Places) -> None:
        """Fit on the tracks that have a label."""
        from sklearn.covariance import ledoit_wolf

        known = codes >= 0
        ground, (names, codes) = ground[known], np.unique(codes[known], return_inverse=True)
        counts = np.bincount(codes)
        means = (np.eye(len(names))[codes].T @ ground) / counts[:, None]
        scatter, _ = ledoit_wolf(ground - means[codes], assume_centered=True)
        variances, rotation = np.linalg.eigh(scatter)
        white = rotation / np.sqrt(np.maximum(variances, 1e-12 * variances.max()))
        self._mean = ground.mean(axis=0)
        between = np.sqrt(counts)[:, None] * (means - self._mean) @ white
        directions = np.linalg.svd(between, full_matrices=False)[2][: len(names) - 1].T
        reach = between @ directions  # the farthest label lies to the right, however it was fitted
        directions *= np.sign(reach[np.abs(reach).argmax(axis=0), np.arange(reach.shape[1])])
        self._scalings = white @ directions

    def axes(self, dimensions: int) -> list[tuple[str, str]]:
        """Name and unit of each axis."""
        count = self._scalings.shape[1]
        unit = "deviations within a label"
        return [
            (f"discriminant {i + 1}", unit if i < count else "there is none")
            for i in range(dimensions)
        ]

    def __call__(self, ground: Numbers, dimensions: int) -> Numbers:
        """Places [shape=(tracks, dimensions)]; two labels have one discriminant."""
        return _padded((ground - self._mean) @ self._scalings, dimensions)


class Umap:
    """UMAP (McInnes, Healy and Melville 2018): keeps near what is near, and nothing else."""

    def __init__(self, ground: Numbers) -> None:
        """Fit in each number of dimensions; the same tracks give the same places."""
        with _quiet():
            self._fitted = {n: _umap(n, len(ground)).fit(ground) for n in DIMENSIONS}

    def axes(self, dimensions: int) -> list[tuple[str, str]]:
        """Name and unit of each axis."""
        return [(f"UMAP {i + 1}", "no unit") for i in range(dimensions)]

    def fitted(self, dimensions: int) -> Numbers:
        """Places of what it was fitted on [shape=(tracks, dimensions)]."""
        return np.asarray(self._fitted[dimensions].embedding_, np.float64)

    def __call__(self, ground: Numbers, dimensions: int) -> Numbers:
        """Places of tracks that it has not seen [shape=(tracks, dimensions)]."""
        with _quiet():
            return np.asarray(self._fitted[dimensions].transform(ground), np.float64)


def _umap(dimensions: int, tracks: int) -> Any:
    try:
        from umap import UMAP
    except ImportError as error:
        raise MissingExtra(
            f"UMAP needs the extra `explore` ({error.name} is missing): "
            "pip install 'earmark[explore]'"
        ) from error
    return UMAP(
        n_components=dimensions,
        n_neighbors=min(_NEIGHBOURS, tracks - 1),
        init="pca",  # spectral initialization fails where a neighbourhood graph falls apart
        random_state=SEED,
        n_jobs=1,
    )


def _padded(places: Numbers, dimensions: int) -> Numbers:
    missing = max(0, dimensions - places.shape[1])
    return np.pad(places[:, :dimensions], ((0, 0), (0, missing)))


@contextmanager
def _quiet() -> Iterator[None]:
    """What UMAP and numba remark is of no use to who looks at a page."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def known(methods: Sequence[str], *, labelled: bool) -> list[str]:
    """Those of the methods that can be had: LDA wants labels."""
    return [name for name in methods if name != "lda" or labelled]
