"""What is explored: the tracks of a data set as vectors, with labels and with who plays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from earmark.datasets import Dataset, Kind, Track
from earmark.errors import BadDataset
from earmark.features import LogMel
from earmark.features.base import Feature
from earmark.splits.groups import GROUPINGS, Grouping, group_tracks, key
from earmark.store import Store
from earmark.training.features import open_features

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]

FEWEST = 8
"""Tracks that there must be: of fewer no map says anything."""


@dataclass(frozen=True)
class Collection:
    """Tracks as vectors.

    Attributes:
        name: of the data set; of its folder where that is the user's own.
        kind: what its files are.
        output: the question that the labels answer; None if there are none.
        tracks: those that could be read.
        vectors: a row per track [shape=(tracks, numbers)].
        labels: names of labels, those of most tracks first.
        codes: number of each track's label, −1 where it has none [shape=(tracks,)].
        by: what tracks of one group share.
        groups: number of each track's group, such as its artist [shape=(tracks,)].
        spectra: mean level in dB over time in each band of the default log-mel
            [shape=(tracks, bands)]; None for pictures, whose scale is not known.
        failures: the reason by track of those that could not be read.
        feature: what the vectors are of.
    """

    name: str
    kind: Kind
    output: str | None
    tracks: Sequence[Track]
    vectors: Numbers
    labels: Sequence[str]
    codes: Places
    by: Sequence[Grouping]
    groups: Places
    spectra: Numbers | None
    failures: dict[str, str]
    feature: Feature

    @property
    def labelled(self) -> bool:
        """Whether there are labels to tell apart."""
        return len(self.labels) > 1

    def counts(self) -> Places:
        """Tracks of each label [shape=(labels,)]."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.labels))


def gather(
    dataset: Dataset,
    feature: Feature,
    stores: Path,
    *,
    output: str | None = None,
    jobs: int = 1,
    progress: Callable[[int], Callable[[], None]] = lambda _: lambda: None,
) -> Collection:
    """Read a data set; features come from stores, which are made where they are not there.

    Args:
        dataset: the tracks.
        feature: what vectors are made of, as `vector` says.
        stores: the folder of all stores.
        output: whose labels; if None, the first of which two tracks share one.
        jobs: worker processes.
        progress: told the number of steps; gives what is called after each.

    Raises:
        BadDataset: too few tracks can be read, or none has a label of the output.
        BadFeature: files of this kind cannot give the feature.
    """
    tracks = dataset.tracks()
    output = _output(dataset, tracks, output)
    spectra_too = dataset.kind != "image"
    done = progress(len(tracks) * (1 + spectra_too))
    store = open_features(dataset, feature, stores, jobs=jobs, done=done)
    log_mels = None
    if spectra_too:
        log_mels = open_features(dataset, LogMel(), stores, dtype="float16", jobs=jobs, done=done)
    failures = dict(store.failures) | (log_mels.failures if log_mels else {})
    read = [track for track in tracks if track.id not in failures]
    if len(read) < FEWEST:
        why = next((f"; {name}: {reason}" for name, reason in failures.items()), "")
        raise BadDataset(
            f"{dataset.folder}: {len(read)} tracks can be read, and {FEWEST} are needed{why}"
        )
    return collect(
        dataset.name if dataset.source != "your own" else dataset.folder.resolve().name,
        dataset.kind,
        read,
        np.stack([vector(store, track.id) for track in read]),
        output=output,
        spectra=None if log_mels is None else _spectra(log_mels, read),
        failures={name: reason or "unknown" for name, reason in failures.items()},
        feature=feature,
    )


def collect(
    name: str,
    kind: Kind,
    tracks: Sequence[Track],
    vectors: Numbers,
    *,
    output: str | None,
    feature: Feature,
    spectra: Numbers | None = None,
    failures: dict[str, str] | None = None,
) -> Collection:
    """Tracks and their vectors as a collection."""
    named = [track.labels.get(output) if output else None for track in tracks]
    counts = Counter(label for label in named if label is not None)
    labels = sorted(counts, key=lambda label: (-counts[label], label))
    place = {label: i for i, label in enumerate(labels)}
    by = tuple(
        grouping
        for grouping in GROUPINGS
        if grouping in ("artist", "recording") and any(key(track, grouping) for track in tracks)
    ) or ("track",)
    group_of = {
        track.id: number
        for number, members in enumerate(group_tracks(tracks, by).values())
        for track in members
    }
    return Collection(
        name=name,
        kind=kind,
        output=output,
        tracks=tracks,
        vectors=vectors,
        labels=labels,
        codes=np.array([-1 if label is None else place[label] for label in named]),
        by=by,
        groups=np.array([group_of[track.id] for track in tracks]),
        spectra=spectra,
        failures=failures or {},
        feature=feature,
    )


def vector(store: Store, track: str) -> Numbers:
    """A track's feature as one row of numbers.

    What has no time axis is taken as it is; of the others mean and deviation over time of every
    band are taken [shape=(2 · bands,)].
    """
    values = store.read(track).astype(np.float64)
    axis = store.feature.time_axis
    if axis is None:
        return values.ravel()
    return np.concatenate([values.mean(axis).ravel(), values.std(axis).ravel()])


def _spectra(log_mels: Store, tracks: Sequence[Track]) -> Numbers:
    """Mean level of each band over time [shape=(tracks, bands)]."""
    return np.stack([log_mels.read(t.id).mean(axis=1, dtype=np.float64) for t in tracks])


def _output(dataset: Dataset, tracks: Sequence[Track], wanted: str | None) -> str | None:
    """The output whose labels are shown.

    Raises:
        BadDataset: no track has a label of the one that is wanted.
    """
    known: dict[str, Counter[str]] = {}
    for track in tracks:
        for name, label in track.labels.items():
            known.setdefault(name, Counter())[label] += 1
    if wanted is None:
        shared = [name for name, counts in known.items() if max(counts.values()) > 1]
        return next((name for name in (*dataset.outputs, *shared) if name in shared), None)
    if wanted not in known:
        listed = ", ".join(known) or "none"
        raise BadDataset(f"{dataset.name}: no track has a label for {wanted!r}; known: {listed}")
    return wanted
