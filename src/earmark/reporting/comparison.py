"""Runs side by side: the papers' comparison tables, with intervals and paired tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from statistics import median_low
from typing import Any

from earmark.errors import BadRun
from earmark.evaluation.answers import Answers
from earmark.evaluation.pairing import pair
from earmark.evaluation.summary import summarise
from earmark.reporting.figures import number, percent
from earmark.reporting.runs import Run

Interval = Sequence[float] | None


def compare(runs: Sequence[Run], output: str | None = None) -> dict[str, Any]:
    """Everything that is said of runs side by side, as one JSON object.

    Args:
        runs: what to compare; all must answer the output, in the same kind.
        output: the question; the first that all of them answer, if none is named.

    Returns:
        output, kind, runs (an object each, `measures` per track among it) and pairs: each two with
        McNemar's test, or the reason why they cannot be paired.

    Raises:
        BadRun: there is no question that all of them answer, or one of them is named twice.
    """
    output = _common(runs) if output is None else output
    for run in runs:
        if output not in run.answers:
            raise BadRun(f"{run.path}: answers {', '.join(run.answers)}, not {output}")
    answers = {name: run.answers[output] for name, run in zip(names(runs), runs, strict=True)}
    if len({given.kind for given in answers.values()}) > 1:
        kinds = ", ".join(f"{name} {given.kind}" for name, given in answers.items())
        raise BadRun(f"{output} is not the same kind of question to all: {kinds}")
    return {
        "output": output,
        "kind": runs[0].answers[output].kind,
        "runs": [_row(name, run, output) for name, run in zip(names(runs), runs, strict=True)],
        "pairs": [_pair(one, other, answers) for one, other in combinations(answers, 2)],
    }


def names(runs: Sequence[Run]) -> list[str]:
    """What tables call the runs: their folders' names, or as much of their paths as differs.

    Raises:
        BadRun: a run is named twice.
    """
    paths = [run.path.resolve() for run in runs]
    for place, path in enumerate(paths):
        if path in paths[:place]:
            raise BadRun(f"{runs[place].path}: named twice")
    short = [path.name for path in paths]
    if len(set(short)) == len(short):
        return short
    parts = [path.parts for path in paths]
    while len({part[0] for part in parts}) == 1:
        parts = [part[1:] for part in parts]
    while len({part[-1] for part in parts}) == 1:
        parts = [part[:-1] for part in parts]
    return ["/".join(part) for part in parts]


def _common(runs: Sequence[Run]) -> str:
    shared = [name for name in runs[0].answers if all(name in run.answers for run in runs)]
    if not shared:
        told = "; ".join(f"{run.path} answers {', '.join(run.answers)}" for run in runs)
        raise BadRun(f"no question that all of these runs answer: {told}")
    return shared[0]


def _row(name: str, run: Run, output: str) -> dict[str, Any]:
    summary = summarise(run.answers[output])
    first = run.trainings[0]
    data = first.recipe.get("data", {})
    return {
        "run": name,
        "path": str(run.path),
        "model": first.about["model"],
        "data": " + ".join([str(data.get("main", "?")), *map(str, data.get("extra", ()))]),
        "feature": first.recipe.get("feature", {}).get("name", "log-mel"),
        "judged": first.about["judged"],
        "chosen_on_it": any(training.chosen_on_it for training in run.trainings),
        "trainings": len(run.trainings),
        "seed": first.about.get("seed"),
        "n_tracks": summary["n_tracks"],
        "n_artists": summary["n_artists"],
        "measures": summary["per_track"],
        "per_clip": summary.get("per_clip"),
        "parameters": first.about.get("parameters"),
        "epoch": _middle(t.about["epoch"] for t in run.trainings),
        "epochs": _middle(t.about.get("epochs", len(t.history)) for t in run.trainings),
        "seconds_per_epoch": _middle(t.about.get("seconds_per_epoch") for t in run.trainings),
        "gap": _middle(t.gap for t in run.trainings),
    }


def _middle(values: Iterable[Any]) -> Any:
    """The median of those that are known, the lower one of two; None if none is."""
    known = [value for value in values if value is not None]
    return median_low(known) if known else None


def _pair(one: str, other: str, answers: Mapping[str, Answers]) -> dict[str, Any]:
    """Two runs by McNemar's test, or why not."""
    first, second = answers[one], answers[other]
    tracks, others = set(first.tracks), set(second.tracks)
    try:
        return {"first": one, "second": other, **pair(first, second).to_dict()}
    except ValueError as error:
        reason = str(error)
    if tracks != others:
        reason = (
            f"they judged different tracks ({len(tracks)} and {len(others)}, "
            f"{len(tracks & others)} of them the same)"
        )
    return {"first": one, "second": other, "not_paired": reason}


