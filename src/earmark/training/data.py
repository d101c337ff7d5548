"""Tracks with labels, on sides, in feature stores; and their clips.

Clips are read from the memory-mapped store when their turn comes. Some stay in memory, up to a
fixed size: opening a file costs as much as a small network's pass over what is in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.bundle import OutputKind
from earmark.classifier import SHORTEST_SECONDS
from earmark.clips import Clips
from earmark.datasets import Dataset, Track, open_dataset
from earmark.errors import BadDataset, BadRecipe, BadSplit, UnreadableFile
from earmark.features.base import Feature
from earmark.splits import Split, check_disjoint, divide, groups, side, split_checksum
from earmark.store import Store
from earmark.training.features import open_features
from earmark.training.recipe import Data

Array = NDArray[np.float32]
HELD_BYTES = 512 << 20
"""How much of its clips a set keeps in memory."""

INNER = {"train": 0.85, "valid": 0.15}
"""How the tracks outside a fold are divided into those learnt from and those that choose."""

_JUDGED_AT_ONCE = 32  # clips


@dataclass(frozen=True)
class OutputSpec:
    """A question that a network learns to answer.

    Attributes:
        name: what recipes and bundles call it.
        kind: what its answers are.
        labels: the possible answers; its own name for a number.
    """

    name: str
    kind: OutputKind
    labels: tuple[str, ...]

    def truth(self, track: Track) -> Any:
        """What is true of a track: index of the label, 0 or 1 per tag, or the number."""
        if self.kind == "classes":
            return self.labels.index(track.labels[self.name])
        if self.kind == "tags":
            return [int(label in track.tags) for label in self.labels]
        return track.values[self.name]

    def target(self, track: Track, smoothing: float = 0.0) -> Array:
        """What is learnt of a track [shape=(labels,)]; smoothing spreads some of it over all."""
        truth = self.truth(track)
        if self.kind != "classes":
            return np.atleast_1d(np.asarray(truth, np.float32))
        count = len(self.labels)
        one_hot = np.eye(count, dtype=np.float32)[truth]
        smoothed: Array = one_hot * (1 - smoothing) + np.float32(smoothing / count)
        return smoothed


@dataclass(frozen=True)
class Item:
    """A track that is learnt from or judged.

    Attributes:
        track: with its labels.
        store: where its feature is.
        clips: which of its clips, counted from 0; None for all.
    """

    track: Track
    store: Store
    clips: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Sides:
    """What is learnt from and what is judged.

    Attributes:
        train: what is learnt from.
        valid: what is judged after each epoch, and what epoch and temperature are chosen on.
        outputs: the questions.
        judged: what is judged at the end, once; None judges `valid`.
        heard: what the weights were learnt from beforehand, without labels.
    """

    train: Sequence[Item]
    valid: Sequence[Item]
    outputs: tuple[OutputSpec, ...]
    judged: Sequence[Item] | None = None
    heard: Sequence[Track] = ()

    def checksums(self) -> dict[str, dict[str, Any]]:
        """Number of tracks and checksum of their names, by side."""
        parts = {"train": self.train, "valid": self.valid, "test": self.judged}
        return {
            name: {
                "n_tracks": len(side),
                "split_checksum": split_checksum(item.track for item in side),
            }
            for name, side in parts.items()
            if side is not None
        }


def load_sides(
    data: Data,
    folders: Mapping[str, Path],
    feature: Feature,
    stores: Path,
    *,
    split: Split | None = None,
    fold: int | None = None,
    choosing: bool = True,
    jobs: int = 1,
) -> Sides:
    """The sides of a recipe's data sets, their features extracted where they are not yet.

    Args:
        data: which data sets and outputs.
        folders: where each data set lies.
        feature: the representation.
        stores: the folder of the feature stores.
        split: of the main data set: sides called train and valid, and test where there is one, or
            folds; None for its official train and valid sides.
        fold: of a split into folds, the one that is judged. A part of the others, divided as the
            folds were, is the valid side.
        choosing: whether that part is needed. If not, all of the others are learnt from, and the
            fold is the valid side.
        jobs: worker processes for extraction.

    Raises:
        BadRecipe: a data set of the recipe was given no folder, or one was given that it lacks; or
            it cannot answer an output.
        BadDataset: a folder does not hold its data set.
        BadSplit: an artist would stand on two official sides, or the split does not fit.
        UnreadableFile: an image or audio file is damaged, or cannot be fetched.
    """
    wanted = (data.main, *data.extra)
    for name in wanted:
        if name not in folders:
            raise BadRecipe(f"the recipe needs {name}: add --data {name}=DIR")
    for name in folders:
        if name not in wanted:
            raise BadRecipe(f"--data {name}: the recipe uses only {', '.join(wanted)}")
    main = open_dataset(data.main, folders[data.main])
    tracks = answerable(main, data.outputs)
    outputs = outputs_of(main, tracks, data.outputs)
    if split is None:
        if not {"train", "valid"} <= {track.split for track in tracks}:
            raise BadSplit(
                f"{main.name} has no train and valid sides of its own: make a split with "
                "`earmark split`, and add --split FILE.json"
            )
        train, valid, test = side(tracks, "train"), side(tracks, "valid"), None
        # What is at hand of the official test side is not judged, but must not be met either.
        judged = {artist_of(track) for track in tracks if track.split != "train"}
        check_disjoint({"train": train, "valid": valid})
    else:
        split.check(main.tracks())
        train, valid, test = _on_sides(split, fold, tracks, choosing)
        learnt = {track.id for track in train}
        judged = {artist_of(track) for track in tracks if track.id not in learnt}
    sources: list[tuple[Dataset, list[Track]]] = [(main, train)]
    for name in data.extra:
        dataset = open_dataset(name, folders[name])
        sources.append((dataset, joining(dataset, outputs, judged, official=split is None)))
    opened = {
        dataset.name: open_features(dataset, feature, stores, dtype=data.dtype, jobs=jobs)
        for dataset, _ in sources
    }
    return Sides(
        [item for dataset, part in sources for item in items(part, opened[dataset.name])],
        items(valid, opened[main.name]),
        outputs,
        None if test is None else items(test, opened[main.name]),
    )


def joining(
    dataset: Dataset,
    outputs: Sequence[OutputSpec],
    judged: Set[str | None],
    *,
    official: bool = True,
) -> list[Track]:
    """The tracks of an extra data set that may be learnt from, where some artists are judged.

    Valid sides, and artists of GTZAN's, stay out only where an official side is judged; test sides
    always, even where, as of GTZAN, only their artists are at hand.
    """
    sides = (None, "train") if official else (None, "train", "valid")
    return [
        track
        for track in answerable(dataset, [output.name for output in outputs])
        if track.split in sides
        and track.side_in_gtzan in sides
        and artist_of(track) not in judged
        and _is_known(track, outputs)
    ]


def _on_sides(
    split: Split, fold: int | None, tracks: Sequence[Track], choosing: bool
) -> tuple[list[Track], list[Track], list[Track] | None]:
    """The tracks that are learnt from, watched and judged."""
    if fold is None:
        if split.folds:
            raise BadSplit(f"is {split.folds} folds: say which of them is judged, by --fold")
        for name in ("train", "valid"):
            if name not in split.sides:
                raise BadSplit(f"has no side {name!r}; it has {', '.join(split.sides)}")
        test = split.tracks("test", tracks) if "test" in split.sides else None
        return split.tracks("train", tracks), split.tracks("valid", tracks), test
    others, names = map(set, split.fold(fold))
    learnt = [track for track in tracks if track.id in others]
    judged = [track for track in tracks if track.id in names]
    if not choosing:
        return learnt, judged, None
    inner = divide(
        learnt,
        INNER,
        by=split.by,
        output=split.output,
        seed=split.seed or 0,
    )
    return inner["train"], inner["valid"], judged


def items(tracks: Sequence[Track], store: Store) -> list[Item]:
    """Tracks with their store.

    Raises:
        UnreadableFile: a track has no feature, or less of it than the tagger demands of audio.
    """
    for track in tracks:
        if track.id not in store:
            raise UnreadableFile(store.failures.get(track.id) or "is not in the store", track.path)
        needed = store.feature.shape(SHORTEST_SECONDS)[1] if store.feature.time_axis == 1 else 0
        if (columns := store.columns(track.id)) < needed:
            least = f"at least {needed} ({SHORTEST_SECONDS:g} s) are needed"
            raise UnreadableFile(f"holds {columns} columns; {least}", track.path)
    return [Item(track, store) for track in tracks]


def answerable(dataset: Dataset, outputs: Sequence[str]) -> list[Track]:
    """The tracks of a data set of which the answer to every output is known."""
    return [
        track
        for track in dataset.tracks()
        if all(
            name in track.labels or name in track.values or (name == "tags" and dataset.has_tags)
            for name in outputs
        )
    ]


def outputs_of(
    dataset: Dataset, tracks: Sequence[Track], names: Sequence[str]
) -> tuple[OutputSpec, ...]:
    """What a data set's outputs are: labels, a number, or tags.

    Raises:
        BadRecipe: the data set has no such output, or no track of it that has them all.
    """
    known = (*dataset.outputs, *dataset.values, *(["tags"] if dataset.has_tags else []))
    for name in names:
        if known and name not in known:
            raise BadRecipe(f"{dataset.name} has no output {name!r}; it has {', '.join(known)}")
    if not tracks:
        raise BadDataset(f"{dataset.folder}: no track has {' and '.join(names)}")
    specs = []
    for name in names:
        if all(name in track.labels for track in tracks):
            labels = tuple(sorted({track.labels[name] for track in tracks}))
            specs.append(OutputSpec(name, "classes", labels))
        elif name == "tags":
            labels = tuple(sorted({tag for track in tracks for tag in track.tags}))
            specs.append(OutputSpec(name, "tags", labels))
        else:
            specs.append(OutputSpec(name, "number", (name,)))
    return tuple(specs)


def _is_known(track: Track, outputs: Sequence[OutputSpec]) -> bool:
    return all(o.kind != "classes" or track.labels[o.name] in o.labels for o in outputs)


def artist_of(track: Track) -> str | None:
    """What tells a track's artist from others; the track, where no artist is known."""
    return groups.key(track, "artist") or groups.key(track, "track")


