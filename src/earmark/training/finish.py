"""The end of a run: what was learnt is judged, and becomes a bundle."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.bundle import Output, write_bundle
from earmark.evaluation.acquaintance import names_of
from earmark.evaluation.answers import Answers, write_answers
from earmark.evaluation.calibration import fit_temperature
from earmark.evaluation.summary import summarise
from earmark.features.base import Feature
from earmark.members import scores
from earmark.splits import split_checksum
from earmark.training.data import ClipSet, Item, OutputSpec, Sides
from earmark.training.folder import METRICS, write_whole
from earmark.training.judge import Ask, said
from earmark.training.recipe import Recipe

LICENCE_NOTE = (
    "The weights are MIT-licensed. They were learnt from spectrograms of recordings whose owners "
    "hold their rights; no recording can be restored from them."
)


@dataclass(frozen=True)
class Learnt:
    """A model that was trained, as far as judging and writing it need to know it.

    Attributes:
        ask: clips → logits of each output.
        model: as ONNX; None if it is not to be exported.
        weights: what it has learnt, as safetensors.
        parameters: how many numbers that is.
        epoch: the one that was kept.
        chosen: whether that was chosen on the valid side.
        threads: on how many it was trained.
        libraries: the packages that trained it.
    """

    ask: Ask
    model: bytes | None
    weights: bytes
    parameters: int
    epoch: int
    chosen: bool
    threads: int
    libraries: Sequence[str]


@dataclass(frozen=True)
class Trained:
    """What came of a training.

    Attributes:
        run: its folder.
        answers: by output, what it says of the judged side, or of the valid side if none is.
        summary: what stands in run.json.
        bundle: the bundle's folder, if it was exported.
    """

    run: Path
    answers: dict[str, Answers]
    summary: dict[str, Any]
    bundle: Path | None


def finish(
    learnt: Learnt, recipe: Recipe, sides: Sides, run: Path, feature: Feature, *, export: bool
) -> Trained:
    """Judge with what was learnt, and write predictions, run.json and the bundle."""
    valid = ClipSet(sides.valid, recipe.clips)
    logits = said(learnt.ask, valid)
    outputs = {
        spec.name: Output(spec.labels, _temperature(of_output, valid, spec), spec.kind)
        for spec, of_output in zip(sides.outputs, logits, strict=True)
    }
    side, judged = "valid", valid
    if sides.judged is not None:
        side, judged = "test", ClipSet(sides.judged, recipe.clips)
        logits = said(learnt.ask, judged)
    answers = _answers(logits, judged, sides.outputs, outputs)
    write_answers(run / "predictions.csv", list(answers.values()))
    metrics = {
        side: {
            "chosen_on_it": side == "valid" and learnt.chosen,
            "outputs": {name: summarise(given) for name, given in answers.items()},
        }
    }
    bundle = None
    if export and learnt.model is not None:
        bundle = run / "bundle"
        write_bundle(
            bundle,
            model=learnt.model,
            weights=learnt.weights,
            feature=feature,
            clips=recipe.clips,
            outputs=outputs,
            about=_about(learnt, recipe, sides) | {"metrics": metrics},
        )
    summary = _summary(learnt, recipe, sides, run) | {
        "temperatures": {name: output.temperature for name, output in outputs.items()},
        "judged": side,
        "metrics": metrics,
    }
    text = json.dumps(summary, indent=2, ensure_ascii=False) + "\n"
    write_whole(run / "run.json", text.encode("utf-8", "surrogatepass"))
    return Trained(run, answers, summary, bundle)


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


def _summary(learnt: Learnt, recipe: Recipe, sides: Sides, run: Path) -> dict[str, Any]:
    lines = [json.loads(line) for line in (run / METRICS).read_text(encoding="utf-8").splitlines()]
    return {
        "model": recipe.model.name,
        "seed": recipe.seed,
        "epoch": learnt.epoch,
        "epochs": len(lines),
        "seconds_per_epoch": sorted(line["seconds"] for line in lines)[len(lines) // 2],
        "parameters": learnt.parameters,
        "sides": sides.checksums(),
        "versions": versions(learnt.libraries),
    }


def _about(learnt: Learnt, recipe: Recipe, sides: Sides) -> dict[str, Any]:
    parts = {"train": sides.train, "valid": sides.valid}
    return {
        "recipe": recipe.to_dict(),
        "seed": recipe.seed,
        "epoch": learnt.epoch,
        "data": {
            name: {
                "n_tracks": len(side),
                "split_checksum": split_checksum(item.track for item in side),
                "feature_checksum": _checksum(side),
                **names_of(item.track for item in side),
            }
            for name, side in parts.items()
        }
        | ({"pretraining": names_of(sides.heard)} if sides.heard else {}),
        "versions": versions(learnt.libraries),
        "threads": learnt.threads,
        "licence": LICENCE_NOTE,
    }


def versions(libraries: Sequence[str] = ("torch", "lightning")) -> dict[str, str]:
    """What a training was made with: Earmark, Python, numpy, and what learnt."""
    import earmark

    return {
        "earmark": earmark.__version__,
        "python": platform.python_version(),
        **{name: version(name) for name in (*libraries, "numpy")},
    }


def _checksum(side: Sequence[Item]) -> str:
    digest = hashlib.sha256()
    for item in side:
        digest.update(np.ascontiguousarray(item.store.read(item.track.id)).tobytes())
    return digest.hexdigest()
