"""A network with a single hidden layer, trained to the end by L-BFGS or step by step by Adam.

Z = f(W x + b), T = W' Z + b': scikit-learn's `MLPClassifier` and `MLPRegressor`, with cross-entropy
or squared error and an L2 penalty on the weights.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from earmark.classical import base
from earmark.classical.base import Array, Arrays, Fit, spread
from earmark.classical.checks import check_positive
from earmark.classical.graph import Graph, Value
from earmark.features.settings import check_choice, check_counts

_OPERATORS = {"logistic": "Sigmoid", "tanh": "Tanh", "relu": "Relu"}
_SOLVERS = ("adam", "lbfgs")


class HiddenLayer:
    """One hidden layer."""

    name: ClassVar[str] = "hidden-layer"

    @dataclass(frozen=True, kw_only=True)
    class Settings(base.Settings):
        """The layer, and how its weights are found.

        Attributes:
            units: of the hidden layer.
            activation: "logistic", "tanh" or "relu".
            penalty: of the sum of squares of all weights, over twice the number of clips.
            solver: "lbfgs" or "adam".
            passes: over the train side, at most.

        Raises:
            ValueError: a setting is impossible.
        """

        units: int = 100
        activation: str = "logistic"
        penalty: float = 1.0
        solver: str = "adam"
        passes: int = 200

        def __post_init__(self) -> None:
            check_counts(self, "units", "passes")
            check_positive(self, "penalty")
            check_choice(self, "activation", _OPERATORS)
            check_choice(self, "solver", _SOLVERS)

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def fit(self, inputs: Array, labels: NDArray[np.int64], seed: int) -> Fit:
        """Learn labels by cross-entropy."""
        from sklearn.neural_network import MLPClassifier

        model = self._fitted(MLPClassifier, inputs, labels, seed)
        first, second = model.coefs_
        if second.shape[1] == 1:  # of two labels, scikit-learn's network has one output
            second = np.hstack([np.zeros_like(second), second])
        last = model.intercepts_[1]
        arrays = self._arrays(model, first, second, last if len(last) > 1 else np.append(0, last))

        def answer(clips: Array) -> Array:
            with np.errstate(divide="ignore"):  # of a probability that is too small for float64
                logits: Array = model.predict_log_proba(clips)
            return logits

        return Fit(arrays, answer)

    def fit_number(self, inputs: Array, values: Array, seed: int) -> Fit:
        """Learn standardized numbers by squared error."""
        from sklearn.neural_network import MLPRegressor

        mean, deviation = float(values.mean()), spread(values)
        model = self._fitted(MLPRegressor, inputs, (values - mean) / deviation, seed)
        first, second = model.coefs_
        last = model.intercepts_[1] * deviation + mean
        arrays = self._arrays(model, first, second * deviation, last)
        return Fit(arrays, lambda clips: model.predict(clips)[:, None] * deviation + mean)

    def _fitted(self, kind: Any, inputs: Array, targets: NDArray[Any], seed: int) -> Any:
        from sklearn.exceptions import ConvergenceWarning

        settings = self.settings
        model = kind(
            hidden_layer_sizes=(settings.units,),
            activation=settings.activation,
            alpha=settings.penalty,
            solver=settings.solver,
            max_iter=settings.passes,
            random_state=seed,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # passes are a setting
            return model.fit(inputs, targets)

    def _arrays(self, model: Any, first: Array, second: Array, last: Array) -> Arrays:
        return {
            "hidden_weights": first,
            "hidden_biases": model.intercepts_[0],
            "weights": second,
            "biases": last,
            "activation": np.array(list(_OPERATORS).index(self.settings.activation)),
        }

    @staticmethod
    def logits(graph: Graph, inputs: Value, arrays: Arrays) -> Value:
        """Two layers."""
        sums = graph("MatMul", inputs, arrays["hidden_weights"])
        operator = list(_OPERATORS.values())[int(arrays["activation"])]
        hidden = graph(operator, graph("Add", sums, arrays["hidden_biases"]))
        return graph("Add", graph("MatMul", hidden, arrays["weights"]), arrays["biases"])
