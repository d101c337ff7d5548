"""The folder of a run, read back: what was learnt, how it went, what the model said.

Only plain text is read (run.json, recipe.json, metrics.jsonl, predictions.csv), so that runs can be
looked at without what trained them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earmark.errors import BadRun
from earmark.evaluation.answers import Answers, read_answers

History = Sequence[Mapping[str, Any]]
"""What metrics.jsonl holds: an object per epoch."""

_ABOUT, _RECIPE, _ANSWERS = "run.json", "recipe.json", "predictions.csv"


@dataclass(frozen=True)
class Training:
    """A finished training.

    Attributes:
        path: its folder.
        about: what run.json holds.
        recipe: what recipe.json holds.
        history: an object per epoch.
        answers: what the model said of the judged side, by output.
    """

    path: Path
    about: Mapping[str, Any]
    recipe: Mapping[str, Any]
    history: History
    answers: Mapping[str, Answers]

    @property
    def chosen_on_it(self) -> bool:
        """Whether anything was chosen on what was judged."""
        side = self.about.get("metrics", {}).get(self.about["judged"], {})
        return bool(self.about.get("chosen_on_it", side.get("chosen_on_it", False)))

    @property
    def gap(self) -> float | None:
        """The overfitting gap at the epoch that was kept."""
        return gap(self.history, self.about["epoch"])


@dataclass(frozen=True)
class Run:
    """What is compared: a training, or one per fold, whose judged sides are joined.

    Attributes:
        path: the folder.
        trainings: one, or those of the folds.
        answers: what was said of all judged tracks, by output.
    """

    path: Path
    trainings: tuple[Training, ...]
    answers: Mapping[str, Answers]


def read_run(path: Path) -> Run:
    """Read the folder of a run, or one that holds the run of each fold.

    Raises:
        BadRun: it is missing, not a run, not finished, or its folds do not fit together.
        EarmarkError: a file of it cannot be read or is damaged.
    """
    if not path.is_dir():
        what = "no such folder" if not path.exists() else "is a file, a run is a folder"
        raise BadRun(f"{path}: {what}")
    if (path / _RECIPE).is_file():
        training = _read_training(path)
        return Run(path, (training,), training.answers)
    folds = [child for child in sorted(path.iterdir()) if (child / _RECIPE).is_file()]
    if not folds:
        raise BadRun(f"{path}: not a run: neither it nor a folder in it holds {_RECIPE}")
    trainings = tuple(_read_training(fold) for fold in folds)
    outputs = [
        name for name in trainings[0].answers if all(name in fold.answers for fold in trainings)
    ]
    try:
        answers = {
            name: Answers.joined(fold.answers[name] for fold in trainings) for name in outputs
        }
    except ValueError as error:
        raise BadRun(f"{path}: the runs in it are no folds of one: {error}") from error
    return Run(path, trainings, answers)


def _read_training(path: Path) -> Training:
    if not (path / _ABOUT).is_file():
        raise BadRun(
            f"{path}: holds no {_ABOUT}: the run is not finished (go on with --resume), or was "
            "made by an older Earmark (train again)"
        )
    about, recipe = _object(path / _ABOUT), _object(path / _RECIPE)
    lacking = [key for key in ("model", "judged", "epoch") if key not in about]
    if lacking:
        raise BadRun(f"{path / _ABOUT}: damaged: it lacks {', '.join(lacking)}")
    return Training(path, about, recipe, read_history(path), read_answers(path / _ANSWERS))


def read_history(path: Path) -> list[dict[str, Any]]:
    """What a run's metrics.jsonl holds, an object per epoch; nothing where there is no such file.

    Raises:
        BadRun: it is damaged.
    """
    file = path / "metrics.jsonl"
    if not file.is_file():
        return []
    try:
        rows = [json.loads(line) for line in _text(file).splitlines() if line.strip()]
        return [{"epoch": row["epoch"], **row} for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise BadRun(f"{file}: damaged: {error}") from error


def gap(history: History, epoch: int | None) -> float | None:
    """How much better the train side did than the valid side at an epoch: the overfitting gap.

    The difference of accuracies; None where that epoch does not have both.
    """
    for row in history:
        if row["epoch"] == epoch and "train_accuracy" in row and "valid_accuracy" in row:
            found = float(row["train_accuracy"]) - float(row["valid_accuracy"])
            return found if math.isfinite(found) else None
    return None


def _object(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(_text(file))
    except ValueError as error:
        raise BadRun(f"{file}: damaged: {error}") from error
    if not isinstance(found, dict):
        raise BadRun(f"{file}: damaged: it holds no object")
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="surrogatepass")
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadRun(f"{file}: cannot be read: {reason}") from error
