"""A run: a folder in which a training takes place and everything it yields is kept.

recipe.json       all settings, defaults included
metrics.jsonl     one object per epoch
last.ckpt         to go on from, written after each epoch
best.ckpt         the epoch with the lowest valid loss
predictions.csv   probabilities of the valid side
bundle/           the model
"""

from __future__ import annotations

import csv
import json
import logging
import platform
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint
from torch.utils.data import DataLoader

from earmark.bundle import Output, write_bundle
from earmark.errors import BadRecipe, EarmarkError
from earmark.evaluation.calibration import fit_temperature
from earmark.evaluation.judging import Judged, judge_tracks, report
from earmark.features import LogMel, feature_from_dict
from earmark.networks import build_network
from earmark.splits import split_checksum
from earmark.training.data import Crops, Example, Sides, load_sides, steps_per_epoch
from earmark.training.export import run_onnx, to_onnx, to_safetensors
from earmark.training.module import Learner
from earmark.training.recipe import Recipe

LICENCE_NOTE = (
    "The weights are MIT-licensed. They were learnt from spectrograms of recordings whose owners "
    "hold their rights; no recording can be restored from them."
)


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
        EarmarkError: the training was interrupted, or its folder cannot be written.
    """
    _quieten()
    feature = _feature(recipe)
    sides = load_sides(recipe.data, folders, feature)
    try:
        checkpoint = _prepare_folder(run, recipe, resume)
        if recipe.training.threads:
            torch.set_num_threads(recipe.training.threads)
        lightning.seed_everything(recipe.seed, workers=True, verbose=False)
        learner = _learner(recipe, sides, feature)
        trainer = _fit(learner, recipe, sides, run, checkpoint, callbacks)
        if trainer.interrupted:
            raise EarmarkError(f"interrupted; to go on, add --resume {run}")
        return _finish(learner, recipe, sides, run, feature)
    except OSError as error:
        where = error.filename or run
        raise EarmarkError(f"{where}: cannot be written: {error.strerror or error}") from error


def _feature(recipe: Recipe) -> LogMel:
    try:
        return feature_from_dict({"name": LogMel.name, **recipe.feature})
    except (TypeError, ValueError) as error:
        raise BadRecipe(f"feature: {error}") from error


def _learner(recipe: Recipe, sides: Sides, feature: LogMel) -> Learner:
    network = build_network(
        recipe.network.name,
        recipe.network.settings,
        bands=feature.bands,
        outputs={recipe.data.output: len(sides.labels)},
    )
    steps = steps_per_epoch(len(sides.train), recipe) * recipe.training.epochs
    return Learner(network, recipe.training, steps)


def _prepare_folder(run: Path, recipe: Recipe, resume: bool) -> Path | None:
    """Make the folder, or find the checkpoint to go on from."""
    settings = json.dumps(recipe.to_dict(), indent=2) + "\n"
    written = run / "recipe.json"
    if resume:
        if not written.is_file():
            raise BadRecipe(f"{run}: no run to resume")
        old, new = json.loads(written.read_text("utf-8")), json.loads(settings)
        if old != new:
            changed = [key for key in new if old.get(key) != new[key]]
            raise BadRecipe(f"{run}: was begun with another recipe; changed: {', '.join(changed)}")
        checkpoint = run / "last.ckpt"
        return checkpoint if checkpoint.is_file() else None
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
) -> lightning.Trainer:
    training = recipe.training
    last = ModelCheckpoint(
        dirpath=run, filename="last", enable_version_counter=False, save_on_train_epoch_end=False
    )
    best = ModelCheckpoint(
        dirpath=run,
        filename="best",
        monitor="valid_loss",
        enable_version_counter=False,
        save_weights_only=True,
    )
    trainer = lightning.Trainer(
        max_epochs=training.epochs,
        accelerator="cpu",
        devices=1,
        precision="bf16-mixed" if training.precision == "bf16" else "32-true",
        deterministic=True,
        callbacks=[
            MetricsLog(run / "metrics.jsonl"),
            EarlyStopping("valid_loss", patience=training.patience),
            *callbacks,
            best,
            last,
        ],
        reload_dataloaders_every_n_epochs=1,  # each epoch has crops of its own
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        default_root_dir=run,
    )
    trainer.fit(learner, datamodule=_Feed(recipe, sides), ckpt_path=checkpoint, weights_only=True)
    return trainer


class _Feed(lightning.LightningDataModule):
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


class MetricsLog(Callback):
    """Appends one line of JSON per epoch."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def on_validation_end(self, trainer: Any, _module: Any) -> None:
        """Write what was measured in this epoch."""
        values = {key: float(value) for key, value in trainer.callback_metrics.items()}
        line = json.dumps({"epoch": trainer.current_epoch + 1, **values})
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def _finish(learner: Learner, recipe: Recipe, sides: Sides, run: Path, feature: LogMel) -> Path:
    """Take the best epoch, export it, judge the valid side as the tagger would, and write it."""
    state = torch.load(run / "best.ckpt", map_location="cpu", weights_only=True)
    learner.load_state_dict(state["state_dict"])
    network = learner.average.module
    valid_clips = [recipe.clips(example.feature) for example in sides.valid]
    model = to_onnx(network, [recipe.data.output], valid_clips[0])
    logits = [run_onnx(model, clips)[0] for clips in valid_clips]
    answers = [sides.labels.index(example.label) for example in sides.valid]
    outputs = {recipe.data.output: Output(sides.labels, fit_temperature(logits, answers))}
    bundle = run / "bundle"
    parts: dict[str, Any] = {
        "model": model,
        "weights": to_safetensors(network),
        "feature": feature,
        "clips": recipe.clips,
        "outputs": outputs,
    }
    about = _about(recipe, sides, int(state["epoch"]) + 1)
    write_bundle(bundle, **parts, about=about)
    judged = _judge_valid(bundle, sides.valid, recipe.data.output)
    summary = report(judged, sides.labels, recipe.data.output)
    about["metrics"] = {"valid": {**summary.to_dict(), "chosen_on_it": True}}
    write_bundle(bundle, **parts, about=about)
    _write_predictions(run / "predictions.csv", judged, sides.labels, recipe.data.output)
    return bundle


