"""Support vector machines with a Gaussian kernel, one per pair of labels (Cortes and Vapnik 1995).

Two ways to answer from the same pairwise machines, which libsvm fits:

- `Svm`: one against one. Each pair has a vote; the sum of a label's decisions, squeezed into
  ±1/3, tells labels with as many votes apart. That is scikit-learn's `decision_function`, and its
  `predict` with `break_ties=True`.
- `DagSvm` (dag_svm.py): a decision graph.

Votes are no probabilities. Their softmax becomes one by the temperature that is fitted on the valid
side; libsvm's own way (Platt 1999) wants a random cross-validation inside of each fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from earmark.classical import base
from earmark.classical.base import Array, Arrays, Fit, spread, squared_distances, two_columns
from earmark.classical.checks import check_positive
from earmark.classical.graph import DOUBLE, Graph, Value


class PairwiseSvm:
    """What is shared: the machines of all pairs."""

    @dataclass(frozen=True, kw_only=True)
    class Settings(base.Settings):
        """How soft the margins are and how wide the kernel is.

        Attributes:
            cost: C, of a clip on the wrong side of the margin.
            width: the kernel is exp(−|x − x'|² / (width · numbers · variance of them)).

        Raises:
            ValueError: a setting is impossible.
        """

        cost: float = 10.0
        width: float = 2.0

        def __post_init__(self) -> None:
            check_positive(self, "cost", "width")

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def _machines(
        self, inputs: Array, labels: NDArray[np.int64]
    ) -> tuple[Any, dict[str, NDArray[Any]]]:
        """scikit-learn's model, and the machines as arrays."""
        from sklearn.svm import SVC

        gamma = self._gamma(inputs)
        model = SVC(C=self.settings.cost, gamma=gamma, break_ties=True).fit(inputs, labels)
        return model, {
            "gamma": np.array(gamma),
            "vectors": model.support_vectors_.astype(np.float32),
            "coefficients": _by_pair(model.dual_coef_, model.n_support_),
            "intercepts": np.array(model.intercept_),
        }

    def _gamma(self, inputs: Array) -> float:
        return float(1 / (self.settings.width * inputs.shape[1] * spread(inputs) ** 2))


class Svm(PairwiseSvm):
    """All pairs vote."""

    name: ClassVar[str] = "svm"

    def fit(self, inputs: Array, labels: NDArray[np.int64], seed: int) -> Fit:
        """Fit the machine of each pair."""
        model, arrays = self._machines(inputs, labels)
        arrays["labels"] = np.array(len(model.classes_))
        return Fit(arrays, lambda clips: two_columns(model.decision_function(clips)))

    def fit_number(self, inputs: Array, values: Array, seed: int) -> Fit:
        """Fit a support vector regression (Drucker et al. 1997) to the standardized numbers."""
        from sklearn.svm import SVR

        mean, deviation, gamma = float(values.mean()), spread(values), self._gamma(inputs)
        model = SVR(C=self.settings.cost, gamma=gamma).fit(inputs, (values - mean) / deviation)
        arrays = {
            "gamma": np.array(gamma),
            "vectors": model.support_vectors_.astype(np.float32),
            "coefficients": model.dual_coef_.T * deviation,
            "intercepts": model.intercept_ * deviation + mean,
        }
        return Fit(arrays, lambda clips: model.predict(clips)[:, None] * deviation + mean)

    @staticmethod
    def logits(graph: Graph, inputs: Value, arrays: Arrays) -> Value:
        """Votes and, between equal ones, the sums of decisions."""
        found = decisions(graph, inputs, arrays)
        if "labels" not in arrays:
            return found
        labels = int(arrays["labels"])
        if labels == 2:  # scikit-learn gives the decision itself
            return graph("MatMul", found, np.array([[0.0, 1.0]]))
        sides = _sides(labels)
        second = graph("Cast", graph("Less", found, np.float64(0)), to=DOUBLE)
        votes = graph("MatMul", graph("Sub", np.float64(1), graph("Add", second, second)), sides)
        sums = graph("MatMul", found, sides)
        size = graph("Add", graph("Abs", sums), np.float64(1))
        between = graph("Div", sums, graph("Mul", size, np.float64(3)))
        return graph("Add", graph("Mul", votes, np.float64(0.5)), between)


def decisions(graph: Graph, inputs: Value, arrays: Arrays) -> Value:
    """The decision of each pair [shape=(clips, pairs)]; at least 0 says the first of the two.

    For two labels the signs are scikit-learn's, where more than 0 says the second.
    """
    distances = squared_distances(graph, inputs, arrays["vectors"])
    kernel = graph("Exp", graph("Mul", distances, -arrays["gamma"]))
    sums = graph("MatMul", kernel, arrays["coefficients"])
    return graph("Add", sums, arrays["intercepts"])


def pairs(labels: int) -> list[tuple[int, int]]:
    """All pairs in libsvm's order."""
    return list(combinations(range(labels), 2))


def _sides(labels: int) -> Array:
    """1 for the first label of a pair, −1 for the second [shape=(pairs, labels)]."""
    sides = np.zeros((len(pairs(labels)), labels))
    for row, (first, second) in zip(sides, pairs(labels), strict=True):
        row[first], row[second] = 1, -1
    return sides


def _by_pair(dual: Array, counts: NDArray[Any]) -> Array:
    """libsvm's coefficients as one column per pair [shape=(vectors, pairs)].

    `dual` [shape=(labels − 1, vectors)] holds, for the vectors of a label, its machines against the
    other labels in order (scikit-learn's user guide, 1.4.1.1).
    """
    ends = np.cumsum(counts)
    of_label = [slice(end - count, end) for end, count in zip(ends, counts, strict=True)]
    columns = np.zeros((dual.shape[1], len(pairs(len(counts)))))
    for column, (first, second) in zip(columns.T, pairs(len(counts)), strict=True):
        column[of_label[first]] = dual[second - 1, of_label[first]]
        column[of_label[second]] = dual[first, of_label[second]]
    return columns
