"""Weights to begin with: a network first learns, without labels, to describe what it hears.

From a crop it is to tell what vectors of hand-made features say of the whole track: the principal
components of each (self-supervision by known features, after Pascual et al. 2019, PASE). That takes
no labels, and so the tracks of other data sets serve; those by an artist of the main data set take
no part, so that what is judged of that has not been heard.

The weights are kept in a file, since they serve all seeds and folds of a recipe.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save
from torch import Tensor, nn
from torch.nn import functional

from earmark.datasets import Track, open_dataset
from earmark.errors import BadRecipe, EarmarkError
from earmark.features import feature_from_dict
from earmark.features.base import Feature
from earmark.networks import build_network
from earmark.networks.base import Observer, Stack
from earmark.training import optimizers
from earmark.training.augment import random_crops
from earmark.training.data import Item, artist_of, centred, items
from earmark.training.features import open_features
from earmark.training.feed import Ahead
from earmark.training.folder import write_whole
from earmark.training.memory import keep_freed_memory
from earmark.training.recipe import Recipe

Array = NDArray[np.float32]

_SEED = 0  # the same weights for all seeds of a recipe
_LAST_WEIGHT = 0.5  # of the last component's error; the first has 1


@dataclass(frozen=True)
class Pretrained:
    """Weights to begin with.

    Attributes:
        weights: by parameter name.
        tracks: what they were learnt from.
    """

    weights: Mapping[str, Tensor]
    tracks: tuple[Track, ...]


def pretrained(
    recipe: Recipe,
    folders: Mapping[str, Path],
    feature: Feature,
    stores: Path,
    kept: Path,
    *,
    jobs: int = 1,
    say: Callable[[str], None] = lambda _: None,
) -> Pretrained:
    """The weights that a recipe's network begins with, learnt now if they were not before.

    Args:
        recipe: its `pretraining` names data sets.
        folders: where each data set lies.
        feature: the recipe's.
        stores: the folder of the feature stores.
        kept: the folder of such weights.
        jobs: worker processes for extraction; 0 if all features are there.
        say: is told a line where there is something to be learnt.

    Raises:
        BadRecipe: the network cannot learn so, or a setting is impossible.
        BadDataset, BadFeature, UnreadableFile: the data cannot be used.
        EarmarkError: nothing could be learnt, or the folder cannot be written.
    """
    described = _described(recipe)
    if feature.time_axis != 1:
        raise BadRecipe(f"pretraining: {feature.name} has no columns to be cut")
    heard = _heard(recipe, folders)
    tracks = tuple(track for _, part in heard for track in part)
    digest = hashlib.sha256(json.dumps(_about(recipe, tracks), sort_keys=True).encode())
    path = kept / f"{recipe.model.name}-{digest.hexdigest()[:12]}.safetensors"
    if path.is_file():
        return Pretrained(_read(path), tracks)
    say(f"pretraining on {len(tracks)} tracks without labels; kept for other seeds and folds")
    learnt_from: list[Item] = []
    vectors: list[list[Array]] = [[] for _ in described]
    for dataset, part in heard:
        store = open_features(dataset, feature, stores, dtype=recipe.data.dtype, jobs=jobs)
        learnt_from += items(part, store)
        for of_kind, kind in zip(vectors, described, strict=True):
            about = open_features(dataset, kind, stores, dtype=recipe.data.dtype, jobs=jobs)
            of_kind += [about.read(item.track.id) for item in items(part, about)]
    goals = [components(np.stack(of_kind), recipe.pretraining.numbers) for of_kind in vectors]
    weights = _learn(recipe, learnt_from, np.concatenate(goals, axis=1))
    try:
        kept.mkdir(parents=True, exist_ok=True)
        write_whole(path, save(weights))
    except OSError as error:
        raise EarmarkError(f"{path}: cannot be written: {error.strerror or error}") from error
    return Pretrained(weights, tracks)


def components(vectors: Array, count: int) -> Array:
    """The first principal components of vectors whose numbers were standardized.

    Args:
        vectors: [shape=(tracks, numbers)].
        count: how many; fewer if there are not so many.

    Returns:
        Components [shape=(tracks, components)], each of mean 0; of deviation 1 the first, 0.5 the
        last, and those between accordingly.
    """
    values = vectors.astype(np.float64)
    values -= values.mean(axis=0)
    values /= values.std(axis=0) + 1e-9
    left, sizes, _ = np.linalg.svd(values, full_matrices=False)
    count = min(count, int((sizes > 1e-6 * sizes[0]).sum()))
    unit = left[:, :count] * np.sqrt(len(values))
    scaled: Array = (unit * np.linspace(1, _LAST_WEIGHT, count)).astype(np.float32)
    return scaled


def begin_with(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Give a network those of the weights that it has under the same name and in the same shape.

    Raises:
        BadRecipe: it has none of them.
    """
    own = network.state_dict()
    fitting = {
        name: value
        for name, value in weights.items()
        if name in own and own[name].shape == value.shape
    }
    if not fitting:
        raise BadRecipe("pretraining: the network has none of the weights that were learnt")
    network.load_state_dict(fitting, strict=False)


