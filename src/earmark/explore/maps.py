"""Maps of tracks, and how well each tells labels apart, on what it was fitted on and held out.

A method that was given the labels (LDA) sets apart whatever it was fitted on. Each is therefore
judged twice: as drawn, fitted on all tracks; and held out, fitted on two thirds of them and judged
on the last third, in turn, where no artist is on both sides. A neighbour that votes is never by the
same artist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from earmark.errors import BadSplit
from earmark.evaluation.intervals import Interval, bootstrap_interval
from earmark.explore.collection import Collection, Numbers, Places
from earmark.explore.neighbours import nearest, silhouettes, votes
from earmark.explore.projections import DIMENSIONS, METHODS, Ground, Lda, Pca, Umap, known
from earmark.splits.making import divide

FOLDS = 3


@dataclass(frozen=True)
class Map:
    """Tracks in two or three dimensions.

    Attributes:
        method: a key of `METHODS`.
        dimensions: 2 or 3.
        held_out: whether it was fitted on other tracks than it shows.
        rows: which tracks it shows, as rows of the collection.
        places: where they lie [shape=(rows, dimensions)].
        axes: name and unit of each axis.
    """

    method: str
    dimensions: int
    held_out: bool
    rows: Places
    places: Numbers
    axes: Sequence[tuple[str, str]]

    @property
    def title(self) -> str:
        """Such as "LDA in 3-D, held-out tracks"."""
        shown = ", held-out tracks" if self.held_out else ""
        return f"{METHODS[self.method]} in {self.dimensions}-D{shown}"


@dataclass(frozen=True)
class Score:
    """How well labels lie apart, in one of two ways.

    Attributes:
        silhouette: the mean over tracks, from −1 to 1.
        accuracy: share of tracks whose nearest neighbours by other artists vote for their label.
        interval: 95 % of the accuracy, by bootstrap over groups.
        right: of each labelled track, whether it was [shape=(tracks,)].
    """

    silhouette: float
    accuracy: float
    interval: Interval | None
    right: Numbers

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "silhouette": round(self.silhouette, 4),
            "knn_accuracy": round(self.accuracy, 4),
            "interval": self.interval and [round(value, 4) for value in self.interval],
        }


@dataclass(frozen=True)
class Judged:
    """A method with its scores; `dimensions` is 0 for the ground that all of them start from.

    Attributes:
        title: what tables call it.
        method: a key of `METHODS`, or "ground".
        dimensions: of its map.
        drawn: fitted on what is judged.
        held_out: fitted on other artists; None where there are too few.
    """

    title: str
    method: str
    dimensions: int
    drawn: Score
    held_out: Score | None


@dataclass(frozen=True)
class Maps:
    """All maps of a collection.

    Attributes:
        components: of the ground.
        maps: as drawn, and held out for LDA.
        judged: a row per method; empty without labels.
        whole: distances that outliers are sought in: the ground of all tracks.
        held_out_missing: why nothing could be held out; "" where it could.
    """

    components: int
    maps: Sequence[Map]
    judged: Sequence[Judged]
    whole: Numbers
    held_out_missing: str = ""

    def find(self, method: str, dimensions: int, *, held_out: bool = False) -> Map | None:
        """One of the maps, if it was made."""
        wanted = (method, dimensions, held_out)
        return next((m for m in self.maps if (m.method, m.dimensions, m.held_out) == wanted), None)


class _Fitted:
    """All methods, fitted on some rows."""

    def __init__(self, collection: Collection, rows: Places) -> None:
        vectors, codes = collection.vectors[rows], collection.codes[rows]
        self.ground = Ground.fit(vectors)
        self.rows, self.places = rows, self.ground(vectors)
        labelled = (
            len(np.unique(codes[codes >= 0])) > 1 and np.bincount(codes[codes >= 0]).max() > 1
        )
        self.methods: dict[str, Pca | Umap | Lda] = {}
        for name in known(list(METHODS), labelled=labelled):
            if name == "pca":
                self.methods[name] = Pca(self.ground.shares)
            elif name == "umap":
                self.methods[name] = Umap(self.places)
            else:
                self.methods[name] = Lda(self.places, codes)

    def own(self, method: str, dimensions: int) -> Numbers:
        """Places of the rows that it was fitted on."""
        if dimensions == 0:
            return self.places
        fitted = self.methods[method]
        if isinstance(fitted, Umap):
            return fitted.fitted(dimensions)
        return fitted(self.places, dimensions)

    def others(self, method: str, dimensions: int, vectors: Numbers) -> Numbers:
        """Places of other tracks."""
        placed = self.ground(vectors)
        return placed if dimensions == 0 else self.methods[method](placed, dimensions)


def make_maps(collection: Collection) -> Maps:
    """Fit all methods on all tracks and, where there are labels, on parts of them."""
    everything = np.arange(len(collection.tracks))
    whole = _Fitted(collection, everything)
    maps = [
        Map(name, n, False, everything, whole.own(name, n), method.axes(n))
        for name, method in whole.methods.items()
        for n in DIMENSIONS
    ]
    if not collection.labelled:
        return Maps(whole.places.shape[1], maps, [], whole.places)
    try:
        folds, missing = _folds(collection), ""
    except BadSplit as error:
        folds, missing = [], str(error)
    parts = [(_Fitted(collection, np.setdiff1d(everything, held)), held) for held in folds]
    kinds = [("ground", 0), *((name, n) for name in whole.methods for n in DIMENSIONS)]
    if (discriminants := len(collection.labels) - 1) > max(DIMENSIONS):
        kinds.append(("lda", discriminants))  # what is lost by drawing
    judged = [
        Judged(
            _title(name, n, whole.places.shape[1]),
            name,
            n,
            _as_drawn(collection, whole.own(name, n)),
            _held_out(collection, parts, name, n),
        )
        for name, n in kinds
        if all(name in (*part.methods, "ground") for part, _ in parts)
    ]
    if parts and "lda" in parts[0][0].methods:
        part, held = parts[0]
        maps += [
            Map(
                "lda",
                n,
                True,
                held,
                _turned(part.others("lda", n, collection.vectors[held]), whole.own("lda", n)[held]),
                part.methods["lda"].axes(n),
            )
            for n in DIMENSIONS
        ]
    return Maps(whole.places.shape[1], maps, judged, whole.places, missing)


def _turned(places: Numbers, model: Numbers) -> Numbers:
    """Mirrored along those axes that run against a model's; no axis has a sign of its own."""
    against = ((places - places.mean(axis=0)) * model).sum(axis=0) < 0
    return np.where(against, -places, places)


