"""Training a network: Lightning, epoch by epoch.

last.ckpt         to go on from, written after each epoch
kept.ckpt         the weights of the epoch with the lowest valid loss, or of the last
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback
from numpy.typing import NDArray
from torch import Tensor, nn

from earmark.classifier import SHORTEST_SECONDS
from earmark.errors import BadRecipe, EarmarkError, MissingExtra
from earmark.features.base import Feature
from earmark.networks import build_network
from earmark.networks.base import Network, Observer, Stack
from earmark.training import folder
from earmark.training.checkpoints import (
    Checkpoints,
    MetricsLog,
    Patience,
    WholeFiles,
    read_checkpoint,
)
from earmark.training.data import ClipSet, Sides
from earmark.training.devices import ONE_PROCESSOR, Devices
from earmark.training.export import to_onnx, to_safetensors
from earmark.training.feed import Feed
from earmark.training.finish import Learnt
from earmark.training.folder import KEPT, LAST
from earmark.training.judge import asking
from earmark.training.memory import keep_freed_memory
from earmark.training.module import Learner
from earmark.training.pretraining import begin_with
from earmark.training.recipe import Recipe

_PRECISIONS = {"32": "32-true", "bf16": "bf16-mixed", "16": "16-mixed"}


def learn(
    recipe: Recipe,
    sides: Sides,
    run: Path,
    feature: Feature,
    *,
    parts: Mapping[str, Mapping[str, Tensor]] | None,
    start: Mapping[str, Tensor] | None,
    resume: bool,
    callbacks: Sequence[Callback],
    export: bool,
    checkpoint_seconds: float,
    devices: Devices | None,
    tensorboard: bool,
) -> Learnt:
    """Train the network of a recipe, and take the kept epoch; `train_on` says what is what."""
    _quieten()
    keep_freed_memory()
    devices = devices or ONE_PROCESSOR
    if recipe.training.threads:
        torch.set_num_threads(recipe.training.threads)
    lightning.seed_everything(recipe.seed, workers=True, verbose=False)
    feed = Feed(recipe, sides, devices.place)
    learner = _learner(recipe, sides, feed, feature, parts, start)
    logger = _tensorboard(run) if tensorboard else None
    checkpoint = None
    with devices.first_alone():
        if devices.first or resume:
            folder.begin(run, recipe, sides, resume=resume)
            checkpoint = _checkpoint(run)
    every = Checkpoints(run, keep=recipe.training.keep, every_seconds=checkpoint_seconds)
    _fit(learner, recipe, feed, run, checkpoint, [*callbacks, every], devices, logger)
    if not devices.first:
        sys.exit()
    return _kept(learner, recipe, sides, run, export=export)


def _kept(learner: Learner, recipe: Recipe, sides: Sides, run: Path, *, export: bool) -> Learnt:
    """The network of the kept epoch."""
    if not (run / KEPT).is_file():
        raise EarmarkError("no epoch had a finite valid loss; lower training.learning_rate")
    kept = read_checkpoint(run / KEPT)
    network = learner.judged.eval()
    network.load_state_dict(kept["state_dict"])
    model = _export(network, sides, recipe) if export else None

    def ask(clips: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        with torch.inference_mode():
            return [logits.float().numpy() for logits in network(torch.from_numpy(clips))]

    return Learnt(
        ask=ask if model is None else asking(model),
        model=model,
        weights=to_safetensors(network),
        parameters=sum(p.numel() for p in network.parameters()),
        epoch=int(kept["epoch"]),
        chosen=recipe.training.keep == "best",
        threads=torch.get_num_threads(),
        libraries=("torch", "lightning"),
    )


def _export(network: nn.Module, sides: Sides, recipe: Recipe) -> bytes:
    feature = sides.train[0].store.feature
    free = feature.time_axis == 1 and bool(network.any_length)
    fewest = int(network.fewest_columns) if free else None  # type: ignore[arg-type]
    first = next(clips for clips, _ in ClipSet(sides.valid, recipe.clips).batches())
    return to_onnx(network, [output.name for output in sides.outputs], first, fewest)


def _learner(
    recipe: Recipe,
    sides: Sides,
    feed: Feed,
    feature: Feature,
    parts: Mapping[str, Mapping[str, Tensor]] | None,
    start: Mapping[str, Tensor] | None,
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
    if start is not None:
        begin_with(network, start)
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


def _checkpoint(run: Path) -> Path | None:
    """Where to go on from, if there is something.

    Raises:
        EarmarkError: it is damaged.
    """
    if not (run / LAST).is_file():
        return None
    for path in (run / LAST, run / KEPT):
        if path.is_file():  # nothing is kept while every loss is nan
            read_checkpoint(path)
    return run / LAST


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
        callbacks=[MetricsLog(run / folder.METRICS), *patience, *callbacks],
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
