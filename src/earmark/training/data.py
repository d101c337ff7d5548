"""Tracks in feature stores → batches of clips and targets, the same for the same seed.

Nothing of a track is kept in memory: clips are read from the memory-mapped store when their turn
comes, in a thread that is one batch ahead of the training.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from earmark.bundle import OutputKind
from earmark.classifier import SHORTEST_SECONDS
from earmark.clips import Clips
from earmark.datasets import Dataset, Track, open_dataset
from earmark.errors import BadDataset, BadRecipe, BadSplit, UnreadableFile
from earmark.features.base import Feature
from earmark.splits import Split, check_disjoint, divide, groups, side, split_checksum
from earmark.store import Store
from earmark.training.augment import mixup, random_crops
from earmark.training.features import open_features
from earmark.training.ranks import ALONE, Place
from earmark.training.recipe import Data, Recipe

Array = NDArray[np.float32]
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
    """

    train: Sequence[Item]
    valid: Sequence[Item]
    outputs: tuple[OutputSpec, ...]
    judged: Sequence[Item] | None = None

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
        train, valid, test = side(tracks, "train"), side(tracks, "valid"), None
        # What is at hand of the official test side is not judged, but must not be met either.
        judged = {_artist(track) for track in tracks if track.split != "train"}
        check_disjoint({"train": train, "valid": valid})
    else:
        split.check(main.tracks())
        train, valid, test = _on_sides(split, fold, tracks)
        judged = {_artist(track) for track in (*valid, *(test or ()))}
    sources: list[tuple[Dataset, list[Track]]] = [(main, train)]
    for name in data.extra:
        dataset = open_dataset(name, folders[name])
        # Artists of GTZAN's test side are known even where its tracks are not at hand.
        more = [
            track
            for track in answerable(dataset, data.outputs)
            if track.split in (None, "train")
            and track.side_in_gtzan in (None, "train")
            and _artist(track) not in judged
            and _is_known(track, outputs)
        ]
        sources.append((dataset, more))
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


