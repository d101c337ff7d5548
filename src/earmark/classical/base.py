"""What every classical model offers, and what some share.

A family is fitted by scikit-learn, and what it has learnt is kept as plain arrays, of which its
ONNX graph is assembled. All is done in float64: models that compare distances or decisions would
else answer differently where rounding decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from earmark.bundle import OutputKind
from earmark.classical.graph import DOUBLE, Graph, Value

Array = NDArray[np.float64]
Arrays = Mapping[str, NDArray[Any]]
Answer = Callable[[Array], Array]
"""Inputs [shape=(clips, numbers)] → logits [shape=(clips, labels)], or a number each."""

LEAST = 1e-7
"""What stands for a probability of 0, which has no logarithm."""


@dataclass(frozen=True)
class Settings:
    """What a recipe may change in most families.

    Attributes:
        standardize: each number of a clip less its mean over the train side, over its deviation.
    """

    standardize: bool = True


@dataclass(frozen=True)
class Targets:
    """What is true of the clips that a model is fitted to, for one output.

    Attributes:
        kind: "classes" or "number".
        labels: how many there are; 1 for a number.
        values: of each clip the index of its label, or its number [shape=(clips,)].
    """

    kind: OutputKind
    labels: int
    values: NDArray[Any]


@dataclass(frozen=True)
class Fit:
    """A family, fitted to one output.

    Attributes:
        arrays: all that it has learnt.
        answer: scikit-learn's own answers, which the graph is held to.
    """

    arrays: Arrays
    answer: Answer


class Family(Protocol):
    """A classical model.

    Attributes:
        name: what recipes call it.
        Settings: frozen dataclass of what a recipe may change; it raises ValueError for impossible
            values.
        settings: these.
    """

    name: ClassVar[str]
    Settings: ClassVar[Any]
    settings: Any

    def __init__(self, settings: Any) -> None:
        """Not yet fitted."""

    def fit(self, inputs: Array, labels: NDArray[np.int64], seed: int) -> Fit:
        """Learn labels.

        Args:
            inputs: [shape=(clips, numbers)].
            labels: indices, each of 0, 1, … at least once; two labels at least.
            seed: decides whatever is drawn at random.
        """

    @staticmethod
    def logits(graph: Graph, inputs: Value, arrays: Arrays) -> Value:
        """Continue a graph from inputs to logits [shape=(clips, labels)], or to numbers."""


@runtime_checkable
class Regressor(Protocol):
    """A family that can learn numbers too."""

    def fit_number(self, inputs: Array, values: Array, seed: int) -> Fit:
        """Learn a number of each clip [shape=(clips,)]; `logits` gives it [shape=(clips, 1)]."""


def spread(values: Array) -> float:
    """Their standard deviation, or 1 for what never changes: something to divide by."""
    return float(values.std()) or 1.0


def two_columns(decision: Array) -> Array:
    """Logits [shape=(clips, 2)] of what scikit-learn gives for two labels: one number per clip."""
    if decision.ndim == 2:
        return decision
    return np.stack([np.zeros_like(decision), decision], axis=1)


def squared_distances(graph: Graph, inputs: Value, points: NDArray[Any]) -> Value:
    """|x − p|² = |x|² − 2 x p + |p|² of each clip and point [shape=(clips, points)].

    Points in float32 stay so in the model, which halves it.
    """
    of_inputs = graph("ReduceSumSquare", inputs, np.array([1]), keepdims=1)
    columns: Value | NDArray[Any] = points.T
    if points.dtype == np.float32:
        columns = graph("Cast", columns, to=DOUBLE)
    twice = graph("Mul", graph("MatMul", inputs, columns), np.float64(-2))
    squares = np.square(points, dtype=np.float64).sum(axis=1)
    return graph("Max", graph("Add", graph("Add", of_inputs, twice), squares), np.float64(0))
