"""Tracks → centred features in memory → batches of changed crops, the same for the same seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from earmark.datasets import Dataset, Track, fetch, open_dataset
from earmark.errors import BadRecipe
from earmark.evaluation.judging import check_length, labelled
from earmark.features import LogMel
from earmark.sources import load_feature
from earmark.splits import check_disjoint, groups, side
from earmark.training.augment import mixup, random_crops
from earmark.training.recipe import Data, Recipe

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Example:
    """A track with its feature [shape=(bands, columns)], not yet centred, and its label."""

    track: Track
    feature: Array
    label: str


@dataclass(frozen=True)
class Sides:
    """What is learnt from and what is judged after each epoch."""

    train: list[Example]
    valid: list[Example]
    labels: tuple[str, ...]


def load_sides(data: Data, folders: Mapping[str, Path], feature: LogMel) -> Sides:
    """Read the tracks of a recipe's data sets.

    Raises:
        BadRecipe: a data set of the recipe was given no folder, or one was given that it lacks.
        BadDataset: a folder does not hold its data set.
        BadSplit: an artist would stand on two sides.
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
    tracks = labelled(main, data.output)
    train, valid = side(tracks, "train"), side(tracks, "valid")
    labels = tuple(sorted({track.labels[data.output] for track in tracks}))
    judged = {_artist(track) for track in tracks if track.split != "train"}
    sources: list[tuple[Dataset, list[Track]]] = [(main, train)]
    for name in data.extra:
        dataset = open_dataset(name, folders[name])
        # Artists of GTZAN's test side are known even where its tracks are not at hand.
        more = [
            track
            for track in labelled(dataset, data.output)
            if track.split in (None, "train")
            and track.side_in_gtzan in (None, "train")
            and _artist(track) not in judged
            and track.labels[data.output] in labels
        ]
        sources.append((dataset, more))
    check_disjoint({"train": [t for _, part in sources for t in part], "valid": valid})
    return Sides(
        [example for source, part in sources for example in _examples(source, part, feature, data)],
        _examples(main, valid, feature, data),
        labels,
    )


def _artist(track: Track) -> str | None:
    return groups.key(track, "artist") or groups.key(track, "track")


def _examples(
    dataset: Dataset, tracks: Sequence[Track], feature: LogMel, data: Data
) -> list[Example]:
    examples = []
    for track in tracks:
        array = load_feature(fetch(track), dataset.kind, feature)
        check_length(array, feature, track.path)
        examples.append(Example(track, array, track.labels[data.output]))
    return examples


class Crops(TorchDataset[tuple[Tensor, Tensor]]):
    """The batches of one epoch.

    Everything drawn at random depends on (seed, epoch, step) alone, so that a run that was
    stopped and resumed sees what an uninterrupted one would have seen.
    """

    def __init__(self, sides: Sides, features: Sequence[Array], recipe: Recipe, epoch: int) -> None:
        """`features` are the train side's, centred as the recipe's clips say."""
        self._features = features
        index = {label: i for i, label in enumerate(sides.labels)}
        answers = [index[example.label] for example in sides.train]
        smoothing = recipe.training.label_smoothing
        one_hot = np.eye(len(index), dtype=np.float32)[answers]
        self._targets: Array = one_hot * (1 - smoothing) + np.float32(smoothing / len(index))
        self._recipe = recipe
        self._epoch = epoch
        rng = np.random.default_rng([recipe.seed, epoch])
        self._order = rng.permutation(len(features))

    def __len__(self) -> int:
        """Number of steps; the last examples of an epoch that fill no batch wait for the next."""
        return steps_per_epoch(len(self._features), self._recipe)

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor]:
        """Crops [shape=(batch, bands, columns)] and targets [shape=(batch, labels)] of a step."""
        training = self._recipe.training
        rng = np.random.default_rng([self._recipe.seed, self._epoch, step])
        chosen = self._order[step * training.batch : (step + 1) * training.batch]
        crops = random_crops(
            [self._features[i] for i in chosen],
            training.crop_columns,
            self._recipe.augmentation,
            rng,
        )
        crops, targets = mixup(crops, self._targets[chosen], self._recipe.augmentation.mixup, rng)
        return torch.from_numpy(crops), torch.from_numpy(targets)


class Feed(lightning.LightningDataModule):
    """Hands the trainer each epoch's crops, and the valid side track by track."""

    def __init__(self, recipe: Recipe, sides: Sides) -> None:
        super().__init__()
        self._recipe, self._sides = recipe, sides
        centred = recipe.clips.centred
        self._train = [centred(example.feature) for example in sides.train]
        index = {label: i for i, label in enumerate(sides.labels)}
        self._valid = [
            (torch.from_numpy(recipe.clips(example.feature)), index[example.label])
            for example in sides.valid
        ]

    def train_dataloader(self) -> Any:
        """The crops of the epoch that is about to begin."""
        assert self.trainer is not None
        # Dropout, too, depends on seed and epoch alone, so that a resumed run is the same run.
        epoch = self.trainer.current_epoch
        torch.manual_seed(self._recipe.seed * 100_003 + epoch)
        crops = Crops(self._sides, self._train, self._recipe, epoch)
        return DataLoader(crops, batch_size=None)

    def val_dataloader(self) -> Any:
        """The clips of each valid track, with the index of its label."""
        return DataLoader(self._valid, batch_size=None)  # type: ignore[arg-type]


def steps_per_epoch(examples: int, recipe: Recipe) -> int:
    """Full batches in a pass, but one at least."""
    return max(1, examples // recipe.training.batch)
