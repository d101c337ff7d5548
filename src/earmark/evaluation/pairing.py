"""Do two models differ, or is it chance? McNemar's exact test, and the same for whole groups.

McNemar (1947): of the tracks that only one of two models got right, each is as likely to be the
one's as the other's if the models are equally good. Tracks by one artist are not independent,
though; so for groups, the signs of the groups' differences are what chance draws: a permutation
test that is McNemar's exact one where every group is a single track.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.evaluation.answers import Answers

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Paired:
    """Two models on the same tracks.

    Attributes:
        n_tracks: how many.
        first_only: tracks that only the first model got right.
        second_only: tracks that only the second got right.
        p_value: of McNemar's exact test, two-sided, tracks being independent.
        p_value_grouped: of the same over artists, whose tracks may hang together.
    """

    n_tracks: int
    first_only: tuple[str, ...]
    second_only: tuple[str, ...]
    p_value: float
    p_value_grouped: float

    def to_dict(self) -> dict[str, Any]:
        """The comparison as one JSON object."""
        return {
            "n_tracks": self.n_tracks,
            "first_only": list(self.first_only),
            "second_only": list(self.second_only),
            "p_value": self.p_value,
            "p_value_grouped": self.p_value_grouped,
        }


def pair(first: Answers, second: Answers) -> Paired:
    """Compare two models, track by track; clips are averaged first.

    Raises:
        ValueError: they answer different questions, not of classes, or judged different tracks.
    """
    if first.kind != "classes" or (first.output, first.kind) != (second.output, second.kind):
        raise ValueError("only answers to one question, of which one answer is right, are paired")
    one, other = first.per_track(), second.per_track()
    place = {track: i for i, track in enumerate(other.tracks)}
    if place.keys() != set(one.tracks):
        raise ValueError("they judged different tracks")
    other = other.rows(np.array([place[track] for track in one.tracks]))
    true = [
        [part.labels[i] for i in part.truth] for part in (one, other)
    ]  # the models may list their labels in different orders
    if true[0] != true[1]:
        raise ValueError("the same tracks have different labels in them")
    ours, theirs = one.right, other.right
    return Paired(
        n_tracks=len(one),
        first_only=tuple(one.tracks[i] for i in np.flatnonzero(ours & ~theirs)),
        second_only=tuple(one.tracks[i] for i in np.flatnonzero(theirs & ~ours)),
        p_value=mcnemar(ours, theirs),
        p_value_grouped=mcnemar(ours, theirs, one.groups),
    )


def mcnemar(first: Flags, second: Flags, groups: NDArray[np.int64] | None = None) -> float:
    """Two-sided exact p-value of "both are equally often right".

    Args:
        first: whether the one model was right [shape=(rows,)].
        second: whether the other was.
        groups: number of each row's group; None for rows that are independent.

    Returns:
        The chance that |Σ ±dₖ| is at least as large as |Σ dₖ|, with dₖ how many more rows of group
        k the first model got right, and either sign as likely as the other.
    """
    rows = np.arange(len(first)) if groups is None else groups
    surplus = first.astype(np.int64) - second.astype(np.int64)
    differences = np.bincount(rows, weights=surplus).round().astype(np.int64)
    steps = np.abs(differences[differences != 0])
    reach = int(steps.sum())
    chances = np.zeros(2 * reach + 1)  # of each sum from −reach to reach
    chances[reach] = 1.0
    for step in steps:
        chances = (np.roll(chances, step) + np.roll(chances, -step)) / 2
    sums = np.abs(np.arange(-reach, reach + 1))
    return min(1.0, float(chances[sums >= abs(int(differences.sum()))].sum()))