def lead(
    judged: Sequence[Judged], groups: Places
) -> tuple[Judged, Judged, float, Interval | None] | None:
    """The methods that are best and second when held out, and by how much the best leads.

    A method counts by the better of its maps. The interval draws groups for both at once, which
    were judged on the same tracks.
    """
    best: dict[str, Judged] = {}
    for row in judged:
        if row.held_out is None or row.dimensions not in DIMENSIONS:
            continue
        now = best.get(row.method)
        if now is None or now.held_out is None or row.held_out.accuracy > now.held_out.accuracy:
            best[row.method] = row
    order = sorted(best.values(), key=lambda row: -(row.held_out or row.drawn).accuracy)
    if len(order) < 2 or order[0].held_out is None or order[1].held_out is None:
        return None
    gap = order[0].held_out.right - order[1].held_out.right
    interval = bootstrap_interval(lambda rows: float(gap[rows].mean()), groups)
    return order[0], order[1], float(gap.mean()), interval


def _title(method: str, dimensions: int, components: int) -> str:
    if dimensions == 0:
        return f"no map ({components} components)"
    drawn = dimensions in DIMENSIONS
    return f"{METHODS[method]}, {dimensions}-D" if drawn else f"LDA, all {dimensions} discriminants"


def _folds(collection: Collection) -> list[Places]:
    """The rows of each fold; no group is in two of them."""
    shares = {f"fold-{i}": 1 / FOLDS for i in range(FOLDS)}
    place = {track.id: i for i, track in enumerate(collection.tracks)}
    sides = divide(collection.tracks, shares, by=collection.by, output=collection.output)
    return [np.array(sorted(place[track.id] for track in side)) for side in sides.values()]


def _as_drawn(collection: Collection, places: Numbers) -> Score:
    known = np.flatnonzero(collection.codes >= 0)
    codes, groups = collection.codes[known], collection.groups[known]
    near = nearest(places[known], places[known], groups=(groups, groups))
    cast = votes(near, codes, len(collection.labels))
    return _score(silhouettes(places[known], codes), cast, codes, groups)


def _held_out(
    collection: Collection, parts: Sequence[tuple[_Fitted, Places]], method: str, dimensions: int
) -> Score | None:
    """Every track judged once, by a map that was fitted on other artists."""
    if not parts:
        return None
    values = np.full(len(collection.tracks), np.nan)
    cast = np.zeros((len(collection.tracks), len(collection.labels)))
    for part, held in parts:
        known = held[collection.codes[held] >= 0]
        places = part.others(method, dimensions, collection.vectors[known])
        near = nearest(places, part.own(method, dimensions))
        cast[known] = votes(near, collection.codes[part.rows], len(collection.labels))
        values[known] = silhouettes(places, collection.codes[known])
    known = np.flatnonzero(collection.codes >= 0)
    return _score(values[known], cast[known], collection.codes[known], collection.groups[known])


def _score(values: Numbers, cast: Numbers, codes: Places, groups: Places) -> Score:
    right = ((cast.argmax(axis=1) == codes) & (cast.max(axis=1) > 0)).astype(np.float64)
    interval = bootstrap_interval(lambda rows: float(right[rows].mean()), groups)
    return Score(float(values.mean()), float(right.mean()), interval, right)
