"""Tracks that are worth a listen, each with the reason in words.

A track among strangers may have the wrong label; one far from all may be damaged or something else
than music; one closer to another than tracks ever are may be the same recording. None of it is
proof: `earmark doctor` compares the sound itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from earmark.explore.collection import Collection, Numbers, Places
from earmark.explore.neighbours import Neighbours, nearest, votes
from earmark.features.base import Feature

EACH = 8
"""Tracks of each kind that are shown."""

_STRANGERS = 0.7  # of the neighbours have another label, and one label has most of them
_FAR = 1.5  # times as far from its neighbours as half of all tracks
_CLOSE = 0.3  # of the distance that half of all tracks have to their nearest
_ROUNDING = 1e-6  # of that distance, below which it is none
_MEANT = {
    "chroma": "its notes and chords",
    "harmonic-percussive": "how much of it is tone and how much is beat",
    "mfcc-statistics": "its timbre",
    "modulation": "how fast its loudness pulses",
    "rhythm": "its rhythm",
    "spectral-shape": "its balance of bass and treble",
}  # what the parts of a summary describe, for who does not know their names


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
        said = f"only {own} {'is' if own == 1 else 'are'}" if own else "none is"
        yield Outlier(
            row,
            "among strangers",
            f"labelled {name}, but {others[i, most]} of the {asked[i]} {_tracks(collection)} that "
            f"are most like it are {collection.labels[most]}, and {said} {name}",
        )


def _far(collection: Collection, near: Neighbours) -> Iterator[Outlier]:
    finite = np.isfinite(near.distances)
    reach = np.where(finite, near.distances, 0).sum(axis=1) / np.maximum(finite.sum(axis=1), 1)
    usual = float(np.median(reach))
    deviation = collection.vectors.std(axis=0)
    gaps = (collection.vectors - collection.vectors.mean(axis=0)) / np.where(
        deviation > 0, deviation, np.inf
    )
    for row in np.argsort(-reach, kind="stable")[:EACH]:
        if reach[row] > _FAR * usual:
            yield Outlier(
                int(row),
                "far from all",
                f"the {finite[row].sum()} {_tracks(collection)} that are most like it are "
                f"{reach[row] / usual:.1f} times as far from it as is usual"
                f"{_most(gaps[row], collection.feature)}",
            )


def _tracks(collection: Collection) -> str:
    """The tracks among which neighbours are sought."""
    whose = {"artist": " by other artists", "recording": " of other recordings"}
    return f"tracks{whose.get(collection.by[0], '')}"


def _most(gaps: Numbers, feature: Feature) -> str:
    """The number in which a track is strangest, where numbers have names."""
    names = getattr(feature, "names", ())
    if len(names) != len(gaps):
        return ""
    strangest = int(np.abs(gaps).argmax())
    name, gap = names[strangest], float(gaps[strangest])
    part = name.partition(": ")[0] if ": " in name else feature.name
    where = f"{abs(gap):.1f} standard deviations {'above' if gap > 0 else 'below'} the average"
    said = f"{_MEANT[part]} ({name}, {where})" if part in _MEANT else f"{name} ({where})"
    return f"; most unusual is {said}"


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
        close = "the same in every number"
        if gaps[row] > _ROUNDING * usual:
            close = (
                f"{usual / gaps[row]:.0f} times as near as a usual track and the one most like it"
            )
        friends = "artist" in collection.by and collection.groups[one] == collection.groups[other]
        doubt = ", or two takes by one artist" if friends else ""
        yield Outlier(
            one,
            "all but the same",
            f"the two are {close}: maybe one recording twice{doubt}",
            other,
        )
