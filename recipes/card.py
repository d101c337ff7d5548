"""Write the measured part of docs/default-model.md: `python recipes/card.py RUNS`.

RUNS is the folder that `make default-model` fills. Every number is read from a report there;
nothing is typed by hand, and the rest of the page stays as it is.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from earmark.evaluation.answers import read_answers
from earmark.papers.gathering import with_region

CARD = Path(__file__).parent.parent / "docs" / "default-model.md"
RELIABILITY = CARD.with_name("reliability.svg")
REGION = "measured"

Report = Mapping[str, Any]


def main(runs: Path) -> None:
    """Write the tables of these runs."""
    parts = [["Written by `python recipes/card.py`, which `make default-model` calls."]]
    folds = _read(runs / "blend-all" / "blend.json")
    valid = [_read(path) for path in sorted(runs.glob("valid-*/blend.json"))]
    tried = _read(runs / "tried" / "blend-folds" / "blend.json")
    if folds:
        parts += [_outputs(folds), _reliability(folds, "genre")]
        parts += [_labels(folds, "genre"), _thresholds(folds, "genre")]
    if valid:
        parts += [_seeds(valid), _rounded(valid[0], _read(runs / "valid.json"))]
    if memory := _read(runs / "memory.json"):
        parts += [_unknown(memory), _answered(memory, runs / "blend-all"), _neighbours(memory)]
    if changed := _read(runs / "robustness.json"):
        parts.append(_changes(changed))
    parts.append(_members(folds, tried))
    before = CARD.read_text(encoding="utf-8")
    text = "\n\n".join("\n".join(part) for part in parts if part)
    CARD.write_text(with_region(before, REGION, text), encoding="utf-8", newline="\n")


def _read(path: Path) -> Report | None:
    return json.loads(path.read_bytes()) if path.is_file() else None


def _outputs(report: Report) -> list[str]:
    """How good each output is, by folds."""
    rows = []
    for name, about in report["outputs"].items():
        found, first = about["blend"]["per_track"], about["blend"]
        if first["kind"] == "number":
            said, chance = f"r {found['r']:.2f}", "r 0"
            interval = found["r_interval_by_artist"]
            spread = f"{interval[0]:.2f} to {interval[1]:.2f}"
            error = f"{found['mean_absolute_error']:.3f} off"
        else:
            said = f"{found['accuracy']:.1%}"
            largest = max(label["n"] for label in found["per_label"].values())
            chance = f"{largest / found['n']:.1%}"
            spread = _percents(found["accuracy_interval_by_artist"])
            error = f"{found['calibration_error']:.3f}"
        rows.append([name, first["n_tracks"], said, spread, chance, error])
    return [
        "## How good it is",
        "",
        "Artist-grouped 5-fold cross-validation: each track is judged once, by models that met "
        "neither it nor its artist. Accuracy of classes, correlation r of numbers; intervals 95 %, "
        "bootstrap over artists. Beside it what the commonest answer for all would get, and the "
        "expected calibration error (of probabilities whose temperature was fitted on the other "
        f"folds) or the mean error of numbers. `{report['command']}`, {report['minutes']:.0f} "
        "minutes of training.",
        "",
        *_table(["output", "tracks", "", "95 %", "commonest", "error"], rows),
    ]


def _reliability(report: Report, output: str) -> list[str]:
    """A picture beside the page: what was stated, and what happened."""
    found = report["outputs"][output]["blend"]["per_track"]
    bins, (chance, high) = found["reliability"], found["calibration_error_by_chance"]
    with mpl.rc_context({"svg.hashsalt": "earmark", "svg.fonttype": "none"}):
        figure = Figure(figsize=(4.6, 3.6), layout="constrained")
        axes = figure.add_subplot(
            xlim=(0, 1.04),
            ylim=(0, 1.04),
            xlabel="stated probability",
            ylabel="share that was right",
        )
        axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
        stated, happened = ([part[key] for part in bins] for key in ("stated", "happened"))
        axes.scatter(stated, happened, [2.5 * part["n"] ** 0.8 for part in bins], color="#0072b2")
        for part in bins:
            place = part["stated"], part["happened"]
            axes.annotate(
                str(part["n"]), place, textcoords="offset points", xytext=(9, -9), fontsize=8
            )
        figure.savefig(RELIABILITY, format="svg", metadata={"Date": None})
    return [
        f"![Reliability: of the answers with a stated probability, the share that was right]"
        f"({RELIABILITY.name})",
        "",
        f"Stated probability of the likeliest {output} against the share that was right, by the "
        "same folds; beside each dot how many answers it stands for. The mean distance is "
        f"{found['calibration_error']:.3f}. Of so few answers, probabilities that mean just what "
        f"they say would give {chance:.3f}, and in one of twenty trials more than {high:.3f}.",
    ]


def _labels(report: Report, output: str) -> list[str]:
    """Precision and recall of each label, and what it is taken for."""
    found = report["outputs"][output]["blend"]["per_track"]
    labels = report["outputs"][output]["blend"]["labels"]
    rows = []
    for label, row in zip(labels, found["confusion"], strict=True):
        about = found["per_label"][label]
        others = [(count, name) for count, name in zip(row, labels, strict=True) if name != label]
        taken = [f"{name} {count}" for count, name in sorted(others, reverse=True)[:2] if count]
        shares = [_percent(about[key]) for key in ("recall", "precision")]
        rows.append([label, about["n"], *shares, ", ".join(taken) or "–"])
    return [
        f"### Which {output}s it knows well",
        "",
        *_table([output, "tracks", "recall", "precision", "otherwise taken for"], rows),
    ]


def _thresholds(report: Report, output: str) -> list[str]:
    """From which probability on an answer is right nine times in ten."""
    about = report["outputs"][output]
    rows = [
        [label, "–", "–", "–"]
        if found["probability"] is None
        else [
            label,
            f"{found['probability']:.2f}",
            f"{found['share']:.0%} of {found['n_said']}",
            f"{found['precision']:.0%} ({_percents(found['precision_interval'])})",
        ]
        for label, found in about["thresholds"].items()
    ]
    beyond = about["beyond_thresholds"]
    return [
        "### When it is nine times in ten right",
        "",
        "The probability from which on answers of a label were at least 90 % precise, and the "
        "share of its answers that pass. A dash: no probability can be told to do so from so few "
        "tracks. Thresholds that were set on other artists let "
        f"{beyond['share']:.0%} of all tracks pass, of which {beyond['precision']:.1%} were right "
        f"({_percents(beyond['precision_interval'])}).",
        "",
        *_table([output, "from", "passes", "precision"], rows),
    ]


def _seeds(reports: Sequence[Report]) -> list[str]:
    """The official valid list, with other seeds."""
    rows, accuracies = [], []
    for report in reports:
        found = report["outputs"]["genre"]["blend"]["per_track"]
        accuracies.append(found["accuracy"])
        seeds = [str(run["seed"]) for name, run in report["runs"].items() if name.startswith("net")]
        said = [f"{found['accuracy']:.1%}", _percents(found["accuracy_interval"])]
        rows.append([", ".join(seeds), found["n"], *said, f"{found['calibration_error']:.3f}"])
    return [
        "### The valid list",
        "",
        "The same recipe, learnt from GTZAN's official train list alone (and the quadrant clips "
        "by artists that are not judged) and judged on its fault-filtered, artist-disjoint valid "
        f"list: **{statistics.mean(accuracies):.1%}**, mean of {len(reports)}; intervals are "
        "Wilson's. The built-in model itself has learnt from that list as well: judging it there "
        "says nothing.",
        "",
        *_table(["seeds of the nets", "tracks", "accuracy", "95 %", "calibration error"], rows),
    ]


def _rounded(whole: Report, stored: Report | None) -> list[str]:
    """What it costs to keep weights in eight bits."""
    if stored is None:
        return []
    before, after = (
        found["per_track"]["accuracy"] for found in (whole["outputs"]["genre"]["blend"], stored)
    )
    return [
        f"The weights of its nets are kept in eight bits: the first of these is {after:.1%} right "
        f"so, and {before:.1%} with weights as they were trained."
    ]


def _unknown(report: Report) -> list[str]:
    """How often it would rather not say."""
    caught = [
        [name, about["of"], f"{about['share']:.1%}", _ranked(about["as"])]
        for name, about in report["caught"].items()
    ]
    held = [
        [name, about["of"], f"{about['share']:.1%}"]
        for name, about in report["abstains"].items()
        if "of" in about
    ]
    return [
        "## Unknown",
        "",
        "How often it says so of music, by folds of artists, with limits of the other folds:",
        "",
        *_table(["music", "stretches", "unknown"], held),
        "",
        "And of sounds that are no music, of makers that nothing was learnt from:",
        "",
        *_table(["sound", "made", "unknown", "called"], caught),
    ]


def _answered(report: Report, judged: Path) -> list[str]:
    """How good it is on what it does answer; answers and silences are of folds of their own."""
    if not (judged / "predictions.csv").is_file():
        return []
    abstains = report["abstains"]["by data set, whole clips"]
    unknown = {track for about in abstains.values() for track in about["tracks"]}
    said = []
    for name, answers in read_answers(judged / "predictions.csv").items():
        if name in ("genre", "broad-genre", "mood"):
            kept = answers.rows(np.array([track not in unknown for track in answers.tracks]))
            accuracies = [np.mean(a.scores.argmax(axis=1) == a.truth) for a in (answers, kept)]
            said.append(
                f"{name} {accuracies[1]:.1%} of the {len(kept)} answered, "
                f"{accuracies[0]:.1%} of all {len(answers)}"
            )
    return [f"On what it does answer, by folds of artists: {'; '.join(said)}."]


def _ranked(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {n}" for name, n in sorted(counts.items(), key=lambda i: -i[1])[:3])


def _neighbours(report: Report) -> list[str]:
    """How alike neighbours sound."""
    rows = [
        [about[key] for key in ("data", "label", "compared by")]
        + [f"{about[key]:.1%}" for key in ("same label", "same artist")]
        for about in report["neighbours"]
    ]
    return [
        "## Neighbours",
        "",
        "Share of the ten nearest tracks by other artists that have the same label, and of tracks "
        "with one by the same artist among the ten nearest of all; embeddings that met neither.",
        "",
        *_table(["data", "label", "compared by", "same label", "same artist"], rows),
    ]


def _changes(report: Report) -> list[str]:
    """What changes of the sound cost."""
    found = report["robustness"]
    rows = []
    for row in found["changes"]:
        said = [f"{row['accuracy']:.1%}", f"{100 * row['drop']:+.1f}"]
        flips = f"{row['flip_rate']:.1%} ({_percents(row['flip_rate_interval'])})"
        rows.append([row["name"], row["n"], *said, flips])
    everyday = found["everyday"]
    return [
        "## When the sound is changed",
        "",
        "`earmark evaluate --data gtzan=DIR --split valid --robustness` of a model that learnt "
        f"from the train list alone, on the {found['n_tracks']} valid tracks of which there is "
        f"sound: {found['untouched']['accuracy']:.1%} untouched. Points lost, and the share of "
        "tracks whose answer changes (95 %, Wilson). Everyday changes cost "
        f"{100 * everyday['mean_drop']:.1f} points on average, "
        f"{100 * everyday['largest_drop']:.1f} at most ({everyday['largest_drop_of']}).",
        "",
        *_table(["change", "tracks", "right", "points lost", "answers changed"], rows),
    ]


def _members(*reports: Report | None) -> list[str]:
    """What each member gets alone, and what else was tried."""
    rows = []
    for number, report in enumerate(reports):
        if report is None:
            continue
        for output, about in report["outputs"].items():
            if about["blend"]["kind"] == "number" and output != "valence":
                continue
            for name, alone in about["members"].items():
                value = f"r {alone['r']:.3f}" if "r" in alone else f"{alone['accuracy']:.1%}"
                run = report["runs"][name]
                minutes = f"{run['minutes']:.1f}"
                rows.append([output, name, run["model"], value, minutes, "" if number else "yes"])
            if number == 0:
                found = about["blend"]["per_track"]
                value = f"r {found['r']:.3f}" if "r" in found else f"{found['accuracy']:.1%}"
                rows.append([output, "**all of them**", "blend", f"**{value}**", "", "yes"])
    return [
        "## What was tried",
        "",
        "Each model alone, on the same folds. -s0, -s1: the seed. Minutes: of all its trainings, "
        "on one thread.",
        "",
        *_table(["output", "member", "model", "by folds", "minutes", "built in"], rows),
    ]


def _table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _percents(interval: Sequence[float]) -> str:
    return f"{interval[0]:.1%} to {interval[1]:.1%}"


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/default"))
