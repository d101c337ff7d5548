"""The k nearest clips of the train side vote (Fix and Hodges 1951; Cover and Hart 1967).

Clips as far away as the k-th nearest all vote, as in R's `class::knn`; else the order of the train
side would decide. Without such ties it is scikit-learn's `KNeighborsClassifier`, Euclidean and
uniform.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from earmark.classical import base
from earmark.classical.base import LEAST, Array, Arrays, Fit, squared_distances
from earmark.classical.graph import DOUBLE, Graph, Value
from earmark.features.settings import check_counts

_EQUAL = 1e-9  # squared distances that differ by less, or by so little of them, are the same


class KNearest:
    """The share of the neighbours' labels, or the mean of their numbers."""

    name: ClassVar[str] = "k-nn"

    @dataclass(frozen=True, kw_only=True)
    class Settings(base.Settings):
        """How many neighbours.

        Attributes:
            neighbours: k; all clips, if there are fewer.

        Raises:
            ValueError: it is impossible.
        """

        neighbours: int = 10

        def __post_init__(self) -> None:
            check_counts(self, "neighbours")

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def fit(self, inputs: Array, labels: NDArray[np.int64], seed: int) -> Fit:
        """Remember all clips and their labels."""
        votes = np.eye(labels.max() + 1)[labels]
        fitted = self._remember(inputs, votes)
        arrays = {**fitted.arrays, "least": np.array(LEAST)}
        return Fit(arrays, lambda clips: np.log(np.maximum(fitted.answer(clips), LEAST)))

    def fit_number(self, inputs: Array, values: Array, seed: int) -> Fit:
        """Remember all clips and their numbers."""
        return self._remember(inputs, values[:, None])

    def _remember(self, inputs: Array, votes: Array) -> Fit:
        from sklearn.neighbors import NearestNeighbors

        count = min(self.settings.neighbours, len(inputs))
        model = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(inputs)

        def answer(clips: Array) -> Array:
            distances, order = model.kneighbors(clips, len(inputs))
            squares = np.square(distances)
            farthest = squares[:, count - 1 : count]
            near = squares <= farthest + _EQUAL * (1 + farthest)
            found = zip(order, near, strict=True)
            return np.stack([votes[nearest[mask]].mean(axis=0) for nearest, mask in found])

        arrays = {"clips": inputs, "votes": votes, "neighbours": np.array(count)}
        return Fit(arrays, answer)

    @staticmethod
    def logits(graph: Graph, inputs: Value, arrays: Arrays) -> Value:
        """The mean of the near clips' votes, and its logarithm for labels."""
        distances = squared_distances(graph, inputs, arrays["clips"])
        farthest = _farthest(graph, distances, int(arrays["neighbours"]))
        room = graph("Mul", graph("Add", farthest, np.float64(1)), np.float64(_EQUAL))
        near = graph("LessOrEqual", distances, graph("Add", farthest, room))
        near = graph("Cast", near, to=DOUBLE)
        count = graph("ReduceSum", near, np.array([1]), keepdims=1)
        shares = graph("Div", graph("MatMul", near, arrays["votes"]), count)
        if "least" not in arrays:
            return shares
        return graph("Log", graph("Max", shares, arrays["least"]))


def _farthest(graph: Graph, distances: Value, count: int) -> Value:
    """The distance of the k-th nearest [shape=(clips, 1)]."""
    nearest = graph("TopK", distances, np.array([count]), axis=1, largest=0, spare=1)
    return graph("ReduceMax", nearest, np.array([1]), keepdims=1)
