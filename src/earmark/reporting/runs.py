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


@dataclass(frozen=True)
class Run:
    """A finished run.

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
    def name(self) -> str:
        """What tables call it: the folder's name."""
        return self.path.resolve().name

    @property
    def chosen_on_it(self) -> bool:
        """Whether anything was chosen on what was judged."""
        side = self.about.get("metrics", {}).get(self.about["judged"], {})
        return bool(self.about.get("chosen_on_it", side.get("chosen_on_it", False)))


def read_run(path: Path) -> Run:
    """Read a run's folder.

    Raises:
        BadRun: it is missing, not a run, or not finished.
        EarmarkError: a file of it cannot be read or is damaged.
    """
    if not path.is_dir():
        what = "no such folder" if not path.exists() else "is a file, a run is a folder"
        raise BadRun(f"{path}: {what}")
    if not (path / "recipe.json").is_file():
        raise BadRun(f"{path}: not a run: it holds no recipe.json")
    if not (path / "run.json").is_file():
        raise BadRun(
            f"{path}: holds no run.json: the run is not finished (go on with --resume), or was "
            "made by an older Earmark (train again)"
        )
    about, recipe = _object(path / "run.json"), _object(path / "recipe.json")
    lacking = [key for key in ("network", "judged", "epoch") if key not in about]
    if lacking:
        raise BadRun(f"{path / 'run.json'}: damaged: it lacks {', '.join(lacking)}")
    return Run(path, about, recipe, read_history(path), read_answers(path / "predictions.csv"))


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
