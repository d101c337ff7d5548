"""The end of a run: the best epoch becomes a bundle, judged by the tagger's own path."""

from __future__ import annotations

import csv
import hashlib
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch

from earmark.bundle import Output, write_bundle
from earmark.errors import EarmarkError
from earmark.evaluation.acquaintance import names_of
from earmark.evaluation.calibration import fit_temperature
from earmark.evaluation.judging import Judged, judge_tracks, report
from earmark.features import LogMel
from earmark.splits import split_checksum
from earmark.training.checkpoints import read_checkpoint
from earmark.training.data import Example, Sides
from earmark.training.export import run_onnx, to_onnx, to_safetensors
from earmark.training.module import Learner
from earmark.training.recipe import Recipe

LICENCE_NOTE = (
    "The weights are MIT-licensed. They were learnt from spectrograms of recordings whose owners "
    "hold their rights; no recording can be restored from them."
)


def finish(learner: Learner, recipe: Recipe, sides: Sides, run: Path, feature: LogMel) -> Path:
    """Take the best epoch, export it, judge the valid side as the tagger would, and write it."""
    if not (run / "best.ckpt").is_file():
        raise EarmarkError("no epoch had a finite valid loss; lower training.learning_rate")
    state = read_checkpoint(run / "best.ckpt")
    learner.load_state_dict(state["state_dict"])
    network = learner.average.module
    valid_clips = [recipe.clips(example.feature) for example in sides.valid]
    outputs = [recipe.data.output]
    fewest = learner.network.fewest_columns if learner.network.any_length else None
    model = to_onnx(network, outputs, valid_clips[0], fewest)
    logits = [run_onnx(model, clips)[0] for clips in valid_clips]
    answers = [sides.labels.index(example.label) for example in sides.valid]
    answered = {recipe.data.output: Output(sides.labels, fit_temperature(logits, answers))}
    bundle = run / "bundle"
    parts: dict[str, Any] = {
        "model": model,
        "weights": to_safetensors(network),
        "feature": feature,
        "clips": recipe.clips,
        "outputs": answered,
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
                **names_of(example.track for example in examples),
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
