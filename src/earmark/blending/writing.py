"""What comes of a blend: answers, a report, and the bundle.

RUNS/blend-SIDE/predictions.csv   what the blend says of the judged tracks
RUNS/blend-SIDE/blend.json        how good that is, of the blend and of each member; what it took
OUT/                              the bundle
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from earmark import bandwidth
from earmark.bandwidth import BandwidthExtension
from earmark.blending.compact import in_eight_bits
from earmark.blending.pooling import Pooled
from earmark.blending.recipe import BlendRecipe
from earmark.blending.sides import Side
from earmark.blending.training import Taught
from earmark.bundle import Bundle, Member, Part, read_bundle, write_blend
from earmark.errors import EarmarkError
from earmark.evaluation.answers import Answers, write_answers
from earmark.evaluation.summary import summarise
from earmark.evaluation.thresholds import find_thresholds, held_out
from earmark.features import LogMel
from earmark.features.base import Array
from earmark.splits.lists import names_checksum
from earmark.training.finish import LICENCE_NOTE, versions
from earmark.training.folder import write_whole
from earmark.training.models import is_classical

_SHORT = (
    "n",
    "accuracy",
    "accuracy_interval",
    "accuracy_interval_by_artist",
    "calibration_error",
    "macro_roc_auc",
    "r",
    "r_interval_by_artist",
    "mean_absolute_error",
)


@dataclass(frozen=True)
class Blended:
    """A blend, trained and judged.

    Attributes:
        recipe: what was asked for.
        side: what it was judged on.
        taught: its voices.
        outputs: its answers, by output.
        command: how it was made.
    """

    recipe: BlendRecipe
    side: Side
    taught: Sequence[Taught]
    outputs: Mapping[str, Pooled]
    command: str

    @property
    def metrics(self) -> dict[str, Any]:
        """How good it is, as a bundle says it."""
        official = self.side == "official"
        return {
            "valid" if official else "folds": {
                "chosen_on_it": official,
                "outputs": {name: summarise(found.answers) for name, found in self.outputs.items()},
            }
        }


def write_report(blended: Blended, folder: Path) -> dict[str, Any]:
    """Write answers and report; gives the report.

    Raises:
        EarmarkError: the folder cannot be written.
    """
    metrics = blended.metrics
    (judged,) = metrics.values()
    report = {
        "command": blended.command,
        "side": blended.side,
        "chosen_on_it": judged["chosen_on_it"],
        "minutes": round(sum(each.minutes for each in blended.taught), 2),
        "versions": versions(()),
        "recipe": blended.recipe.table,
        "outputs": {
            name: _about_output(blended, name, judged["outputs"][name]) for name in blended.outputs
        },
        "runs": {each.voice.name: _about_runs(each) for each in blended.taught},
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        answers = [found.answers for found in blended.outputs.values()]
        write_answers(folder / "predictions.csv", answers)
        text = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
        write_whole(folder / "blend.json", text.encode("utf-8", "surrogatepass"))
    except OSError as error:
        raise _unwritable(error, folder) from error
    return report


def write_blended(
    blended: Blended, path: Path, log_mels: Callable[[str, Collection[str]], Iterable[Array]]
) -> None:
    """Write the bundle, of the models that stand for the blend.

    Args:
        blended: the blend.
        path: the folder to write.
        log_mels: gives those of tracks of a data set. What is expected in bands that a sound lacks
            follows from what the members of the first output have learnt from: their data set, and
            of no other, since they know music as that has it.

    Raises:
        BadBundle: the bundle of a run is missing or damaged.
        EarmarkError: the folder cannot be written.
    """
    bundles = {
        each.voice.name: read_bundle(each.model / "bundle")
        for each in blended.taught
        if each.model is not None
    }
    members = [
        _member(blended, each, bundles[each.voice.name])
        for each in blended.taught
        if each.voice.name in bundles
    ]
    recipes = {each.voice.member: each.voice.recipe.to_dict() for each in blended.taught}
    seeds = {
        member: [voice.recipe.seed for voice in blended.recipe.of_member(member)]
        for member in recipes
    }
    sides = ("train", "valid") if blended.side == "official" else ("train",)
    every = [bundle.manifest for bundle in bundles.values()]
    met = {side: _met(every, side) for side in sides}
    first = blended.recipe.weights(blended.recipe.outputs[0])
    main = next(voice.recipe.data.main for voice in blended.recipe.voices if voice.name in first)
    extension = BandwidthExtension.learn(log_mels(main, set(met["train"]["tracks"])))
    files = {bandwidth.FILE: bandwidth.extension_file(extension)} if extension else {}
    about = {
        "recipe": {
            "model": {"name": "blend", "settings": blended.recipe.table},
            "members": recipes,
        },
        "seeds": seeds,
        "command": blended.command,
        "minutes": round(sum(each.minutes for each in blended.taught), 2),
        "data": met,
        "versions": {key: value for told in every for key, value in told["versions"].items()},
        "licence": LICENCE_NOTE,
        "metrics": blended.metrics,
    }
    outputs = {name: found.output for name, found in blended.outputs.items()}
    try:
        write_blend(
            path, members=members, feature=LogMel(), outputs=outputs, about=about, files=files
        )
    except OSError as error:
        raise _unwritable(error, path) from error


def _member(blended: Blended, taught: Taught, bundle: Bundle) -> Member:
    parts = {}
    for output in blended.recipe.outputs:
        weights = blended.recipe.weights(output)
        if (name := taught.voice.name) in weights:
            temperature = taught.temperatures[output.of]
            parts[output.name] = Part(
                output.of, weights[name], temperature, output.scale, output.offset
            )
    classical = is_classical(taught.voice.recipe.model.name)
    model = bundle.model if classical else in_eight_bits(bundle.model)
    return Member(taught.voice.name, model, bundle.feature, bundle.clips, parts)


def _met(manifests: Sequence[Mapping[str, Any]], side: str) -> dict[str, Any]:
    """Whose tracks any of the members has met on a side."""
    sides = (side, "pretraining") if side == "train" else (side,)
    parts = [
        manifest["data"][name]
        for manifest in manifests
        for name in sides
        if name in manifest["data"]
    ]
    tracks, artists = (
        sorted({name for part in parts for name in part[key]}) for key in ("tracks", "artists")
    )
    return {
        "n_tracks": len(tracks),
        "split_checksum": names_checksum(tracks),
        "tracks": tracks,
        "artists": artists,
    }


def _about_output(blended: Blended, name: str, summary: Mapping[str, Any]) -> dict[str, Any]:
    """How good an output is: the blend's, each voice's, and the mean of a member's seeds."""
    found = blended.outputs[name]
    alone = {voice: _short(answers) for voice, answers in found.members.items()}
    key = {"classes": "accuracy", "tags": "macro_roc_auc", "number": "r"}[found.answers.kind]
    means = {}
    for member in dict.fromkeys(each.voice.member for each in blended.taught):
        values = [
            alone[voice.name][key]
            for voice in blended.recipe.of_member(member)
            if voice.name in alone
        ]
        if values and None not in values:
            means[member] = fmean(values)
    about = {
        "temperature": found.output.temperature,
        "blend": summary,
        "members": alone,
        f"mean_{key}_of_seeds": means,
    }
    if found.answers.kind == "number":
        return about
    passing = find_thresholds(found.answers)
    thresholds = {label: vars(passes) for label, passes in passing.items()}
    return about | {"thresholds": thresholds, "beyond_thresholds": vars(held_out(found.answers))}


def _short(answers: Answers) -> dict[str, Any]:
    whole = summarise(answers)["per_track"]
    return {key: whole[key] for key in _SHORT if key in whole}


def _about_runs(taught: Taught) -> dict[str, Any]:
    told = [json.loads((run / "run.json").read_bytes()) for run in taught.runs]
    digests = [
        hashlib.sha256((run / "predictions.csv").read_bytes()).hexdigest() for run in taught.runs
    ]
    return {
        "model": taught.voice.recipe.model.name,
        "seed": taught.voice.recipe.seed,
        "minutes": round(taught.minutes, 2),
        "temperatures": dict(taught.temperatures),
        "sides": [about["sides"] for about in told],
        "predictions_sha256": digests,
    }


def _unwritable(error: OSError, folder: Path) -> EarmarkError:
    return EarmarkError(f"{error.filename or folder}: cannot be written: {error.strerror or error}")
