"""A run: a folder in which a training takes place and everything it yields is kept.

recipe.json       all settings, defaults included
metrics.jsonl     one object per epoch
last.ckpt         to go on from, written after each epoch
best.ckpt         the epoch with the lowest valid loss
predictions.csv   probabilities of the valid side
bundle/           the model
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback

from earmark.classifier import SHORTEST_SECONDS
from earmark.errors import BadRecipe, EarmarkError
from earmark.features import LogMel, feature_from_dict
from earmark.networks import build_network
from earmark.networks.base import Network, Observer, Stack
from earmark.training.checkpoints import (
    Checkpoints,
    MetricsLog,
    Patience,
    WholeFiles,
    read_checkpoint,
)
from earmark.training.data import Feed, Sides, load_sides, steps_per_epoch
from earmark.training.finish import finish
from earmark.training.module import Learner
from earmark.training.recipe import Recipe


def train(
    recipe: Recipe,
    folders: Mapping[str, Path],
    run: Path,
    *,
    resume: bool = False,
    callbacks: Sequence[Callback] = (),
) -> Path:
    """Train, and write the run's folder.

    Args:
        recipe: what to do.
        folders: where each of its data sets lies.
        run: the folder; it must be new, or, with `resume`, that of a run of the same recipe.
        resume: go on after the last finished epoch.
        callbacks: Lightning callbacks that watch.

    Returns:
        The folder of the bundle.

    Raises:
        BadRecipe: a setting is impossible, or the run to resume had another recipe.
        BadDataset, BadSplit, UnreadableFile: the data cannot be used.
        EarmarkError: nothing could be learnt, or the folder cannot be written.
        KeyboardInterrupt: the training was interrupted.
    """
    _quieten()
    feature = _feature(recipe)
    sides = load_sides(recipe.data, folders, feature)
    try:
        if recipe.training.threads:
            torch.set_num_threads(recipe.training.threads)
        lightning.seed_everything(recipe.seed, workers=True, verbose=False)
        learner = _learner(recipe, sides, feature)
        checkpoint = _prepare_folder(run, recipe, resume)
        _fit(learner, recipe, sides, run, checkpoint, callbacks)
        return finish(learner, recipe, sides, run, feature)
    except OSError as error:
        where = error.filename or run
        raise EarmarkError(f"{where}: cannot be written: {error.strerror or error}") from error


def _feature(recipe: Recipe) -> LogMel:
    try:
        feature: LogMel = feature_from_dict({"name": LogMel.name, **recipe.feature})
        return feature
    except (TypeError, ValueError) as error:
        raise BadRecipe(f"feature: {error}") from error


def _learner(recipe: Recipe, sides: Sides, feature: LogMel) -> Learner:
    network = build_network(
        recipe.network.name,
        recipe.network.settings,
        shape=(feature.bands, recipe.training.crop_columns),
        outputs={recipe.data.output: len(sides.labels)},
    )
    if isinstance(network, Stack):
        raise BadRecipe(
            f"network {recipe.network.name} judges by trained parts, which a recipe cannot name yet"
        )
    _check_lengths(network, recipe, feature)
    if isinstance(network, Observer):
        clips = np.concatenate([recipe.clips(example.feature) for example in sides.train])
        network.observe(torch.from_numpy(clips))
    steps = steps_per_epoch(len(sides.train), recipe) * recipe.training.epochs
    return Learner(network, recipe.training, steps)


def _check_lengths(network: Network, recipe: Recipe, feature: LogMel) -> None:
    """Training must not reach its end with a model that cannot judge every track."""
    name, cropped = recipe.network.name, recipe.training.crop_columns
    if not network.any_length and recipe.clips.columns != cropped:
        raise BadRecipe(
            f"network {name} takes clips of one length only: set clips.columns to "
            f"training.crop_columns, which is {cropped}"
        )
    judged = recipe.clips.columns or feature.shape(SHORTEST_SECONDS)[1]
    if network.fewest_columns > min(cropped, judged):
        raise BadRecipe(
            f"network {name} takes at least {network.fewest_columns} columns, but "
            f"a clip may have {min(cropped, judged)}"
        )


def _prepare_folder(run: Path, recipe: Recipe, resume: bool) -> Path | None:
    """Make the folder, or find the checkpoint to go on from."""
    settings = json.dumps(recipe.to_dict(), indent=2) + "\n"
    written = run / "recipe.json"
    if resume:
        if not written.is_file():
            raise BadRecipe(f"{run}: no run to resume")
        try:
            old, new = json.loads(written.read_bytes()), json.loads(settings)
        except ValueError as error:
            raise EarmarkError(f"{written}: damaged: {error}") from error
        if old != new:
            changed = [key for key in new if old.get(key) != new[key]]
            raise BadRecipe(f"{run}: was begun with another recipe; changed: {', '.join(changed)}")
        checkpoint = run / "last.ckpt"
        if not checkpoint.is_file():
            return None
        for path in (checkpoint, run / "best.ckpt"):
            if path.is_file():  # there is no best one while every loss is nan
                read_checkpoint(path)
        return checkpoint
    if written.exists():
        raise BadRecipe(f"{run}: holds a run already; choose another --out, or --resume {run}")
    run.mkdir(parents=True, exist_ok=True)
    written.write_text(settings, encoding="utf-8")
    return None


def _fit(
    learner: Learner,
    recipe: Recipe,
    sides: Sides,
    run: Path,
    checkpoint: Path | None,
    callbacks: Sequence[Callback],
) -> None:
    training = recipe.training
    trainer = lightning.Trainer(
        max_epochs=training.epochs,
        accelerator="cpu",
        devices=1,
        precision="bf16-mixed" if training.precision == "bf16" else "32-true",
        deterministic=True,
        callbacks=[
            MetricsLog(run / "metrics.jsonl"),
            Patience(training.patience),
            *callbacks,
            Checkpoints(run),  # last, to store what the others know after this epoch
        ],
        plugins=[WholeFiles()],
        reload_dataloaders_every_n_epochs=1,  # each epoch has crops of its own
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        default_root_dir=run,
    )
    feed = Feed(recipe, sides)
    try:
        trainer.fit(learner, datamodule=feed, ckpt_path=checkpoint, weights_only=True)
    except SystemExit as error:  # what Lightning makes of Ctrl-C
        raise KeyboardInterrupt from error


def _quieten() -> None:
    """Lightning tells much that our users need not know."""
    for name in ("lightning", "lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    if not sys.warnoptions:
        warnings.filterwarnings("ignore", module="lightning")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", message=".*num_workers.*|.*LeafSpec.*")
