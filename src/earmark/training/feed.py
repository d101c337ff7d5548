"""Clips of tracks → batches of clips and targets, epoch by epoch, the same for the same seed.

A thread gets each batch ready while the one before is learnt from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import lightning
import numpy as np
import torch
from torch import Tensor

from earmark.errors import BadRecipe
from earmark.training.augment import mixup, random_crops
from earmark.training.data import ClipSet, Sides, centred
from earmark.training.ranks import ALONE, Place
from earmark.training.recipe import Recipe


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
        self.train = ClipSet(sides.train, recipe.clips)
        self.valid = ClipSet(sides.valid, recipe.clips)

    @property
    def steps_per_epoch(self) -> int:
        """Number of steps in a pass over the train side."""
        count, world = examples(self.train, self._recipe), self._place.world
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
        lessons = Lessons(self._sides, self.train, self._recipe, epoch, self._place)
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
