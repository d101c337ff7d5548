"""Correlation of tracks within and across labels, as `liu2017` draws it of five songs each.

What is correlated are standardized vectors, so that r tells how alike two tracks differ from the
average one. Tracks by one artist are alike for more reasons than their label, and are no pair.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from earmark.explore.collection import Collection, Numbers, Places

EACH = 5
"""Tracks of each label in the plot, as in the paper."""

MOST_LABELS = 12
"""Labels that plots show; the others are in the tables."""


@dataclass(frozen=True)
class Correlation:
    """What was correlated.

    Attributes:
        labels: names of labels, or one name for all tracks where there are none.
        means: mean of r over pairs of tracks of two labels, by different artists; no number where
            there is no such pair [shape=(labels, labels)].
        rows: the tracks of the plot, label by label, as rows of the collection.
        borders: where in `rows` each label begins, and the last ends.
        matrix: r of each pair of them [shape=(rows, rows)].
    """

    labels: Sequence[str]
    means: Numbers
    rows: Places
    borders: Sequence[int]
    matrix: Numbers

    @property
    def within(self) -> float:
        """Mean of the means of pairs of one label; no number where there is no such pair."""
        return _mean(np.diag(self.means))

    @property
    def across(self) -> float:
        """Mean of the means of pairs of two labels; no number where there is one label."""
        return _mean(self.means[~np.eye(len(self.means), dtype=bool)])

    def to_dict(self) -> dict[str, Any]:
        """The means as plain values; None where there is no pair."""
        rows = [[None if np.isnan(r) else round(float(r), 4) for r in row] for row in self.means]
        return {"labels": list(self.labels), "means": rows}


def correlate(collection: Collection) -> Correlation:
    """Correlate all tracks by sums over labels, and a few of each label one by one."""
    unit = _unit(collection.vectors)
    labels, codes = collection.labels, collection.codes
    if not collection.labelled:
        labels, codes = ["all tracks"], np.zeros(len(unit), np.int64)
    means = mean_correlations(unit, codes, collection.groups, len(labels))
    each = EACH if len(labels) > 1 else 4 * EACH
    chosen = [
        _some(collection, np.flatnonzero(codes == code), each)
        for code in range(min(len(labels), MOST_LABELS))
    ]
    rows = np.concatenate(chosen)
    borders = np.cumsum([0, *map(len, chosen)]).tolist()
    return Correlation(labels, means, rows, borders, unit[rows] @ unit[rows].T)


def mean_correlations(unit: Numbers, codes: Places, groups: Places, labels: int) -> Numbers:
    """Mean of r over pairs of different groups, for each two labels [shape=(labels, labels)].

    The sum of u·v over all pairs is the product of the sums; those within groups are taken off.
    """
    member = np.eye(labels)[codes] * (codes >= 0)[:, None]
    sums, counts = member.T @ unit, member.sum(axis=0)
    total, pairs = sums @ sums.T, np.outer(counts, counts)
    order = np.argsort(groups, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(groups[order])) + 1):
        own = member[rows].T @ unit[rows]
        total -= own @ own.T
        size = member[rows].sum(axis=0)
        pairs -= np.outer(size, size)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(pairs > 0.5, total / pairs, np.nan))


def _mean(values: Numbers) -> float:
    there = values[np.isfinite(values)]
    return float(there.mean()) if len(there) else float("nan")


def _unit(vectors: Numbers) -> Numbers:
    """Standardized vectors without their mean and of length one, whose products are Pearson's r."""
    deviation = vectors.std(axis=0)
    standard = (vectors - vectors.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    centred = standard - standard.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.asarray(centred / np.where(length > 0, length, 1))


def _some(collection: Collection, rows: Places, count: int) -> Places:
    """A few rows as if drawn at random, the same every time, by as many artists as there are."""
    drawn = sorted(rows, key=lambda row: _draw(collection.tracks[row].id))
    seen: dict[int, int] = {}
    turns = []
    for row in drawn:
        turn = seen[collection.groups[row]] = seen.get(collection.groups[row], 0) + 1
        turns.append(turn)
    order = np.argsort(turns, kind="stable")[:count]
    return np.array(drawn, dtype=np.int64)[order]


def _draw(name: str) -> bytes:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
