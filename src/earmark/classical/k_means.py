"""Clusters of the train side (Lloyd 1982), each of which answers one label.

A clip is given the label of the nearest cluster; a label lies as far away as the nearest of its
clusters. Votes assign labels: a cluster answers what most of its clips are ("majority"), or each
label is given to one cluster so that most clips are right ("one-to-one", which wants as many
clusters as labels). A label that no cluster answers is never given; its logit is below all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from earmark.classical import base
from earmark.classical.base import Array, Arrays, Fit, squared_distances
from earmark.classical.graph import Graph, Value
from earmark.features.settings import check_choice, check_counts

_FARTHER = 16.0  # by how much a label without clusters is farther than the farthest


class KMeans:
    """k-means with cluster-to-label assignment."""

    name: ClassVar[str] = "k-means"

    @dataclass(frozen=True, kw_only=True)
    class Settings(base.Settings):
        """How many clusters, and how they get labels.

        Attributes:
            clusters: per label; as many in all as there are labels times this, or clips if those
                are fewer.
            assignment: "majority" or "one-to-one".
            starts: how many times it begins anew, of which the tightest clusters are kept.

        Raises:
            ValueError: a setting is impossible.
        """

        clusters: int = 16
        assignment: str = "majority"
        starts: int = 4

        def __post_init__(self) -> None:
            check_counts(self, "clusters", "starts")
            check_choice(self, "assignment", ("majority", "one-to-one"))
            if self.assignment == "one-to-one" and self.clusters != 1:
                raise ValueError("assignment one-to-one wants clusters = 1, a cluster per label")

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def fit(self, inputs: Array, labels: NDArray[np.int64], seed: int) -> Fit:
        """Find clusters without labels, then label them."""
        from sklearn.cluster import KMeans as Clusters

        count = labels.max() + 1
        distinct = len(np.unique(inputs, axis=0))  # more clusters than these would be empty
        model = Clusters(
            min(count * self.settings.clusters, distinct),
            n_init=self.settings.starts,
            random_state=seed,
        ).fit(inputs)
        found = np.zeros((model.n_clusters, count))
        np.add.at(found, (model.labels_, labels), 1)
        answers = assign(found, self.settings.assignment)

        def answer(clips: Array) -> Array:
            return label_logits(model.transform(clips), answers, count)

        arrays = {"centres": model.cluster_centers_, "answers": answers, "labels": np.array(count)}
        return Fit(arrays, answer)

    @staticmethod
    def logits(graph: Graph, inputs: Value, arrays: Arrays) -> Value:
        """Minus the distance to each label's nearest cluster."""
        squares = squared_distances(graph, inputs, arrays["centres"])
        near = graph("Neg", graph("Sqrt", squares))
        floor = graph("ReduceMin", near, np.array([1]), keepdims=1)
        floor = graph("Sub", floor, np.float64(_FARTHER))
        columns = []
        for label in range(int(arrays["labels"])):
            own = np.flatnonzero(arrays["answers"] == label)
            if len(own):
                of_label = graph("Gather", near, own, axis=1)
                columns.append(graph("ReduceMax", of_label, np.array([1]), keepdims=1))
            else:
                columns.append(floor)
        return graph("Concat", *columns, axis=1)


def assign(found: Array, assignment: str) -> NDArray[np.int64]:
    """The label of each cluster, by how many clips of each label are in it.

    Args:
        found: counts [shape=(clusters, labels)].
        assignment: "majority" or "one-to-one" (Kuhn 1955).
    """
    answers: NDArray[np.int64] = found.argmax(axis=1)
    if assignment == "one-to-one":
        from scipy.optimize import linear_sum_assignment

        clusters, labels = linear_sum_assignment(found, maximize=True)
        answers[clusters] = labels
    return answers


def label_logits(distances: Array, answers: NDArray[np.int64], labels: int) -> Array:
    """Minus the distance to each label's nearest cluster [shape=(clips, labels)].

    Args:
        distances: to each cluster [shape=(clips, clusters)].
        answers: the label of each cluster.
        labels: how many there are.
    """
    logits = np.repeat(-distances.max(axis=1, keepdims=True) - _FARTHER, labels, axis=1)
    for label in np.unique(answers):
        logits[:, label] = -distances[:, answers == label].min(axis=1)
    return logits
