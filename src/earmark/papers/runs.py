"""Finished runs, read from their folders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from earmark.errors import BadRecipe, EarmarkError
from earmark.evaluation.answers import Answers, read_answers
from earmark.training.recipe import Recipe, with_defaults


def is_finished(run: Path) -> bool:
    """Whether a run is there and whole."""
    return (run / "run.json").is_file() and (run / "predictions.csv").is_file()


def as_begun(run: Path, recipe: Recipe) -> Recipe:
    """The recipe with the number of threads that a run was begun with, if it was.

    That does not change what a run is, but it must be the same for the run to be resumed.

    Raises:
        BadRecipe: the run was begun with a recipe that differs in more.
        EarmarkError: what it was begun with cannot be read.
    """
    if not (run / "recipe.json").is_file():
        return recipe
    old, new = read_json(run / "recipe.json"), json.loads(json.dumps(recipe.to_dict()))
    with suppress(BadRecipe):  # what is no recipe today differs in any case
        old = with_defaults(old)
    threads = old.get("training", {}).get("threads")
    new["training"]["threads"] = threads
    if old != new:
        changed = ", ".join(key for key in new if old.get(key) != new[key])
        raise BadRecipe(
            f"{run}: was run by another recipe ({changed}); delete it, or take other --runs"
        )
    return replace(recipe, training=replace(recipe.training, threads=threads))


def pooled(folders: Sequence[Path]) -> dict[str, Answers]:
    """The answers of all folds, by output."""
    parts = [read_answers(run / "predictions.csv") for run in folders]
    return {output: Answers.joined(part[output] for part in parts) for output in parts[0]}


def read_weights(run: Path) -> dict[str, Any]:
    """The weights that were kept.

    Raises:
        EarmarkError: they are not there any more, or damaged.
    """
    from earmark.training.checkpoints import read_checkpoint
    from earmark.training.folder import KEPT

    if not (run / KEPT).is_file():
        raise EarmarkError(f"{run}: its weights were deleted; delete the folder to train it again")
    state: dict[str, Any] = read_checkpoint(run / KEPT)["state_dict"]
    return state


def in_a_line(run: Path) -> str:
    """How a run went, in a few words."""
    told = read_json(run / "run.json")
    said = []
    for output, answers in read_answers(run / "predictions.csv").items():
        whole = answers.per_track()
        if answers.kind == "classes":
            said.append(f"{output} {whole.right.mean():.1%} of {len(whole)} tracks")
        else:
            said.append(f"{output} of {len(whole)} tracks")
    minutes = told["seconds_per_epoch"] * told["epochs"] / 60
    return f"{', '.join(said)}; epoch {told['epoch']} of {told['epochs']}, {minutes:.1f} min"


def read_json(path: Path) -> dict[str, Any]:
    """A JSON file of a run.

    Raises:
        EarmarkError: it cannot be read.
    """
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
        return found
    except (OSError, ValueError) as error:
        raise EarmarkError(f"{path}: damaged; delete its folder to run it again") from error


def read_epochs(run: Path) -> list[dict[str, Any]]:
    """What was measured in each epoch of a run.

    Raises:
        EarmarkError: that cannot be read.
    """
    path = run / "metrics.jsonl"
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise EarmarkError(f"{path}: damaged; delete its folder to run it again") from error