HEAD = ("run", "model", "data", "judged on", "tracks")
"""Titles of what `head` gives: the first four hold words."""

TAIL = ("parameters", "epoch", "s / epoch", "gap")
"""Titles of what `tail` gives."""


def head(row: Mapping[str, Any]) -> list[str]:
    """What a run is, as cells of a table."""
    judged = row["judged"]
    judged += f", {row['trainings']} folds" if row["trainings"] > 1 else ""
    judged += ", chosen on it" if row["chosen_on_it"] else ""
    return [row["run"], row["model"], row["data"], judged, str(row["n_tracks"])]


def tail(row: Mapping[str, Any]) -> list[str]:
    """What it took, and how far it overfits, as cells of a table."""
    size, seconds = row["parameters"], row["seconds_per_epoch"]
    return [
        "–" if size is None else f"{size:,}",
        f"{row['epoch']} of {row['epochs']}",
        "–" if seconds is None else f"{seconds:.3g}",
        "–" if row["gap"] is None else f"{100 * row['gap']:+.1f}",
    ]


def titles(kind: str) -> list[str]:
    """Titles of what `measured` gives."""
    return {
        "classes": ["accuracy", "95 % (Wilson)", "95 % over artists", "macro F1", "top 5"],
        "tags": ["ROC-AUC", "95 % over artists", "PR-AUC"],
        "number": ["R²", "95 % over artists", "r", "error"],
    }[kind]


def measured(row: Mapping[str, Any]) -> list[str]:
    """How good it is, as cells of a table."""
    whole = row["measures"]
    if "accuracy_interval" in whole:
        return [
            percent(whole["accuracy"]),
            _between(whole["accuracy_interval"]),
            _between(whole["accuracy_interval_by_artist"]),
            percent(whole["macro_f1"]),
            percent(whole["top_k_accuracy"].get("5")),
        ]
    if "r_squared" in whole:
        return [
            number(whole["r_squared"]),
            _between(whole["r_squared_interval_by_artist"], number),
            number(whole["r"]),
            number(whole["mean_absolute_error"]),
        ]
    return [
        number(whole["macro_roc_auc"]),
        _between(whole["macro_roc_auc_interval_by_artist"], number),
        number(whole["macro_average_precision"]),
    ]


def _between(interval: Interval, form: Any = percent) -> str:
    return "–" if interval is None else f"{form(interval[0])} to {form(interval[1])}"


def sentence(found: Mapping[str, Any]) -> str:
    """A pair in words."""
    one, other = found["first"], found["second"]
    if "not_paired" in found:
        return f"{one} and {other} cannot be paired: {found['not_paired']}"
    more, less = len(found["first_only"]), len(found["second_only"])
    return (
        f"{one} against {other}: alone right on {more}, the other on {less} of "
        f"{found['n_tracks']} tracks; p {_equals(found['p_value'])}, over artists "
        f"p {_equals(found['p_value_grouped'])}"
    )


def chance(p: float) -> str:
    """A p-value as it is written everywhere."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _equals(p: float) -> str:
    words = chance(p)
    return words if words.startswith("<") else f"= {words}"


def remarks(about: Mapping[str, Any]) -> list[str]:
    """What a reader of the table should know, a line each."""
    lines = []
    if any(row["gap"] is not None for row in about["runs"]):
        lines.append("gap: points by which the train side's accuracy exceeds the valid side's")
    if any(row["trainings"] > 1 for row in about["runs"]):
        lines.append("folds: each track was judged by one of them; epoch, time and gap are medians")
    if any(row["chosen_on_it"] for row in about["runs"]):
        lines.append("chosen on it: epochs were chosen on these tracks, so the number flatters")
    tested = [found for found in about["pairs"] if "p_value" in found]
    if tested:
        lines.append(
            "p: McNemar's exact test, two-sided; over artists, whose tracks change sides together"
        )
    if len(tested) > 1:
        lines.append(f"p-values are not corrected for there being {len(tested)} of them")
    return lines
