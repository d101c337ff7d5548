"""The end of a run: the kept epoch is judged, and becomes a bundle."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from earmark.bundle import Output, write_bundle
from earmark.classifier import scores
from earmark.errors import EarmarkError
from earmark.evaluation.acquaintance import names_of
from earmark.evaluation.answers import Answers, write_answers
from earmark.evaluation.calibration import fit_temperature
from earmark.evaluation.summary import summarise
from earmark.features.base import Feature
from earmark.splits import split_checksum
from earmark.training.checkpoints import KEPT, read_checkpoint, write_whole
from earmark.training.data import ClipSet, Item, OutputSpec, Sides
from earmark.training.export import run_onnx, to_onnx, to_safetensors
from earmark.training.module import Learner
from earmark.training.recipe import Recipe

LICENCE_NOTE = (
    "The weights are MIT-licensed. They were learnt from spectrograms of recordings whose owners "
    "hold their rights; no recording can be restored from them."
)

Ask = Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]
"""Clips → logits of each output."""


@dataclass(frozen=True)
class Trained:
    """What came of a training.

    Attributes:
        run: its folder.
        network: with the weights of the kept epoch.
        answers: by output, what it says of the judged side, or of the valid side if none is.
        summary: what stands in run.json.
        bundle: the bundle's folder, if it was exported.
    """

    run: Path
    network: nn.Module
    answers: dict[str, Answers]
    summary: dict[str, Any]
    bundle: Path | None


def finish(
    learner: Learner, recipe: Recipe, sides: Sides, run: Path, feature: Feature, *, export: bool
) -> Trained:
    """Take the kept epoch, judge with it, and write predictions, run.json and the bundle."""
    if not (run / KEPT).is_file():
        raise EarmarkError("no epoch had a finite valid loss; lower training.learning_rate")
    kept = read_checkpoint(run / KEPT)
    network = learner.judged.eval()
    network.load_state_dict(kept["state_dict"])
    valid = ClipSet(sides.valid, recipe.clips)
    model = _export(network, sides, valid) if export else None
    ask = _asking(network) if model is None else (lambda clips: run_onnx(model, clips))
    logits = _logits(ask, valid)
    outputs = {
        spec.name: Output(spec.labels, _temperature(of_output, valid, spec), spec.kind)
        for spec, of_output in zip(sides.outputs, logits, strict=True)
    }
    side, judged = "valid", valid
    if sides.judged is not None:
        side, judged = "test", ClipSet(sides.judged, recipe.clips)
        logits = _logits(ask, judged)
    answers = _answers(logits, judged, sides.outputs, outputs)
    write_answers(run / "predictions.csv", list(answers.values()))
    bundle = None
    metrics = {
        side: {
            "chosen_on_it": side == "valid" and recipe.training.keep == "best",
            "outputs": {name: summarise(given) for name, given in answers.items()},
        }
    }
    summary = _summary(learner, recipe, sides, run, int(kept["epoch"]))
    if model is not None:
        bundle = run / "bundle"
        write_bundle(
            bundle,
            model=model,
            weights=to_safetensors(network),
            feature=feature,
            clips=recipe.clips,
            outputs=outputs,
            about=_about(recipe, sides, summary["epoch"]) | {"metrics": metrics},
        )
    summary |= {"judged": side, "metrics": metrics}
    text = json.dumps(summary, indent=2, ensure_ascii=False) + "\n"
    write_whole(run / "run.json", text.encode("utf-8", "surrogatepass"))
    return Trained(run, network, answers, summary, bundle)


def _export(network: nn.Module, sides: Sides, valid: ClipSet) -> bytes:
    feature = sides.train[0].store.feature
    free = feature.time_axis == 1 and bool(network.any_length)
    fewest = int(network.fewest_columns) if free else None  # type: ignore[arg-type]
    first = next(clips for clips, _ in valid.batches())
    return to_onnx(network, [output.name for output in sides.outputs], first, fewest)


def _asking(network: nn.Module) -> Ask:
    def ask(clips: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        with torch.inference_mode():
            return [logits.float().numpy() for logits in network(torch.from_numpy(clips))]

    return ask


def _logits(ask: Ask, clips: ClipSet) -> list[NDArray[np.float32]]:
    """What the network says of every clip, by output [shape=(clips, labels)].

    Raises:
        EarmarkError: some of it is no number.
    """
    batches = [ask(batch) for batch, _ in clips.batches()]
    logits = [np.concatenate(parts) for parts in zip(*batches, strict=True)]
    if not all(np.isfinite(of_output).all() for of_output in logits):
        raise EarmarkError("the answers are no numbers; lower training.learning_rate")
    return logits


def _temperature(logits: NDArray[np.float32], valid: ClipSet, output: OutputSpec) -> float:
    """The temperature of an output, fitted track by track; 1 for what is no choice of one."""
    if output.kind != "classes":
        return 1.0
    of_item = np.array([valid.item(index) for index in range(len(valid))])
    return fit_temperature(
        [logits[of_item == number] for number in range(len(valid.items))],
        [output.truth(item.track) for item in valid.items],
    )


def _answers(
    logits: Sequence[NDArray[np.float32]],
    clips: ClipSet,
    specs: Sequence[OutputSpec],
    outputs: Mapping[str, Output],
) -> dict[str, Answers]:
    """Logits as scores, with the truth."""
    items: list[Item] = [clips.items[clips.item(index)] for index in range(len(clips))]
    return {
        spec.name: Answers(
            output=spec.name,
            kind=spec.kind,
            labels=spec.labels,
            tracks=tuple(item.track.id for item in items),
            artists=tuple(item.track.artist for item in items),
            clips=tuple(clips.number(index) for index in range(len(clips))),
            truth=np.array([spec.truth(item.track) for item in items]),
            scores=scores(of_output, outputs[spec.name]),
        )
        for spec, of_output in zip(specs, logits, strict=True)
    }


def _summary(
    learner: Learner, recipe: Recipe, sides: Sides, run: Path, epoch: int
) -> dict[str, Any]:
    lines = [
        json.loads(line)
        for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    return {
        "model": recipe.model.name,
        "seed": recipe.seed,
        "epoch": epoch,
        "epochs": len(lines),
        "seconds_per_epoch": sorted(line["seconds"] for line in lines)[len(lines) // 2],
        "parameters": sum(p.numel() for p in learner.judged.parameters()),
        "sides": sides.checksums(),
        "versions": versions(),
    }


def _about(recipe: Recipe, sides: Sides, epoch: int) -> dict[str, Any]:
    parts = {"train": sides.train, "valid": sides.valid}
    return {
        "recipe": recipe.to_dict(),
        "seed": recipe.seed,
        "epoch": epoch,
        "data": {
            name: {
                "n_tracks": len(side),
                "split_checksum": split_checksum(item.track for item in side),
                "feature_checksum": _checksum(side),
                **names_of(item.track for item in side),
            }
            for name, side in parts.items()
        },
        "versions": versions(),
        "threads": torch.get_num_threads(),
        "licence": LICENCE_NOTE,
    }


def versions() -> dict[str, str]:
    """What a training was made with."""
    import earmark

    return {
        "earmark": earmark.__version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "lightning": lightning.__version__,
        "numpy": np.__version__,
    }


def _checksum(side: Sequence[Item]) -> str:
    digest = hashlib.sha256()
    for item in side:
        digest.update(np.ascontiguousarray(item.store.read(item.track.id)).tobytes())
    return digest.hexdigest()