def _described(recipe: Recipe) -> list[Feature]:
    """What is told of each track."""
    try:
        kinds: list[Feature] = [feature_from_dict(dict(a)) for a in recipe.pretraining.describe]
    except (TypeError, ValueError) as error:
        raise BadRecipe(f"pretraining.describe: {error}") from error
    for kind in kinds:
        if kind.time_axis is not None or len(kind.shape(30.0)) != 1:
            raise BadRecipe(f"pretraining.describe: a {kind.name} is no vector")
    return kinds


def _heard(recipe: Recipe, folders: Mapping[str, Path]) -> list[tuple[Any, list[Track]]]:
    """The tracks that take part, by data set."""
    main = recipe.data.main
    for name in (main, *recipe.pretraining.data):
        if name not in folders:
            raise BadRecipe(f"the recipe needs {name}: add --data {name}=DIR")
    known = {artist_of(track) for track in open_dataset(main, folders[main]).tracks()}
    found = []
    for name in recipe.pretraining.data:
        dataset = open_dataset(name, folders[name])
        part = [
            track
            for track in dataset.tracks()
            if track.split in (None, "train", "valid")
            and track.side_in_gtzan is None  # whose test side's artists are met nowhere
            and artist_of(track) not in known
        ]
        found.append((dataset, part))
    if sum(len(part) for _, part in found) < 2:  # batch normalization needs two
        raise BadRecipe(f"pretraining: no track is left that is not by an artist of {main}")
    return found


def _about(recipe: Recipe, tracks: Sequence[Track]) -> dict[str, Any]:
    """What the weights depend on."""
    training = asdict(recipe.training)
    shaping = ("batch", "optimizer", "learning_rate", "momentum", "schedule", "warmup", "precision")
    return {
        "pretraining": asdict(recipe.pretraining),
        "feature": recipe.feature,
        "clips": asdict(recipe.clips),
        "model": asdict(recipe.model),
        "training": {key: training[key] for key in (*shaping, "weight_decay")},
        "tracks": sorted(track.id for track in tracks),
    }


def _learn(recipe: Recipe, heard: Sequence[Item], goals: Array) -> dict[str, Tensor]:
    """Learn to tell the goals of each track [shape=(tracks, numbers)] from any crop of it."""
    pre, training = recipe.pretraining, recipe.training
    keep_freed_memory()
    if training.threads:
        torch.set_num_threads(training.threads)
    torch.manual_seed(_SEED)
    rng = np.random.default_rng(_SEED)
    network = build_network(
        recipe.model.name,
        recipe.model.settings,
        shape=(len(centred(heard[0], recipe.clips)), pre.crop_columns),
        outputs={"description": goals.shape[1]},
    )
    if isinstance(network, Observer | Stack) or network.fewest_columns > pre.crop_columns:
        raise BadRecipe(
            f"pretraining: network {recipe.model.name} cannot be pretrained on "
            f"{pre.crop_columns} columns"
        )
    network = network.to(memory_format=torch.channels_last).train()
    batch = min(training.batch, len(heard))
    steps = len(heard) // batch
    optimizer, schedule, when = optimizers.build(network, training, steps * pre.epochs)
    order = np.concatenate(
        [rng.permutation(len(heard))[: steps * batch] for _ in range(pre.epochs)]
    )

    def lesson(step: int) -> tuple[Tensor, Tensor]:
        chosen = order[step * batch : (step + 1) * batch]
        features = [centred(heard[i], recipe.clips) for i in chosen]
        crops = random_crops(
            features,
            pre.crop_columns,
            pre.augmentation,
            rng,
            centred=recipe.clips.subtract_band_mean,
        )
        return torch.from_numpy(crops), torch.from_numpy(goals[chosen])

    for crops, wanted in Ahead(lesson, steps * pre.epochs):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=training.precision == "bf16"):
            (told,) = network(crops)
        loss = functional.mse_loss(told.float(), wanted)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if schedule is not None and when == "step":
            schedule.step()
    weights = {name: value.contiguous() for name, value in network.state_dict().items()}
    if not all(bool(torch.isfinite(value).all()) for value in weights.values()):
        raise EarmarkError("pretraining: the weights became infinite; lower training.learning_rate")
    return weights


def _read(path: Path) -> dict[str, Tensor]:
    try:
        weights: dict[str, Tensor] = load_file(path)
        return weights
    except Exception as error:  # of its own kinds, which share no base class
        raise EarmarkError(f"{path}: damaged; delete it to learn it again") from error
