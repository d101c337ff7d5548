"""A decision graph over pairwise support vector machines (Platt, Cristianini, Shawe-Taylor 2000).

All labels stand in a list, in order. The machine of the first and the last one decides which of the
two leaves it, and so on until one is left: for K labels, K − 1 of the K (K − 1) / 2 machines are
asked. The graph of all ways through the list is the DAG. A vote of all machines may find another
label, since those of labels that are wrong vote too.

The logits keep the order in which labels left. The one that left in round r lies below the one that
left in round r + 1 by the margin by which it lost, |decision|; the last one is the answer. So the
ratio of the last two's probabilities is the exponential of the decision between them, over the
temperature that the valid side gives.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from earmark.classical.base import Array, Arrays, Fit
from earmark.classical.graph import INT64, Graph, Value
from earmark.classical.svm import PairwiseSvm, decisions, pairs


class DagSvm(PairwiseSvm):
    """One label after the other leaves."""

    name: ClassVar[str] = "dag-svm"

    def fit(self, inputs: Array, labels: NDArray[np.int64], seed: int) -> Fit:
        """Fit the machine of each pair."""
        model, arrays = self._machines(inputs, labels)
        count = len(model.classes_)
        if count == 2:  # for two labels alone, scikit-learn turns the sign of its decisions
            arrays["coefficients"] = -arrays["coefficients"]
            arrays["intercepts"] = -arrays["intercepts"]
        arrays["labels"] = np.array(count)
        model.set_params(decision_function_shape="ovo", break_ties=False)

        def answer(clips: Array) -> Array:
            found = model.decision_function(clips)
            return walk(-found[:, None] if count == 2 else found, count)

        return Fit(arrays, answer)

    @staticmethod
    def logits(graph: Graph, inputs: Value, arrays: Arrays) -> Value:
        """Walk through the list, all clips at once."""
        labels = int(arrays["labels"])
        found = decisions(graph, inputs, arrays)
        first = graph.zeros(inputs, np.int64)
        last = graph("Add", first, np.int64(labels - 1))
        out, margins = [], [graph.zeros(inputs)]
        for _ in range(labels - 1):
            cell = graph("Add", graph("Mul", first, np.int64(labels)), last)
            pair = graph("Gather", _pair_of(labels).ravel(), cell, axis=0)
            decision = graph("GatherElements", found, pair, axis=1)
            lost = graph("Less", decision, np.float64(0))
            out.append(graph("Where", lost, first, last))
            margins.append(graph("Abs", decision))
            step = graph("Cast", lost, to=INT64)
            first = graph("Add", first, step)
            last = graph("Sub", graph("Add", last, step), np.int64(1))
        out.append(first)
        order = graph("Concat", *out, axis=1)
        heights = graph("CumSum", graph("Concat", *margins, axis=1), np.int64(1))
        return graph("ScatterElements", heights, order, heights, axis=1)


def walk(decisions: Array, labels: int) -> Array:
    """Logits [shape=(clips, labels)] of the decisions of all pairs [shape=(clips, pairs)].

    A decision of at least 0 says the first of the two. Pairs are in libsvm's order: (0, 1),
    (0, 2), and so on.
    """
    number = {pair: place for place, pair in enumerate(pairs(labels))}
    logits = np.zeros((len(decisions), labels))
    for row, found in zip(logits, decisions, strict=True):
        first, last, height = 0, labels - 1, 0.0
        while first < last:
            decision = found[number[first, last]]
            leaves = first if decision < 0 else last
            row[leaves] = height
            height += abs(decision)
            first, last = (first + 1, last) if decision < 0 else (first, last - 1)
        row[first] = height
    return logits


def _pair_of(labels: int) -> NDArray[Any]:
    """The number of each pair [shape=(labels, labels)]; 0 where there is none."""
    table = np.zeros((labels, labels), np.int64)
    for place, pair in enumerate(pairs(labels)):
        table[pair] = place
    return table