class ClipSet:
    """All clips of some items, cut as the tagger cuts them and read when they are asked for.

    The first `HELD_BYTES` of them that are asked for are kept.
    """

    def __init__(self, items: Sequence[Item], clips: Clips) -> None:
        self.items = items
        self._clips = clips
        self._held: dict[int, Array] = {}
        self._room = HELD_BYTES
        self._refs: list[tuple[int, int, int]] = []  # item, number of the clip, where it begins
        for i, item in enumerate(items):
            starts = self._starts(item)
            numbers = range(len(starts)) if item.clips is None else item.clips
            self._refs += [(i, n, starts[n]) for n in numbers if n < len(starts)]

    def __len__(self) -> int:
        return len(self._refs)

    def item(self, index: int) -> int:
        """Number of the item that a clip is of."""
        return self._refs[index][0]

    def number(self, index: int) -> int:
        """Number of a clip within its track."""
        return self._refs[index][1]

    def __getitem__(self, index: int) -> Array:
        """A clip, such as [shape=(bands, columns)], to be read only."""
        clip = self._held.get(index)
        if clip is None:
            clip = self._read(index)
            if clip.nbytes <= self._room:
                self._held[index] = clip
                self._room -= clip.nbytes
        return clip

    def _read(self, index: int) -> Array:
        i, _, start = self._refs[index]
        item, clips = self.items[i], self._clips
        store, name = item.store, item.track.id
        axis = store.feature.time_axis
        if axis is None:
            return store.read(name)
        if axis == 0:
            clip: Array = store.read(name, start, 1)[0]
            return clip
        if clips.columns and not clips.subtract_band_mean and store.columns(name) >= clips.columns:
            return store.read(name, start, clips.columns)
        return clips.cut(centred(item, clips), start)

    def batch(self, indices: Sequence[int] | NDArray[np.intp]) -> Array:
        """Clips of one shape [shape=(clips, *shape)]."""
        return np.stack([self[int(index)] for index in indices])

    def batches(self) -> Iterator[tuple[Array, list[int]]]:
        """All clips in order, some of one shape at a time, each with its index."""
        held: list[Array] = []
        first = 0
        for index in range(len(self)):
            clip = self[index]
            if held and (clip.shape != held[0].shape or len(held) == _JUDGED_AT_ONCE):
                yield np.stack(held), list(range(first, index))
                held, first = [], index
            held.append(clip)
        if held:
            yield np.stack(held), list(range(first, len(self)))

    def _starts(self, item: Item) -> list[int]:
        axis = item.store.feature.time_axis
        if axis == 1:
            return self._clips.starts(item.store.columns(item.track.id))
        count = 1 if axis is None else item.store.columns(item.track.id)
        return list(range(1 if self._clips.first_only else count))


def centred(item: Item, clips: Clips) -> Array:
    """The whole feature of an item [shape=(bands, columns)] as the model sees its levels."""
    feature: Array = np.ascontiguousarray(item.store.read(item.track.id))
    return clips.centred(feature)
