"""Trees, each fitted to what those before it have left (Friedman 2001).

Each is fitted to a part of the train side (Friedman 2002) and splits on a part of the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from earmark.classical.base import Array, Arrays, Fit, two_columns
from earmark.classical.checks import check_share
from earmark.classical.graph import DOUBLE, Graph, Value
from earmark.features.settings import check_counts

_LEAF = -2  # scikit-learn's feature of a leaf


class GradientBoosting:
    """Stochastic gradient boosting."""

    name: ClassVar[str] = "gradient-boosting"

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """The trees. There is nothing to standardize: they see order alone.

        Attributes:
            rounds: trees per label, one per round.
            depth: of a tree.
            rate: how much of a tree is added.
            clips: share of the train side that a tree is fitted to.
            numbers: share of a clip's numbers among which each split is chosen.

        Raises:
            ValueError: a setting is impossible.
        """

        rounds: int = 150
        depth: int = 3
        rate: float = 0.1
        clips: float = 0.5
        numbers: float = 0.02

        def __post_init__(self) -> None:
            check_counts(self, "rounds", "depth")
            for name in ("rate", "clips", "numbers"):
                check_share(self, name)

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def fit(self, inputs: Array, labels: NDArray[np.int64], seed: int) -> Fit:
        """Learn labels by cross-entropy."""
        from sklearn.ensemble import GradientBoostingClassifier

        model = self._fitted(GradientBoostingClassifier, inputs, labels, seed)
        shares = np.bincount(labels) / len(labels)
        if len(shares) == 2:  # one tree per round, for the second label
            base = np.array([0.0, np.log(shares[1] / shares[0])])
            columns = np.array([1])
        else:
            base, columns = np.log(shares), np.arange(len(shares))
        return Fit(
            _arrays(model, base, columns),
            lambda clips: two_columns(model.decision_function(clips)),
        )

    def fit_number(self, inputs: Array, values: Array, seed: int) -> Fit:
        """Learn numbers by squared error."""
        from sklearn.ensemble import GradientBoostingRegressor

        model = self._fitted(GradientBoostingRegressor, inputs, values, seed)
        arrays = _arrays(model, np.array([values.mean()]), np.array([0]))
        return Fit(arrays, lambda clips: model.predict(clips)[:, None])

    def _fitted(self, kind: Any, inputs: Array, targets: NDArray[Any], seed: int) -> Any:
        settings = self.settings
        model = kind(
            n_estimators=settings.rounds,
            max_depth=settings.depth,
            learning_rate=settings.rate,
            subsample=settings.clips,
            max_features=settings.numbers,
            random_state=seed,
        )
        return model.fit(inputs, targets)

    @staticmethod
    def logits(graph: Graph, inputs: Value, arrays: Arrays) -> Value:
        """The sum of the leaves that a clip falls into."""
        from onnx import numpy_helper

        leaf = arrays["features"] == _LEAF
        node = _within_tree(arrays["trees"])
        tensors = {
            "nodes_values_as_tensor": np.where(leaf, 0.0, arrays["thresholds"]),
            "base_values_as_tensor": arrays["base"],
            "target_weights_as_tensor": arrays["values"][leaf],
        }
        sums = graph(
            "TreeEnsembleRegressor",
            inputs,
            domain="ai.onnx.ml",
            aggregate_function="SUM",
            post_transform="NONE",
            n_targets=len(arrays["base"]),
            nodes_treeids=arrays["trees"].tolist(),
            nodes_nodeids=node.tolist(),
            nodes_featureids=np.where(leaf, 0, arrays["features"]).tolist(),
            nodes_modes=np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
            nodes_truenodeids=np.where(leaf, 0, arrays["lefts"]).tolist(),
            nodes_falsenodeids=np.where(leaf, 0, arrays["rights"]).tolist(),
            target_treeids=arrays["trees"][leaf].tolist(),
            target_nodeids=node[leaf].tolist(),
            target_ids=arrays["columns"][arrays["trees"][leaf]].tolist(),
            **{name: numpy_helper.from_array(array, name) for name, array in tensors.items()},
        )
        return graph("Cast", sums, to=DOUBLE)  # it adds in float64, and gives float32


def _arrays(model: Any, base: Array, columns: NDArray[Any]) -> Arrays:
    """All trees one after the other.

    Args:
        model: fitted.
        base: what their sum is added to, by column.
        columns: to which the trees of a round belong.
    """
    estimators = model.estimators_  # [shape=(rounds, columns)]
    trees = [one.tree_ for one in estimators.ravel()]
    return {
        "base": base,
        "columns": np.tile(columns, len(estimators)),
        "trees": np.repeat(np.arange(len(trees)), [tree.node_count for tree in trees]),
        "features": np.concatenate([tree.feature for tree in trees]),
        "thresholds": np.concatenate([tree.threshold for tree in trees]),
        "lefts": np.concatenate([tree.children_left for tree in trees]),
        "rights": np.concatenate([tree.children_right for tree in trees]),
        "values": np.concatenate([tree.value.ravel() for tree in trees]) * model.learning_rate,
    }


def _within_tree(trees: NDArray[Any]) -> NDArray[Any]:
    """The number of each node within its tree."""
    return np.arange(len(trees)) - np.searchsorted(trees, trees)
