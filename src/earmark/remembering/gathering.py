"""What a memory is made of: vectors of music and of made sounds."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from earmark.datasets import Dataset, Track
from earmark.errors import BadDataset
from earmark.features import LogMel
from earmark.features.base import Array
from earmark.features.summary import Summary
from earmark.memory import Numbers
from earmark.sounds import Maker, make
from earmark.splits.groups import group_tracks
from earmark.training.features import open_features

SUMMARY = Summary()
"""The vector that a memory takes of a log-mel."""

SECONDS = 30.0, 10.0, 5.0
"""Lengths of made sounds, and of stretches of music: what is judged is not always 30 s long."""

Places = NDArray[np.int64]
Done = Callable[[], None]
Heard = Callable[[Array], Array]


def unchanged(log_mel: Array) -> Array:
    """That very log-mel."""
    return log_mel


@dataclass(frozen=True)
class Music:
    """Tracks as vectors; n numbers in each.

    Attributes:
        tracks: the tracks.
        names: name of each one's data set.
        vectors: of whole tracks [shape=(tracks, n)].
        stretches: of 10 s of each second track, and of 5 s of the others [shape=(tracks, n)].
        groups: number of each track's group: its artist, where that is known [shape=(tracks,)].
    """

    tracks: Sequence[Track]
    names: Sequence[str]
    vectors: Numbers
    stretches: Numbers
    groups: Places

    def classes(self) -> Places:
        """Number of each track's first label within its data set, −1 if none [shape=(tracks,)]."""
        said = [
            f"{name} {next(iter(track.labels.values()))}" if track.labels else ""
            for name, track in zip(self.names, self.tracks, strict=True)
        ]
        place = {label: i for i, label in enumerate(sorted(set(said) - {""}))}
        return np.array([place.get(label, -1) for label in said])


@dataclass(frozen=True)
class Sounds:
    """Made sounds as vectors.

    Attributes:
        kinds: what they are.
        vectors: of each sound [shape=(sounds, n)].
        codes: number of its kind [shape=(sounds,)].
    """

    kinds: tuple[str, ...]
    vectors: Numbers
    codes: Places


def gather_music(
    datasets: Sequence[Dataset],
    stores: Path,
    *,
    heard: Heard = unchanged,
    seed: int = 0,
    jobs: int = 1,
    done: Done = lambda: None,
) -> Music:
    """Read data sets; their log-mels come from stores, which are made where they are not there.

    Args:
        datasets: the tracks.
        stores: the folder of all stores.
        heard: a log-mel as it is before anything is taken of it; the tagger's own way, that is.
        seed: decides which stretch of a track is taken.
        jobs: worker processes for extraction.
        done: called twice for every track.

    Raises:
        BadDataset: a track cannot be read, or there is none.
        BadFeature: files of this kind give no log-mel.
    """
    tracks: list[Track] = []
    names: list[str] = []
    rows: list[tuple[Array, Array]] = []
    for dataset in datasets:
        store = open_features(dataset, LogMel(), stores, dtype="float16", jobs=jobs, done=done)
        for track in dataset.tracks():
            if track.id in store.failures:
                reason = store.failures[track.id]
                raise BadDataset(f"{dataset.folder}: {track.id} cannot be read: {reason}")
            log_mel = store.read(track.id)
            seconds = SECONDS[1 + len(tracks) % 2]
            part = stretch(log_mel, seconds, random.Random(f"{seed} {dataset.name} {track.id}"))
            rows.append((_vector(log_mel, heard), _vector(part, heard)))
            tracks.append(track)
            names.append(dataset.name)
            done()
    if not tracks:
        raise BadDataset("no data set has a track")
    vectors, stretches = np.array(rows, np.float64).swapaxes(0, 1)
    group_of = {
        id(track): number
        for number, members in enumerate(group_tracks(tracks, ("artist",)).values())
        for track in members
    }
    return Music(
        tracks, names, vectors, stretches, np.array([group_of[id(track)] for track in tracks])
    )


def stretch(log_mel: Array, seconds: float, random: random.Random) -> Array:
    """A part of a log-mel, as it would be if only that had been heard; all of a shorter one."""
    columns = round(seconds * SUMMARY.columns_per_second)
    start = random.randint(0, max(0, log_mel.shape[1] - columns))
    part = log_mel[:, start : start + columns]
    relative: Array = np.maximum(part - part.max(), np.float32(-LogMel().range_db))
    return relative


def gather_sounds(
    makers: Mapping[str, Maker],
    count: int,
    *,
    heard: Heard = unchanged,
    seconds: Sequence[float] = SECONDS,
    seed: int = 0,
    done: Done = lambda: None,
) -> Sounds:
    """Make sounds of each kind.

    Args:
        makers: of the kinds.
        count: how many of each.
        heard: as for `gather_music`.
        seconds: their lengths, in turn.
        seed: another one gives other sounds.
        done: called for every sound.

    Raises:
        EarmarkError: a program that a maker needs is not installed, or fails.
    """
    vectors = []
    for name, maker in makers.items():
        for i in range(count):
            sound = make(maker, name, i, seed=seed, seconds=seconds[i % len(seconds)])
            vectors.append(_vector(LogMel()(sound), heard))
            done()
    codes = np.repeat(np.arange(len(makers)), count)
    return Sounds(tuple(makers), np.array(vectors, np.float64), codes)


def _vector(log_mel: Array, heard: Heard) -> Array:
    return SUMMARY.from_log_mel(heard(log_mel))
