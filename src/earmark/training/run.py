"""A run: a folder in which a training takes place and everything it yields is kept.

recipe.json       all settings, defaults included
sides.json        checksum of the tracks on each side
metrics.jsonl     one object per epoch
last.ckpt         to go on from, written after each epoch
kept.ckpt         the weights of the epoch with the lowest valid loss, or of the last
predictions.csv   what it says of the judged side
run.json          what came of it; there when the run is finished
bundle/           the model
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback
from torch import Tensor

from earmark.classifier import SHORTEST_SECONDS
from earmark.errors import BadRecipe, EarmarkError, MissingExtra
from earmark.features import LogMel, feature_from_dict
from earmark.features.base import Feature
from earmark.networks import build_network
from earmark.networks.base import Network, Observer, Stack
from earmark.splits import Split
from earmark.training.checkpoints import (
    KEPT,
    LAST,
    Checkpoints,
    MetricsLog,
    Patience,
    WholeFiles,
    read_checkpoint,
    write_whole,
)
from earmark.training.data import ClipSet, Sides, load_sides
from earmark.training.devices import ONE_PROCESSOR, Devices
from earmark.training.feed import Feed
from earmark.training.finish import Trained, finish
from earmark.training.memory import keep_freed_memory
from earmark.training.module import Learner
from earmark.training.recipe import Recipe

_PRECISIONS = {"32": "32-true", "bf16": "bf16-mixed", "16": "16-mixed"}


def train(
    recipe: Recipe,
    folders: Mapping[str, Path],
    run: Path,
    *,
    split: Split | None = None,
    fold: int | None = None,
    stores: Path | None = None,
    jobs: int = 1,
    resume: bool = False,
    callbacks: Sequence[Callback] = (),
    devices: Devices = ONE_PROCESSOR,
    tensorboard: bool = False,
) -> Trained:
    """Train on the official sides of data sets, or on those of a split; write the run's folder.

    Args:
        recipe: what to do.
        folders: where each of its data sets lies.
        run: the folder; it must be new, or, with `resume`, that of a run of the same recipe.
        split: of the main data set, as in `load_sides`.
        fold: of a split into folds, the one that is judged.
        stores: folder of the feature stores; None for `features` beside the run.
        jobs: worker processes that extract features.
        resume: go on after the last finished epoch.
        callbacks: Lightning callbacks that watch.
        devices: what it runs on.
        tensorboard: write what is measured for TensorBoard as well.

    Raises:
        BadRecipe: a setting is impossible, or the run to resume had another recipe.
        BadDataset, BadSplit, BadFeature, UnreadableFile: the data cannot be used.
        MissingExtra: TensorBoard is not installed.
        EarmarkError: nothing could be learnt, or the folder cannot be written.
        KeyboardInterrupt: the training was interrupted.
        SystemExit: of several processes, this is not the first, and has done its part.
    """
    if resume and not (run / "recipe.json").is_file():
        raise BadRecipe(f"{run}: no run to resume")
    feature = feature_of(recipe)
    stores = stores or run.parent / "features"
    with devices.first_alone():
        sides = load_sides(recipe.data, folders, feature, stores, split=split, fold=fold, jobs=jobs)
    return train_on(
        recipe,
        sides,
        run,
        resume=resume,
        callbacks=callbacks,
        devices=devices,
        tensorboard=tensorboard,
    )


def train_on(
    recipe: Recipe,
    sides: Sides,
    run: Path,
    *,
    parts: Mapping[str, Mapping[str, Tensor]] | None = None,
    resume: bool = False,
    callbacks: Sequence[Callback] = (),
    export: bool = True,
    checkpoint_seconds: float = 0.0,
    devices: Devices = ONE_PROCESSOR,
    tensorboard: bool = False,
) -> Trained:
    """Train on any sides, judge, and write the run's folder.

    Args:
        recipe: what to do; which tracks take part is said by `sides`.
        sides: what is learnt from, watched and judged; all their features are the recipe's.
        run: the folder; it must be new, or, with `resume`, may be that of a run of the same recipe.
        parts: for a stack, the trained weights of the networks that it judges by.
        resume: go on after the last finished epoch, if there is one.
        callbacks: Lightning callbacks that watch.
        export: write the bundle.
        checkpoint_seconds: how long to wait from one checkpoint to the next if epochs are shorter;
            as much may be lost when the process is killed.
        devices: what it runs on.
        tensorboard: write what is measured for TensorBoard as well.

    Raises:
        BadRecipe: a setting is impossible, or the run to resume had another recipe.
        MissingExtra: TensorBoard is not installed.
        EarmarkError: nothing could be learnt, or the folder cannot be written.
        KeyboardInterrupt: the training was interrupted.
        SystemExit: of several processes, this is not the first, and has done its part.
    """
    _quieten()
    keep_freed_memory()
    feature = feature_of(recipe)
    try:
        if recipe.training.threads:
            torch.set_num_threads(recipe.training.threads)
        lightning.seed_everything(recipe.seed, workers=True, verbose=False)
        feed = Feed(recipe, sides, devices.place)
        learner = _learner(recipe, sides, feed, feature, parts)
        logger = _tensorboard(run) if tensorboard else None
        with devices.first_alone():
            checkpoint = (
                _prepare_folder(run, recipe, sides, resume) if devices.first or resume else None
            )
        every = Checkpoints(run, keep=recipe.training.keep, every_seconds=checkpoint_seconds)
        _fit(learner, recipe, feed, run, checkpoint, [*callbacks, every], devices, logger)
        if not devices.first:
            sys.exit()
        return finish(learner, recipe, sides, run, feature, export=export)
    except OSError as error:
        where = error.filename or run
        raise EarmarkError(f"{where}: cannot be written: {error.strerror or error}") from error


def feature_of(recipe: Recipe) -> Feature:
    """The representation that a recipe names.

    Raises:
        BadRecipe: there is none of that name, or a setting is impossible.
    """
    try:
        feature: Feature = feature_from_dict({"name": LogMel.name, **recipe.feature})
        return feature
    except (TypeError, ValueError) as error:
        raise BadRecipe(f"feature: {error}") from error


def _learner(
    recipe: Recipe,
    sides: Sides,
    feed: Feed,
    feature: Feature,
    parts: Mapping[str, Mapping[str, Tensor]] | None,
) -> Learner:
    clips = feed.train
    shape = _clip_shape(recipe, feature, clips)
    network = build_network(
        recipe.model.name,
        recipe.model.settings,
        shape=shape,
        outputs={output.name: len(output.labels) for output in sides.outputs},
    )
    if isinstance(network, Stack):
        if parts is None:
            raise BadRecipe(
                f"network {recipe.model.name} judges by trained parts, which a recipe cannot name"
            )
        network.load_parts(parts)
    _check_lengths(network, recipe, feature)
    if isinstance(network, Observer):
        network.observe(torch.from_numpy(clips.batch(range(len(clips)))))
    return Learner(
        network,
        recipe.training,
        sides.outputs,
        total_steps=feed.steps_per_epoch * recipe.training.epochs,
        valid=feed.valid,
    )


def _clip_shape(recipe: Recipe, feature: Feature, clips: ClipSet) -> tuple[int, ...]:
    """Shape of the clips that a network learns from.

    Raises:
        BadRecipe: the feature cannot be cut as the recipe says.
    """
    try:
        recipe.clips.check(feature.time_axis)
    except ValueError as error:
        raise BadRecipe(f"clips: with {feature.name}: {error}") from error
    if not len(clips):
        raise BadRecipe("the train side is empty")
    shape, cropped = clips[0].shape, recipe.training.crop_columns
    if cropped and feature.time_axis != 1:
        raise BadRecipe(f"{feature.name} is not cut: set training.crop_columns to 0")
    if recipe.augmentation.changes_clips and len(shape) < 2:
        raise BadRecipe(
            f"{feature.name} has no bands and columns to be changed: "
            "set all of augmentation but mixup to 0"
        )
    if recipe.augmentation.gain_db and feature.time_axis is None:
        raise BadRecipe(f"{feature.name} has no levels in dB: set augmentation.gain_db to 0")
    return (*shape[:-1], cropped) if cropped else shape


def _check_lengths(network: Network, recipe: Recipe, feature: Feature) -> None:
    """Training must not reach its end with a model that cannot judge every track."""
    if feature.time_axis != 1:
        return
    name, cropped = recipe.model.name, recipe.training.crop_columns
    if not network.any_length and (not recipe.clips.columns or recipe.clips.columns != cropped):
        if cropped:
            raise BadRecipe(
                f"network {name} takes clips of one length only: set clips.columns to "
                f"training.crop_columns, which is {cropped}"
            )
        if not recipe.clips.columns:
            raise BadRecipe(f"network {name} takes clips of one length only: set clips.columns")
    judged = recipe.clips.columns or feature.shape(SHORTEST_SECONDS)[1]
    shortest = min(cropped or judged, judged)
    if network.fewest_columns > shortest:
        raise BadRecipe(
            f"network {name} takes at least {network.fewest_columns} columns, but "
            f"a clip may have {shortest}"
        )


def _prepare_folder(run: Path, recipe: Recipe, sides: Sides, resume: bool) -> Path | None:
    """Make the folder, or find the checkpoint to go on from."""
    settings = json.dumps(recipe.to_dict(), indent=2) + "\n"
    written = run / "recipe.json"
    tracks, split = run / "sides.json", json.dumps(sides.checksums(), indent=2) + "\n"
    if resume and written.is_file():
        try:
            old, new = json.loads(written.read_bytes()), json.loads(settings)
        except ValueError as error:
            raise EarmarkError(f"{written}: damaged: {error}") from error
        if old != new:
            changed = [key for key in new if old.get(key) != new[key]]
            raise BadRecipe(f"{run}: was begun with another recipe; changed: {', '.join(changed)}")
        if tracks.is_file() and tracks.read_text(encoding="utf-8") != split:
            raise BadRecipe(f"{run}: was begun with other tracks or another split")
        if not (run / LAST).is_file():
            return None
        for path in (run / LAST, run / KEPT):
            if path.is_file():  # nothing is kept while every loss is nan
                read_checkpoint(path)
        return run / LAST
    if written.exists():
        raise BadRecipe(f"{run}: holds a run already; choose another --out, or --resume {run}")
    run.mkdir(parents=True, exist_ok=True)
    write_whole(tracks, split.encode())
    write_whole(written, settings.encode())
    return None


def _fit(
    learner: Learner,
    recipe: Recipe,
    feed: Feed,
    run: Path,
    checkpoint: Path | None,
    callbacks: Sequence[Callback],
    devices: Devices,
    logger: Any,
) -> None:
    training = recipe.training
    patience = [Patience(training.patience)] if training.patience else []
    trainer = lightning.Trainer(
        max_epochs=training.epochs,
        precision=_PRECISIONS[training.precision],  # type: ignore[arg-type]
        # The last ones write checkpoints, with what the others know after this epoch.
        callbacks=[MetricsLog(run / "metrics.jsonl"), *patience, *callbacks],
        plugins=[WholeFiles(), *devices.plugins()],
        reload_dataloaders_every_n_epochs=1,  # each epoch has crops of its own
        logger=logger or False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        default_root_dir=run,
        **devices.for_trainer(),
    )
    try:
        trainer.fit(learner, datamodule=feed, ckpt_path=checkpoint, weights_only=True)
    except SystemExit as error:  # what Lightning makes of Ctrl-C
        raise KeyboardInterrupt from error


def _tensorboard(run: Path) -> Any:
    """What writes the events of a run for TensorBoard, in a folder of its own.

    Raises:
        MissingExtra: it is not installed.
    """
    from lightning.pytorch.loggers import TensorBoardLogger

    try:
        return TensorBoardLogger(run, name="tensorboard", version="", default_hp_metric=False)
    except ImportError as error:
        raise MissingExtra(
            "--tensorboard needs the package tensorboard: pip install 'earmark[train]'"
        ) from error


def _quieten() -> None:
    """Lightning tells much that our users need not know."""
    for name in ("lightning", "lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    if not sys.warnoptions:
        warnings.filterwarnings("ignore", module="lightning")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", message=".*num_workers.*|.*LeafSpec.*")
