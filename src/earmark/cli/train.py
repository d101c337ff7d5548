"""`earmark train`: run a recipe, show how it goes, and say how good the model is."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from earmark.classical import CLASSICAL
from earmark.cli.messages import complain, say, styled
from earmark.cli.split import leak_warning
from earmark.crew import available_cores
from earmark.datasets import parse_data_option
from earmark.errors import BadDataset, BadRecipe, BadSplit, EarmarkError, MissingExtra
from earmark.splits import read_split
from earmark.training import ranks
from earmark.training.models import check_options, without_effect
from earmark.training.recipe import Recipe, read_recipe

if TYPE_CHECKING:
    from earmark.training.finish import Trained


def run(
    recipe_path: Path,
    *,
    data: Sequence[str],
    out: Path | None,
    settings: Sequence[str],
    resume: Path | None,
    features: Path | None,
    split: Path | None,
    fold: int | None,
    accelerator: str,
    devices: int,
    nodes: int,
    tensorboard: bool,
) -> None:
    """Train and end the process with the exit code."""
    # What was typed is checked first: importing torch takes seconds.
    recipe = read_recipe(recipe_path, settings)
    folders = dict(parse_data_option(text) for text in data)
    if len(folders) < len(data):
        raise BadDataset("--data names a data set twice")
    sides = None if split is None else read_split(split)
    if fold is not None and sides is None:
        raise BadSplit("--fold names a fold of a split: add --split FILE.json")
    if out is not None and resume is not None:
        raise BadRecipe("--out is for a new run and --resume for an old one: give one of them")
    name = f"{recipe_path.stem}-s{recipe.seed}{'' if fold is None else f'-fold-{fold}'}"
    folder = resume or out or Path("runs") / name
    if sides is not None and (warning := leak_warning(sides)):
        _warn(f"{split}: {warning}")
    if classical := recipe.model.name in CLASSICAL:
        _check_classical(recipe, devices * nodes, accelerator, tensorboard)
    try:
        if devices * nodes > 1 and ranks.place() is None:
            sys.exit(_in_several_processes(folder, devices, nodes))
        trained = _train(
            recipe,
            folders,
            folder,
            None if classical else accelerator,
            split=sides,
            fold=fold,
            stores=features,
            jobs=available_cores(),
            resume=resume is not None,
            tensorboard=tensorboard,
            say=say,
        )
    except BadSplit as error:
        raise BadSplit(f"{split}: {error}" if split else str(error)) from error
    except KeyboardInterrupt:
        begun = (folder / "recipe.json").is_file()
        complain(f"stopped; to go on, add --resume {folder}" if begun else "stopped")
        sys.exit(130)
    say(_how_it_went(trained, recipe, classical))
    for side, judged in trained.summary["metrics"].items():
        for name, report in judged["outputs"].items():
            say(f"{name}: {side} {in_words(report)}")
    print(trained.bundle)  # noqa: T201  (the result, on stdout)


def _in_several_processes(folder: Path, devices: int, nodes: int) -> int:
    """Give this command once for each device, and the exit code of the whole."""
    try:
        return ranks.launch([sys.executable, "-m", "earmark", *sys.argv[1:]], devices, nodes)
    except ranks.ProcessLost as error:
        if (folder / "recipe.json").is_file():
            raise EarmarkError(f"{error}; to go on, add --resume {folder}") from error
        raise


def _check_classical(recipe: Recipe, processes: int, accelerator: str, tensorboard: bool) -> None:
    """Say what has no meaning for a model that is fitted in one step.

    Raises:
        BadRecipe: an option has none.
    """
    name = recipe.model.name
    check_options(name, processes, tensorboard)
    if accelerator == "gpu":
        raise BadRecipe(f"model {name} is fitted on the processor: leave --accelerator out")
    if idle := without_effect(recipe):
        _warn(f"{', '.join(idle)}: for networks, without effect on {name}")


def _warn(warning: str) -> None:
    say(f"{styled('warning:', 'yellow', sys.stderr)} {warning}")


def _train(
    recipe: Recipe, folders: dict[str, Path], folder: Path, accelerator: str | None, **options: Any
) -> Trained:
    """Train in this process, which may be one of several; no accelerator for classical models."""
    # The tagger sets one thread for itself; training wants all.
    os.environ.pop("OPENBLAS_NUM_THREADS", None)
    from earmark.training.run import train

    if accelerator is None:
        return train(recipe, folders, folder, **options)
    try:
        from earmark.cli.training_progress import training_progress
        from earmark.training.devices import Devices
    except ImportError as error:
        raise MissingExtra(
            f"training needs the extra `train` ({error.name} is missing): "
            "pip install 'earmark[train]', or make dev in a clone"
        ) from error
    ranks.end_with_parent()
    chosen = Devices.chosen(accelerator, ranks.place())
    with chosen.together(), training_progress(recipe.training.epochs) as watcher:
        watchers = [watcher] if chosen.first else []
        return train(recipe, folders, folder, devices=chosen, callbacks=watchers, **options)


def _how_it_went(trained: Trained, recipe: Recipe, classical: bool) -> str:
    """How the model came about, in a line."""
    summary = trained.summary
    if classical:
        learnt = trained.summary["sides"]["train"]["n_tracks"]
        return f"fitted to {learnt} tracks in {summary['seconds_per_epoch']:.1f} s"
    kept = "is best" if recipe.training.keep == "best" else "is kept"
    return f"epoch {summary['epoch']} of {summary['epochs']} {kept}"


def in_words(report: dict[str, Any]) -> str:
    """What a side's report says first."""
    found, tracks = report["per_track"], f"{report['n_tracks']} tracks"
    if report["kind"] == "classes":
        low, high = found["accuracy_interval"]
        interval = f"95 % interval {low:.1%} to {high:.1%}"
        return f"accuracy {found['accuracy']:.1%} ({interval}, {tracks})"
    if report["kind"] == "tags":
        return f"ROC-AUC {found['macro_roc_auc']:.3f}, mean of the tags ({tracks})"
    error = found["mean_absolute_error"]
    return f"r {found['r'] or 0:.2f}, mean absolute error {error:.2f} ({tracks})"
