"""Who lies near whom, and what that says: neighbours by other artists, their vote, silhouettes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from earmark.explore.collection import Numbers, Places

COUNT = 10
"""Neighbours that are asked."""

_ROWS = 512  # whose distances to all others are held at a time


class Neighbours(NamedTuple):
    """The nearest of each point, the nearest first.

    Attributes:
        places: their rows [shape=(points, count)].
        distances: how far they are, infinite where there is none [shape=(points, count)].
    """

    places: Places
    distances: Numbers


def nearest(
    points: Numbers,
    among: Numbers,
    count: int = COUNT,
    *,
    groups: tuple[Places, Places] | None = None,
) -> Neighbours:
    """The nearest of each point by Euclidean distance.

    Args:
        points: whose neighbours are sought [shape=(points, dimensions)].
        among: who can be one [shape=(others, dimensions)].
        count: how many; fewer where there are fewer others.
        groups: group of each point and of each other; those of a point's own group, itself among
            them, are none of its neighbours.
    """
    count = min(count, len(among))
    squares = np.einsum("ij,ij->i", among, among)
    places = np.empty((len(points), count), np.int64)
    distances = np.empty((len(points), count))
    for start in range(0, len(points), _ROWS):
        rows = slice(start, start + _ROWS)
        some = points[rows]
        gaps = np.einsum("ij,ij->i", some, some)[:, None] + squares - 2 * some @ among.T
        gaps = np.maximum(gaps, 0)  # rounding
        if groups is not None:
            gaps[groups[0][rows, None] == groups[1]] = np.inf
        found = np.argpartition(gaps, count - 1, axis=1)[:, :count]
        order = np.argsort(np.take_along_axis(gaps, found, 1), axis=1, kind="stable")
        places[rows] = np.take_along_axis(found, order, 1)
        distances[rows] = np.sqrt(np.take_along_axis(gaps, places[rows], 1))
    return Neighbours(places, distances)


def votes(near: Neighbours, codes: Places, labels: int) -> Numbers:
    """How many neighbours have each label [shape=(points, labels)].

    A nearer one counts a millionth more, so that it decides where others are equal.

    Args:
        near: the neighbours.
        codes: number of each other's label, −1 for none [shape=(others,)].
        labels: how many labels there are.
    """
    said = np.where(np.isfinite(near.distances), codes[near.places], -1)
    count = said.shape[1]
    cast = np.zeros((len(said), labels))
    for rank in range(count):
        rows = np.flatnonzero(said[:, rank] >= 0)
        cast[rows, said[rows, rank]] += 1 + 1e-6 * (count - rank) / count
    return cast


def silhouettes(points: Numbers, codes: Places) -> Numbers:
    """(b − a) / max(a, b) of each point (Rousseeuw 1987) [shape=(points,)].

    a is its mean distance to others of its label and b that to the nearest other label; 1 is well
    apart, 0 between two, below 0 nearer to another. It is 0 for the only one of its label.
    """
    labels = int(codes.max()) + 1
    member = np.eye(labels)[codes]
    sizes = member.sum(axis=0)
    squares = np.einsum("ij,ij->i", points, points)
    sums = np.empty((len(points), labels))
    for start in range(0, len(points), _ROWS):
        some = points[start : start + _ROWS]
        gaps = squares[start : start + _ROWS, None] + squares - 2 * some @ points.T
        gaps[np.arange(len(some)), start + np.arange(len(some))] = 0
        sums[start : start + _ROWS] = np.sqrt(np.maximum(gaps, 0)) @ member
    own = np.arange(len(points)), codes
    with np.errstate(invalid="ignore", divide="ignore"):
        within = sums[own] / (sizes[codes] - 1)
        means = sums / sizes
        means[:, sizes == 0] = np.inf
        means[own] = np.inf
        across = means.min(axis=1)
        values = (across - within) / np.maximum(within, across)
    return np.where(sizes[codes] > 1, np.nan_to_num(values), 0.0)
