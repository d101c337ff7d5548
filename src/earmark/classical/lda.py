"""Principal components, then linear discriminants with a shrunk covariance (Ledoit and Wolf 2004).

All of it is linear, and is kept as one matrix. Numbers are learnt by ridge regression on the same
components.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from earmark.classical import base
from earmark.classical.base import Array, Arrays, Fit, two_columns
from earmark.classical.checks import check_positive, check_share
from earmark.classical.graph import Graph, Value


class Lda:
    """Linear discriminant analysis on principal components."""

    name: ClassVar[str] = "lda"

    @dataclass(frozen=True, kw_only=True)
    class Settings(base.Settings):
        """What is left of the inputs.

        Attributes:
            variance: share of the inputs' variance that the components keep.
            shrinkage: share of the discriminants' covariance that is replaced by its mean
                variance; "auto" takes what Ledoit and Wolf 2004 estimate, which is little where a
                vector is long and its numbers go together.
            penalty: of ridge regression, for numbers: it is added to each component's sum of
                squares, in units of the first one's.

        Raises:
            ValueError: a setting is impossible.
        """

        variance: float = 0.95
        shrinkage: float | str = "auto"
        penalty: float = 0.1

        def __post_init__(self) -> None:
            check_share(self, "variance")
            if self.shrinkage != "auto":
                check_share(self, "shrinkage")
            check_positive(self, "penalty")

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def fit(self, inputs: Array, labels: NDArray[np.int64], seed: int) -> Fit:
        """Learn labels."""
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

        mean, axes = self._components(inputs)
        model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=self.settings.shrinkage)
        model.fit((inputs - mean) @ axes.T, labels)
        weights, biases = model.coef_.T, model.intercept_
        if len(biases) == 1:  # of two labels, scikit-learn has the difference
            weights, biases = np.hstack([0 * weights, weights]), np.append(0, biases)
        return Fit(
            _arrays(mean, axes, weights, biases),
            lambda clips: two_columns(model.decision_function((clips - mean) @ axes.T)),
        )

    def fit_number(self, inputs: Array, values: Array, seed: int) -> Fit:
        """Learn numbers by ridge regression."""
        from sklearn.linear_model import Ridge

        mean, axes = self._components(inputs)
        projected = (inputs - mean) @ axes.T
        largest = float(np.square(projected).sum(axis=0).max()) or 1.0
        model = Ridge(self.settings.penalty * largest).fit(projected, values)
        return Fit(
            _arrays(mean, axes, model.coef_[:, None], np.atleast_1d(model.intercept_)),
            lambda clips: model.predict((clips - mean) @ axes.T)[:, None],
        )

    def _components(self, inputs: Array) -> tuple[Array, Array]:
        """The inputs' mean, and as many axes as keep the share of variance; one at least."""
        from sklearn.decomposition import PCA

        with np.errstate(invalid="ignore"):  # shares of no variance, which nobody asks for
            model = PCA(svd_solver="full").fit(inputs)
        sums = np.cumsum(model.explained_variance_)
        count = 1 + int(np.searchsorted(sums, self.settings.variance * sums[-1] * (1 - 1e-12)))
        return model.mean_, model.components_[: min(count, len(sums))]

    @staticmethod
    def logits(graph: Graph, inputs: Value, arrays: Arrays) -> Value:
        """One matrix and one sum."""
        return graph("Add", graph("MatMul", inputs, arrays["weights"]), arrays["biases"])


def _arrays(mean: Array, axes: Array, weights: Array, biases: Array) -> Arrays:
    """The steps as one: (x − mean) A w + b."""
    joined = axes.T @ weights
    return {"weights": joined, "biases": biases - mean @ joined}
