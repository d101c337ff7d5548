"""A mixture of Gaussians with diagonal covariance per label (Tzanetakis and Cook 2002).

Each label's density is fitted to its own clips by expectation maximization; Bayes' rule, with the
labels' shares of the train side, gives their probabilities. Tzanetakis and Cook had three or five
components on thirty numbers per song; a label with fewer clips has as many components as clips.

A diagonal covariance takes the numbers of a clip for independent, and adds up what hundreds of
alike ones say: its odds are far too great. The logits are its log odds over √numbers, which changes
no answer, and leaves the rest to the temperature that is fitted on the valid side.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from earmark.classical import base
from earmark.classical.base import Array, Arrays, Fit
from earmark.classical.checks import check_positive
from earmark.classical.graph import Graph, Value
from earmark.features.settings import check_counts

_NEVER = -1e30  # log weight of a component that is not there


class GaussianMixtures:
    """A density per label."""

    name: ClassVar[str] = "gaussian-mixture"

    @dataclass(frozen=True, kw_only=True)
    class Settings(base.Settings):
        """The densities.

        Attributes:
            components: Gaussians per label.
            least_variance: added to each variance.

        Raises:
            ValueError: a setting is impossible.
        """

        components: int = 3
        least_variance: float = 0.1

        def __post_init__(self) -> None:
            check_counts(self, "components")
            check_positive(self, "least_variance")

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def fit(self, inputs: Array, labels: NDArray[np.int64], seed: int) -> Fit:
        """Fit the density of each label."""
        count = labels.max() + 1
        models = [self._density(inputs[labels == label], seed) for label in range(count)]
        priors = np.log(np.bincount(labels) / len(labels))

        def answer(clips: Array) -> Array:
            densities = np.stack([model.score_samples(clips) for model in models], axis=1)
            logits: Array = (densities + priors) / np.sqrt(clips.shape[1])
            return logits

        return Fit(_arrays(models, priors), answer)

    def _density(self, inputs: Array, seed: int) -> Any:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.mixture import GaussianMixture

        model = GaussianMixture(
            min(self.settings.components, len(inputs)),
            covariance_type="diag",
            reg_covar=self.settings.least_variance,
            random_state=seed,
        )
        if len(inputs) == 1:  # scikit-learn asks for two
            inputs = np.repeat(inputs, 2, axis=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # of clips that are equal
            return model.fit(inputs)

    @staticmethod
    def logits(graph: Graph, inputs: Value, arrays: Arrays) -> Value:
        """(log Σ w N(x; μ, σ²) + log prior) / √numbers of each label."""
        means, precisions, weights = (arrays[key] for key in ("means", "precisions", "log_weights"))
        labels, components, numbers = means.shape
        # −½ Σ (x − μ)² / σ², multiplied out, with all that does not depend on x in one number.
        flat = precisions.reshape(-1, numbers)
        centres = means.reshape(-1, numbers)
        constant = 0.5 * (np.log(flat).sum(1) - (flat * centres**2).sum(1))
        constant += weights.ravel() - 0.5 * numbers * np.log(2 * np.pi)
        squares = graph("MatMul", graph("Mul", inputs, inputs), -0.5 * flat.T)
        products = graph("MatMul", inputs, (flat * centres).T)
        sums = graph("Add", graph("Add", squares, products), constant)
        sums = graph("Reshape", sums, np.array([-1, labels, components]))
        most = graph("ReduceMax", sums, np.array([2]), keepdims=1)
        shares = graph("Exp", graph("Sub", sums, most))
        total = graph("Log", graph("ReduceSum", shares, np.array([2]), keepdims=0))
        found = graph("Add", total, graph("Squeeze", most, np.array([2])))
        odds = graph("Add", found, arrays["log_priors"])
        return graph("Div", odds, np.float64(np.sqrt(numbers)))


def _arrays(models: list[Any], priors: Array) -> Arrays:
    """All densities with as many components: those that a label lacks weigh nothing."""
    most, numbers = max(model.n_components for model in models), models[0].means_.shape[1]
    means, precisions = (
        np.zeros((len(models), most, numbers)),
        np.ones((len(models), most, numbers)),
    )
    weights = np.full((len(models), most), _NEVER)
    for label, model in enumerate(models):
        there = slice(model.n_components)
        means[label, there], precisions[label, there] = model.means_, model.precisions_
        with np.errstate(divide="ignore"):
            weights[label, there] = np.maximum(np.log(model.weights_), _NEVER)
    return {
        "means": means,
        "precisions": precisions,
        "log_weights": weights,
        "log_priors": priors,
    }