def _judge_valid(bundle: Path, valid: Sequence[Example], output: str) -> list[Judged]:
    tracks = [example.track for example in valid]
    kind = "log-mel" if tracks[0].path.suffix.lower() == ".png" else "audio"
    return list(judge_tracks(tracks, kind, model=bundle, output=output))


def _about(recipe: Recipe, sides: Sides, epoch: int) -> dict[str, Any]:
    import earmark

    parts = {"train": sides.train, "valid": sides.valid}
    return {
        "recipe": recipe.to_dict(),
        "seed": recipe.seed,
        "epoch": epoch,
        "data": {
            name: {
                "n_tracks": len(examples),
                "split_checksum": split_checksum(example.track for example in examples),
                "feature_checksum": _checksum(examples),
            }
            for name, examples in parts.items()
        },
        "versions": {
            "earmark": earmark.__version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "lightning": lightning.__version__,
            "numpy": np.__version__,
        },
        "threads": torch.get_num_threads(),
        "licence": LICENCE_NOTE,
    }


def _checksum(examples: Sequence[Example]) -> str:
    import hashlib

    digest = hashlib.sha256()
    for example in examples:
        digest.update(np.ascontiguousarray(example.feature).tobytes())
    return digest.hexdigest()


def _write_predictions(
    path: Path, judged: Sequence[Judged], labels: Sequence[str], output: str
) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["track", output, *labels])
        for item in judged:
            row = [f"{item.probabilities.get(label, float('nan')):.6f}" for label in labels]
            writer.writerow([item.track.id, item.track.labels[output], *row])


def _quieten() -> None:
    """Lightning tells much that our users need not know."""
    for name in ("lightning", "lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    if not sys.warnoptions:
        warnings.filterwarnings("ignore", module="lightning")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", message=".*num_workers.*|.*LeafSpec.*")
