"""Tracks that are worth a listen, each with the reason in words.

A track among strangers may have the wrong label; one far from all may be damaged or something else
than music; one closer to another than tracks ever are may be the same recording. None of it is
proof: `earmark doctor` compares the sound itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from earmark.explore.collection import Collection, Numbers, Places
from earmark.explore.neighbours import Neighbours, nearest, votes

EACH = 8
"""Tracks of each kind that are shown."""

_STRANGERS = 0.7  # of the neighbours have another label, and one label has most of them
_FAR = 1.5  # times as far from its neighbours as half of all tracks
_CLOSE = 0.3  # of the distance that half of all tracks have to their nearest


@dataclass(frozen=True)
class Outlier:
    """A track to listen to.

    Attributes:
        row: which, as a row of the collection.
        kind: "among strangers", "far from all" or "all but the same".
        why: the reason, in a sentence.
        other: the track that it is compared with, if it is with one.
    """

    row: int
    kind: str
    why: str
    other: int | None = None

    def to_dict(self, collection: Collection) -> dict[str, Any]:
        """As plain values."""
        track = collection.tracks[self.row]
        return {"track": track.id, "path": str(track.path), "kind": self.kind, "why": self.why}


def find_outliers(collection: Collection, ground: Numbers) -> list[Outlier]:
    """The outliers of each kind, the strangest first.

    Args:
        collection: the tracks.
        ground: where they lie; distances are taken there [shape=(tracks, components)].
    """
    groups = (collection.groups, collection.groups)
    near = nearest(ground, ground, groups=groups)
    found = list(_strangers(collection, near)) if collection.labelled else []
    return [*found, *_far(collection, near), *_same(collection, ground)]


def _strangers(collection: Collection, near: Neighbours) -> Iterator[Outlier]:
    codes = collection.codes
    cast = votes(near, codes, len(collection.labels))
    counts = np.floor(cast + 0.5).astype(int)
    known = np.flatnonzero((codes >= 0) & (counts.sum(axis=1) > 0))
    asked = counts[known].sum(axis=1)
    others = counts[known].copy()
    others[np.arange(len(known)), codes[known]] = 0
    strange = (others.sum(axis=1) > _STRANGERS * asked) & (others.max(axis=1) > asked / 2)
    order = np.lexsort((near.distances[known, 0], -others.max(axis=1), -others.sum(axis=1)))
    for i in [i for i in order if strange[i]][:EACH]:
        row, name = int(known[i]), collection.labels[codes[known[i]]]
        most = int(others[i].argmax())
        own = asked[i] - others[i].sum()
        said = f"{own} of them are" if own else "none of them is"
        yield Outlier(
            row,
            "among strangers",
            f"labelled {name}, but of its {asked[i]} nearest by other artists {others[i, most]} "
            f"are {collection.labels[most]}, and {said} {name}",
        )


def _far(collection: Collection, near: Neighbours) -> Iterator[Outlier]:
    finite = np.isfinite(near.distances)
    reach = np.where(finite, near.distances, 0).sum(axis=1) / np.maximum(finite.sum(axis=1), 1)
    usual = float(np.median(reach))
    names = getattr(collection.feature, "names", ())
    deviation = collection.vectors.std(axis=0)
    gaps = (collection.vectors - collection.vectors.mean(axis=0)) / np.where(
        deviation > 0, deviation, np.inf
    )
    for row in np.argsort(-reach, kind="stable")[:EACH]:
        if reach[row] > _FAR * usual:
            strangest = _most(gaps[row], names)
            yield Outlier(
                int(row),
                "far from all",
                f"its {finite[row].sum()} nearest by other artists are "
                f"{reach[row] / usual:.1f} times as far as those of a usual track{strangest}",
            )


def _most(gaps: Numbers, names: Sequence[str]) -> str:
    """The numbers in which a track is strangest, where they have names."""
    if len(names) != len(gaps):
        return ""
    strangest = np.argsort(-np.abs(gaps), kind="stable")[:2]
    signed = (f"{gaps[i]:+.1f}".replace("-", "−") for i in strangest)
    said = " and ".join(f"{names[i]} ({gap})" for i, gap in zip(strangest, signed, strict=True))
    return f"; strangest, in deviations: {said}"


def _same(collection: Collection, ground: Numbers) -> Iterator[Outlier]:
    """Pairs that lie closer than tracks do, the artist's own among them."""
    itself: Places = np.arange(len(ground))
    near = nearest(ground, ground, 1, groups=(itself, itself))
    gaps, others = near.distances[:, 0], near.places[:, 0]
    usual = float(np.median(gaps))
    told: set[tuple[int, int]] = set()
    for row in np.argsort(gaps, kind="stable"):
        pair = (min(int(row), int(others[row])), max(int(row), int(others[row])))
        if gaps[row] >= _CLOSE * usual or len(told) == EACH:
            return
        if pair in told:
            continue
        told.add(pair)
        one, other = pair
        share = gaps[row] / usual if usual else 0.0
        yield Outlier(
            one,
            "all but the same",
            f"lies {share:.0%} as far from {collection.tracks[other].id} as a usual track from "
            "its nearest: maybe one recording twice",
            other,
        )
