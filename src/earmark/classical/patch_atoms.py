"""Atoms: patches of a spectrogram that many resemble, pooled over time, and discriminants.

Unsupervised features by k-means (Coates and Ng 2012, "Learning feature representations with
k-means"): patches as high as the spectrogram and a few columns wide are whitened by their principal
components and brought to unit length; centroids of spherical k-means are the atoms. A clip is
described by the roots of mean and deviation over time of how far its likeness to each atom exceeds
a threshold. Linear discriminants with a shrunk covariance, on principal components, tell labels
apart.

Each clip is also learnt from some bands higher and lower, as if it had been played in another key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from earmark.classical.base import Array, Arrays, Fit, two_columns
from earmark.classical.checks import check_positive, check_share
from earmark.classical.graph import DOUBLE, Graph, Value

_SAMPLE = 50_000  # patches of each width that atoms are learnt from
_FLOOR = 1e-3  # added to the variance of a whitened direction, in units of the greatest
_LENGTH = 1e-6  # added to the length of a patch: silence has none


class PatchAtoms:
    """Atoms of patches, and linear discriminants on how often and how strongly they sound."""

    name: ClassVar[str] = "patch-atoms"

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """What patches and atoms are like.

        Attributes:
            bands: of a clip.
            widths: of the patches, in columns; they start a quarter of that apart.
            atoms: for each width.
            directions: principal components that are left of a patch.
            threshold: likeness, the cosine of whitened patch and atom, that counts as none.
            shifts: by how many bands each clip is also moved when it is learnt.
            components: principal components of the description that are left.
            shrinkage: share of the discriminants' covariance that is replaced by its mean variance.
        penalty: of ridge regression, as of `lda`.

        Raises:
            ValueError: a setting is impossible.
        """

        bands: int = 128
        widths: Sequence[int] = (2, 4, 8)
        atoms: int = 384
        directions: int = 96
        threshold: float = 0.1
        shifts: Sequence[int] = (2, -2)
        components: int = 400
        shrinkage: float = 0.3
        penalty: float = 0.1

        def __post_init__(self) -> None:
            check_positive(
                self, "bands", "atoms", "directions", "components", "threshold", "penalty"
            )
            check_share(self, "shrinkage")
            if not self.widths or any(not isinstance(w, int) or w < 1 for w in self.widths):
                raise ValueError(f"widths must be whole numbers of at least 1, not {self.widths}")
            if any(not isinstance(s, int) or abs(s) >= self.bands for s in self.shifts):
                raise ValueError(f"shifts must be whole numbers below {self.bands}: {self.shifts}")

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def fit(self, inputs: Array, labels: NDArray[np.int64], seed: int) -> Fit:
        """Learn atoms from the clips, and labels from what they say of them."""
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

        space, known = self._space(self._clips(inputs), seed)
        model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=self.settings.shrinkage)
        model.fit(known, np.tile(labels, self._copies))
        weights, biases = model.coef_.T, model.intercept_
        if len(biases) == 1:  # of two labels, scikit-learn has the difference
            weights, biases = np.hstack([0 * weights, weights]), np.append(0, biases)
        return Fit(
            space.arrays(weights, biases),
            lambda clips: two_columns(model.decision_function(space(self._clips(clips)))),
        )

    def fit_number(self, inputs: Array, values: Array, seed: int) -> Fit:
        """Learn numbers by ridge regression on the same components."""
        from sklearn.linear_model import Ridge

        space, known = self._space(self._clips(inputs), seed)
        largest = float(np.square(known).sum(axis=0).max()) or 1.0
        model = Ridge(self.settings.penalty * largest).fit(known, np.tile(values, self._copies))
        return Fit(
            space.arrays(model.coef_[:, None], np.atleast_1d(model.intercept_)),
            lambda clips: model.predict(space(self._clips(clips)))[:, None],
        )

    @property
    def _copies(self) -> int:
        return 1 + len(self.settings.shifts)

    def _space(self, clips: Array, seed: int) -> tuple[_Space, Array]:
        """What clips are described by, and what these are, moved copies included."""
        from sklearn.decomposition import PCA

        dictionaries = [self._dictionary(clips, width, seed) for width in self.settings.widths]
        known = np.stack(
            [
                _description(_shifted(clip, shift), dictionaries)
                for shift in (0, *self.settings.shifts)
                for clip in clips
            ]
        )
        mean, deviation = known.mean(axis=0), known.std(axis=0)
        deviation = np.where(deviation <= 1e-12 * np.maximum(mean, 1e-300), 1.0, deviation)
        scaled = (known - mean) / deviation
        with np.errstate(invalid="ignore"):  # shares of no variance, which nobody asks for
            found = PCA(min(self.settings.components, *scaled.shape), svd_solver="covariance_eigh")
            axes = found.fit(scaled).components_.T
        return _Space(dictionaries, mean, deviation, axes), scaled @ axes

    def _clips(self, inputs: Array) -> Array:
        """Inputs as [shape=(clips, bands, columns)].

        Raises:
            ValueError: they have other bands, or fewer columns than the widest patch.
        """
        bands, widest = self.settings.bands, max(self.settings.widths)
        columns, rest = divmod(inputs.shape[1], bands)
        if rest or columns < widest:
            raise ValueError(
                f"takes clips of {bands} bands and at least {widest} columns, not of "
                f"{inputs.shape[1]} numbers"
            )
        return inputs.reshape(len(inputs), bands, columns)

    def _dictionary(self, clips: Array, width: int, seed: int) -> dict[str, Any]:
        """Whitening and atoms of patches of one width.

        Returns:
            `whiten` [shape=(directions, width · bands)], `centre` [shape=(directions, 1)],
            `atoms` [shape=(atoms, directions)] in float32, and `step`, `threshold`.
        """
        from sklearn.cluster import MiniBatchKMeans
        from sklearn.decomposition import PCA

        draw = np.random.default_rng([seed, width])
        each = max(1, -(-_SAMPLE // len(clips)))
        places = clips.shape[2] - width + 1
        sample = np.concatenate(
            [
                _patches(clip, width, 1).T[draw.choice(places, min(each, places), replace=False)]
                for clip in clips
            ]
        )
        directions = min(self.settings.directions, *sample.shape)
        with np.errstate(invalid="ignore"):  # shares of no variance, which nobody asks for
            found = PCA(directions, svd_solver="covariance_eigh").fit(sample)
        variances = found.explained_variance_
        floor = _FLOOR * variances[0] or 1.0
        whiten = found.components_ / np.sqrt(variances + floor)[:, None]
        whitened = _of_unit_length((sample - found.mean_) @ whiten.T, axis=1)
        atoms = min(self.settings.atoms, len(np.unique(whitened, axis=0)))
        means = MiniBatchKMeans(
            atoms,
            batch_size=4096,
            max_iter=30,
            n_init=1,
            random_state=seed,
        ).fit(whitened.astype(np.float32))
        return {
            # float32 halves the bundle; all that follows is learnt from the rounded numbers.
            "whiten": whiten.astype(np.float32),
            "centre": (whiten @ found.mean_)[:, None].astype(np.float32),
            "atoms": _of_unit_length(means.cluster_centers_, axis=1).astype(np.float32),
            "width": np.array(width),
            "bands": np.array(self.settings.bands),
            "threshold": np.array(self.settings.threshold),
        }

    @staticmethod
    def logits(graph: Graph, inputs: Value, arrays: Arrays) -> Value:
        """Patches, their likeness to atoms, two roots over time, one matrix."""
        bands = int(arrays["0.bands"])
        clips = graph("Reshape", inputs, np.array([0, bands, -1]))
        count = len({key for key in arrays if key.endswith(".atoms")})
        pooled = [
            part
            for number in range(count)
            for part in _pooled(
                graph,
                clips,
                {
                    key.removeprefix(f"{number}."): array
                    for key, array in arrays.items()
                    if key.startswith(f"{number}.")
                },
            )
        ]
        description = graph("Sqrt", graph("Concat", *pooled, axis=1))
        return graph("Add", graph("MatMul", description, arrays["weights"]), arrays["biases"])


@dataclass(frozen=True)
class _Space:
    """From clips to the components that are learnt from."""

    dictionaries: Sequence[Arrays]
    mean: Array
    deviation: Array
    axes: Array

    def __call__(self, clips: Array) -> Array:
        """Components [shape=(clips, components)] of clips [shape=(clips, bands, columns)]."""
        described = np.stack([_description(clip, self.dictionaries) for clip in clips])
        components: Array = (described - self.mean) / self.deviation @ self.axes
        return components

    def arrays(self, weights: Array, biases: Array) -> Arrays:
        """All that is to be kept; what follows the description is one matrix."""
        joined = (self.axes @ weights) / self.deviation[:, None]
        arrays = {"weights": joined, "biases": biases - self.mean @ joined}
        for number, dictionary in enumerate(self.dictionaries):
            arrays |= {f"{number}.{key}": array for key, array in dictionary.items()}
        return arrays


def _pooled(graph: Graph, clips: Value, own: Arrays) -> tuple[Value, Value]:
    """Mean and deviation over time of the likeness to each atom [shape=(clips, atoms)]."""
    width, step = int(own["width"]), _step(int(own["width"]))
    offsets = [
        # The last column that a patch of the clip may start in lies width − 1 before its end.
        graph(
            "Slice",
            clips,
            np.array([offset]),
            np.array([offset - width + 1 or np.iinfo(np.int64).max]),
            np.array([2]),
            np.array([step]),
        )
        for offset in range(width)
    ]
    patches = graph("Concat", *offsets, axis=1) if width > 1 else offsets[0]

    def exact(key: str) -> Value:
        return graph("Cast", own[key], to=DOUBLE)

    whitened = graph("Sub", graph("MatMul", exact("whiten"), patches), exact("centre"))
    length = graph("ReduceL2", whitened, np.array([1]), keepdims=1)
    unit = graph("Div", whitened, graph("Add", length, np.float64(_LENGTH)))
    likeness = graph("MatMul", exact("atoms"), unit)
    above = graph("Max", graph("Sub", likeness, np.float64(own["threshold"])), np.float64(0))
    mean = graph("ReduceMean", above, np.array([2]), keepdims=1)
    difference = graph("Sub", above, mean)
    squares = graph("Mul", difference, difference)
    variance = graph("ReduceMean", squares, np.array([2]), keepdims=0)
    return graph("Squeeze", mean, np.array([2])), graph("Sqrt", variance)


def _description(clip: Array, dictionaries: Sequence[Arrays]) -> Array:
    """The same in numpy, of one clip [shape=(bands, columns)]: [shape=(2 · widths · atoms,)]."""
    parts = []
    for own in dictionaries:
        width = int(own["width"])
        patches = _patches(clip, width, _step(width))
        unit = _of_unit_length(own["whiten"].astype(np.float64) @ patches - own["centre"], axis=0)
        above = np.maximum(own["atoms"].astype(np.float64) @ unit - float(own["threshold"]), 0)
        parts += [above.mean(axis=1), above.std(axis=1)]
    root: Array = np.sqrt(np.concatenate(parts))
    return root


def _patches(clip: Array, width: int, step: int) -> Array:
    """Patches, column after column [shape=(width · bands, places)]."""
    windows = sliding_window_view(clip, width, axis=1)[:, ::step]
    patches: Array = windows.transpose(2, 0, 1).reshape(width * len(clip), -1)
    return patches


def _step(width: int) -> int:
    return max(1, width // 4)


def _of_unit_length(vectors: Array, axis: int) -> Array:
    scaled: Array = vectors / (np.linalg.norm(vectors, axis=axis, keepdims=True) + _LENGTH)
    return scaled


def _shifted(clip: Array, bands: int) -> Array:
    """A clip moved up by so many bands; the outermost band fills what is left."""
    rows = np.clip(np.arange(len(clip)) - bands, 0, len(clip) - 1)
    moved: Array = clip[rows]
    return moved
