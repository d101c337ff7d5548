"""A classical model of several outputs: fitted, as arrays, and as ONNX.

Each output is fitted for itself. Clips are flattened and standardized, for all outputs alike. A
label of which the train side has no clip is never given: its logit lies below all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.bundle import OutputKind
from earmark.classical.base import Answer, Array, Arrays, Family, Fit, Regressor, Targets
from earmark.classical.graph import DOUBLE, Graph, Value

_UNKNOWN = 16.0  # by how much an absent label lies below the least likely: e⁻¹⁶ is about 1e-7


@dataclass(frozen=True)
class Fitted:
    """A fitted model.

    Attributes:
        arrays: all that it has learnt, which is what a bundle keeps; `to_onnx` needs no more.
        answers: scikit-learn's logits of clips [shape=(clips, numbers)], by output.
    """

    arrays: dict[str, NDArray[Any]]
    answers: Mapping[str, Answer]


def fit(family: Family, inputs: Array, targets: Mapping[str, Targets], seed: int) -> Fitted:
    """Fit a model.

    Args:
        family: with its settings.
        inputs: clips [shape=(clips, numbers)].
        targets: by output.
        seed: decides whatever is drawn at random.

    Raises:
        ValueError: an input is no finite number, or the model cannot learn an output; the message
            says which.
    """
    for name, target in targets.items():
        check_output(family, name, target.kind)
    if not np.isfinite(inputs).all():
        raise ValueError("the clips hold values that are no finite numbers")
    arrays: dict[str, NDArray[Any]] = {}
    answers: dict[str, Answer] = {}
    scale = _scale(inputs) if getattr(family.settings, "standardize", False) else None
    if scale is not None:
        arrays["mean"], arrays["deviation"] = scale
    for name, target in targets.items():
        fitted, present = _fit_output(family, _scaled(inputs, scale), target, seed)
        arrays |= {f"{name}.{key}": array for key, array in fitted.arrays.items()}
        if present is not None:
            arrays[f"{name}.present"] = present
        answers[name] = _answering(fitted.answer, scale, present, target.labels)
    return Fitted(arrays, answers)


def check_output(family: Family, name: str, kind: OutputKind) -> None:
    """Make sure that a model can learn an output.

    Raises:
        ValueError: it cannot; the message says why.
    """
    if kind == "tags":
        raise ValueError(f"learns one label of several: any number of {name} may be right")
    if kind == "number" and not isinstance(family, Regressor):
        raise ValueError(f"learns labels only: {name} is a number")


def to_onnx(
    family: type[Family], arrays: Arrays, shape: tuple[int, ...], outputs: Mapping[str, int]
) -> bytes:
    """ONNX of a fitted model: "clips" [shape=(n, *shape)] → logits of each output.

    Args:
        family: that was fitted.
        arrays: what it learnt.
        shape: of one clip.
        outputs: how many labels each has, 1 for a number.
    """
    graph = Graph()
    flat = graph("Flatten", graph("Cast", "clips", to=DOUBLE), axis=1)
    if "mean" in arrays:
        flat = graph("Div", graph("Sub", flat, arrays["mean"]), arrays["deviation"])
    values: dict[str, tuple[Value, int]] = {}
    for name, labels in outputs.items():
        start = f"{name}."
        own = {k.removeprefix(start): array for k, array in arrays.items() if k.startswith(start)}
        values[name] = (_output(graph, flat, family, own, labels), labels)
    return graph.to_bytes(shape, values)


def _scale(inputs: Array) -> tuple[Array, Array]:
    """Mean and deviation of each number; one that never changes is divided by 1."""
    mean, deviation = inputs.mean(axis=0), inputs.std(axis=0)
    # What varies by no more than rounding does not vary.
    constant = deviation <= 1e-12 * np.maximum(np.abs(mean), 1e-300)
    return mean, np.where(constant, 1.0, deviation)


def _scaled(inputs: Array, scale: tuple[Array, Array] | None) -> Array:
    return inputs if scale is None else (inputs - scale[0]) / scale[1]


def _fit_output(
    family: Any, inputs: Array, target: Targets, seed: int
) -> tuple[Fit, NDArray[Any] | None]:
    """One output, and which labels the train side has; None for a number."""
    if target.kind == "number":
        return family.fit_number(inputs, target.values.astype(np.float64), seed), None
    present, labels = np.unique(target.values, return_inverse=True)
    if len(present) == 1:  # there is nothing to be learnt
        return Fit({}, lambda clips: np.zeros((len(clips), 1))), present
    return family.fit(inputs, labels, seed), present


def _answering(
    answer: Answer, scale: tuple[Array, Array] | None, present: NDArray[Any] | None, labels: int
) -> Answer:
    def answering(clips: Array) -> Array:
        given = answer(_scaled(clips, scale))
        if present is None or len(present) == labels:
            return given
        logits = np.repeat(given.min(axis=1, keepdims=True) - _UNKNOWN, labels, axis=1)
        logits[:, present] = given
        return logits

    return answering


def _output(graph: Graph, flat: Value, family: type[Family], own: Arrays, labels: int) -> Value:
    """The logits of one output, or its number, with absent labels in their place."""
    present = own.get("present")
    if present is not None and len(present) == 1:
        given = graph.zeros(flat)
    else:
        given = family.logits(graph, flat, own)
    if present is None:
        return given
    # Less the greatest, so that float32 keeps what tells the likeliest from each other.
    given = graph("Sub", given, graph("ReduceMax", given, np.array([1]), keepdims=1))
    if len(present) == labels:
        return given
    least = graph("ReduceMin", given, np.array([1]), keepdims=1)
    joined = graph("Concat", given, graph("Sub", least, np.float64(_UNKNOWN)), axis=1)
    place = np.full(labels, len(present))
    place[present] = np.arange(len(present))
    return graph("Gather", joined, place, axis=1)