def _on_sides(
    split: Split, fold: int | None, tracks: Sequence[Track]
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
    names = set(split.fold(fold)[1])
    inner = divide(
        [track for track in tracks if track.id not in names],
        INNER,
        by=split.by,
        output=split.output,
        seed=split.seed or 0,
    )
    return inner["train"], inner["valid"], [track for track in tracks if track.id in names]


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


def _artist(track: Track) -> str | None:
    return groups.key(track, "artist") or groups.key(track, "track")


class ClipSet:
    """All clips of some items, cut as the tagger cuts them and read when they are asked for."""

    def __init__(self, items: Sequence[Item], clips: Clips) -> None:
        self.items = items
        self._clips = clips
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
        """A clip, such as [shape=(bands, columns)]."""
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


class Lessons:
    """The batches of one epoch.

    Everything drawn at random depends on (seed, epoch, step) alone, so that a run that was
    stopped and resumed sees what an uninterrupted one would have seen.
    """

    def __init__(
        self, sides: Sides, clips: ClipSet, recipe: Recipe, epoch: int, place: Place = ALONE
    ) -> None:
        """Begin.

        Args:
            sides: tracks and outputs.
            clips: those of the train side.
            recipe: how they are learnt from.
            epoch: counted from 0.
            place: of this process, which takes an equal part of every batch.
        """
        self._clips, self._recipe, self._epoch, self._place = clips, recipe, epoch, place
        smoothing = recipe.training.label_smoothing
        self._targets = [
            np.stack([output.target(item.track, smoothing) for item in sides.train])
            for output in sides.outputs
        ]
        rng = np.random.default_rng([recipe.seed, epoch])
        self._order = rng.permutation(examples(clips, recipe))

    def __len__(self) -> int:
        """Number of steps."""
        return steps_per_epoch(len(self._order), self._recipe, self._place.world)

    def __getitem__(self, step: int) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Clips [shape=(batch, *shape)] and targets [shape=(batch, labels)] of each output."""
        training, augmentation = self._recipe.training, self._recipe.augmentation
        place, centres = self._place, self._recipe.clips.subtract_band_mean
        part = [place.rank] if place.rank else []  # the first draws what it would draw alone
        rng = np.random.default_rng([self._recipe.seed, self._epoch, step, *part])
        chosen = self._order[step * training.batch : (step + 1) * training.batch]
        chosen = chosen[place.rank :: place.world][: len(chosen) // place.world]
        if training.crop_columns:
            features = [centred(self._clips.items[i], self._recipe.clips) for i in chosen]
            clips = random_crops(
                features, training.crop_columns, augmentation, rng, centred=centres
            )
            rows = chosen
        else:
            clips = self._clips.batch(chosen)
            if augmentation.changes_clips:
                clips = random_crops(
                    list(clips), clips.shape[2], augmentation, rng, centred=centres
                )
            rows = np.array([self._clips.item(i) for i in chosen])
        targets = [of_output[rows] for of_output in self._targets]
        clips, targets = mixup(clips, targets, augmentation.mixup, rng)
        return torch.from_numpy(clips), tuple(torch.from_numpy(target) for target in targets)


class Feed(lightning.LightningDataModule):
    """Hands the trainer each epoch's lessons, and the clips of the valid side."""

    def __init__(self, recipe: Recipe, sides: Sides, place: Place = ALONE) -> None:
        super().__init__()
        self._recipe, self._sides, self._place = recipe, sides, place
        self._train = ClipSet(sides.train, recipe.clips)
        self.valid = ClipSet(sides.valid, recipe.clips)

    @property
    def steps_per_epoch(self) -> int:
        """Number of steps in a pass over the train side."""
        count, world = examples(self._train, self._recipe), self._place.world
        if world > 1 and (clips := min(count, self._recipe.training.batch) // world) < 2:
            raise BadRecipe(
                f"{clips} clips a step for each of {world} processes, but batch normalization "
                "needs two: raise training.batch, or choose fewer --devices"
            )
        return steps_per_epoch(count, self._recipe, world)

    def train_dataloader(self) -> Any:
        """The lessons of the epoch that is about to begin."""
        assert self.trainer is not None
        # Dropout, too, depends on seed and epoch alone, so that a resumed run is the same run.
        epoch = self.trainer.current_epoch
        torch.manual_seed(self._recipe.seed * 100_003 + epoch + self._place.rank * 1_000_003)
        lessons = Lessons(self._sides, self._train, self._recipe, epoch, self._place)
        return Ahead(lessons.__getitem__, len(lessons))

    def val_dataloader(self) -> Any:
        """The clips of the valid side, with their indices, some at a time."""
        return ValidBatches(self.valid)


class Ahead:
    """Batches that a thread gets ready while the one before is learnt from."""

    def __init__(self, get: Callable[[int], Any], length: int) -> None:
        self._get, self._length = get, length

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Any]:
        with ThreadPoolExecutor(1) as thread:
            coming = thread.submit(self._get, 0)
            for index in range(self._length):
                ready = coming.result()
                if index + 1 < self._length:
                    coming = thread.submit(self._get, index + 1)
                yield ready


class ValidBatches:
    """The clips of a set as tensors, for Lightning."""

    def __init__(self, clips: ClipSet) -> None:
        self._clips = clips

    def __iter__(self) -> Iterator[tuple[Tensor, list[int]]]:
        for clips, indices in self._clips.batches():
            yield torch.from_numpy(clips), indices


def examples(clips: ClipSet, recipe: Recipe) -> int:
    """How many examples an epoch has: each track gives one crop, or each clip is one."""
    return len(clips.items) if recipe.training.crop_columns else len(clips)


def steps_per_epoch(count: int, recipe: Recipe, processes: int = 1) -> int:
    """Batches in a pass over so many examples, but one at least.

    A last batch of a single clip is left out, since batch normalization needs two; so is one that
    gives a single clip to each of several processes.
    """
    full, rest = divmod(count, recipe.training.batch)
    return max(1, full + (recipe.training.partial_batch and rest // processes > 1))
