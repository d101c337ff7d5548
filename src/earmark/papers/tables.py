"""The results of a paper as tables to read: on a terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from earmark.papers.base import WAYS
from earmark.papers.metrics import METRICS

Results = Mapping[str, Any]
Line = tuple[str, ...]

HEAD: Line = ("system", "data", "paper", "naive (95 %)", "leak-free (95 %)")
CONTROL_HEAD: Line = (
    "system",
    "data",
    "naive",
    "random folds (95 %)",
    "leak-free",
    "naive less leak-free",
    "of that the leak (95 %)",
)
NONE = "–"

QUICK = (
    "From a quick run: a few tracks, two epochs, narrow layers. It shows that the code works; "
    "the numbers mean nothing."
)
HOW_TO_READ = (
    "*Naive* is the paper's protocol: tracks (or slices) at random on both sides, the last epoch "
    "judged. *Leak-free* judges every track once, by 5 folds that no artist crosses; the epoch is "
    "chosen on an inner part of the rest, again divided by artist, and training stops early when "
    "the loss there has not fallen for a while, so that a late recovery would be missed. It also "
    'has fewer tracks to learn from ("learnt from" on each paper\'s page), which is a part of the '
    "difference. Intervals are of 95 %: Wilson's for the naive column, for the leak-free one by "
    "bootstrap over artists."
)

CONTROL_TITLE = "The control: random folds of the same sizes"
HOW_TO_READ_THE_CONTROL = (
    "*Random folds* are the leak-free ones with the tracks of each label shuffled, so that artists "
    "cross: as many tracks of each label on every side, the same training, the same choice of the "
    "epoch. What they have more than the leak-free folds is the leak; the rest of the way to the "
    "naive column is due to its larger train side and to chance. The leak's interval is by "
    "bootstrap over artists, drawn for both at once."
)


def table(results: Results, *, listed_only: bool = True) -> list[Line]:
    """The paper's table: a line per system, data set and number; the head is `HEAD`."""
    lines = []
    for title, dataset, ways in _numbers(results, listed_only=listed_only):
        some = next(iter(ways.values()))
        cells = (_with_interval(ways[way], way) if way in ways else NONE for way in WAYS)
        lines.append((title, dataset, written(some["metric"], some["paper"]), *cells))
    return lines


def control_table(results: Results) -> list[Line]:
    """What the leak is worth: a line per number that has a control; the head is `CONTROL_HEAD`."""
    lines: list[Line] = []
    for title, dataset, ways in _numbers(results):
        control, missing = ways.get("control"), {"value": None}
        if control is None:
            continue
        naive, leak_free = (ways.get(way, missing)["value"] for way in WAYS)
        known = naive is not None and leak_free is not None
        lines.append(
            (
                title,
                dataset,
                written(control["metric"], naive),
                _with_interval(control, "control"),
                written(control["metric"], leak_free),
                _points(control["metric"], naive - leak_free) if known else NONE,
                _leak(control),
            )
        )
    return lines


def _numbers(
    results: Results, *, listed_only: bool = True
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every number of every system: what it is called, on which data set, and each way's."""
    by_system: dict[tuple[str, str], dict[str, Any]] = {}
    for row in results["rows"]:
        if row["listed"] or not listed_only:
            by_system.setdefault((row["system"], row["dataset"]), {})[row["way"]] = row
    for (_, dataset), rows in by_system.items():
        some = next(iter(rows.values()))
        for number, measure in enumerate(some["measures"]):
            ways = {way: row["measures"][number] for way, row in rows.items()}
            yield some["title"] + _of_what(measure), dataset, ways


def written(metric: str, value: float | None) -> str:
    """A number as tables show it."""
    if value is None:
        return NONE
    return f"{value:.1%}" if METRICS[metric].share else f"{value:.2f}"


def as_text(head: Line, lines: Sequence[Line]) -> str:
    """Lines as columns for a terminal."""
    rows = [head, *lines]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def as_markdown(head: Line, lines: Sequence[Line]) -> list[str]:
    """Lines as a table in Markdown; empty where there are none."""
    if not lines:
        return []
    return [
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines),
    ]


def page(results: Results) -> str:
    """docs/results/KEY.md."""
    parts: list[list[str]] = [
        [f"# {results['paper']}"],
        [f"{results['citation']}. Written by `earmark reproduce {results['paper']}`."],
        [f"**{QUICK}**"] if results["quick"] else [],
        [results["data"]],
        [HOW_TO_READ],
        as_markdown(HEAD, table(results)),
        *control_section(control_table(results), "##"),
        [f"- {note}" for note in (*results["notes"], *_row_notes(results))],
        ["## How it went"],
        as_markdown(_HOW_HEAD, [_how(row) for row in results["rows"] if row["listed"]]),
        [
            "Tracks learnt from are those of one training, epochs are medians, and minutes those "
            "of all seeds and folds."
        ],
        ["## What leaks"],
        as_markdown(_LEAKS_HEAD, list(_leaks(results))),
        ["## Recall by label, leak-free"],
        *_recalls(results),
        *(
            part
            for study in results["studies"]
            for part in ([f"## {study['title']} ({study['dataset']})"], [study["text"]])
        ),
        ["## Commands"],
        ["```", *dict.fromkeys(row["command"] for row in results["rows"] if row["listed"]), "```"],
        [_versions(results)],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def control_section(lines: Sequence[Line], level: str) -> list[list[str]]:
    """Heading, explanation and table of what `control_table` gave; nothing of no lines."""
    if not lines:
        return []
    return [
        [f"{level} {CONTROL_TITLE}"],
        [HOW_TO_READ_THE_CONTROL],
        as_markdown(CONTROL_HEAD, lines),
    ]


_HOW_HEAD: Line = (
    "system",
    "data",
    "protocol",
    "seeds",
    "learnt from",
    "judged",
    "accuracy in training",
    "judged less",
    "epoch kept",
    "epochs run",
    "minutes",
    "parameters",
    "split",
)
_LEAKS_HEAD: Line = ("data", "protocol", "judged", "with their like in training")


def _how(row: Mapping[str, Any]) -> Line:
    seeds = row["seeds"]
    learnt = [seed["train_accuracy"] for seed in seeds]
    judged = [seed["accuracy"] for seed in seeds]
    known = None not in learnt
    gap = known and None not in judged
    kept = [epoch for seed in seeds for epoch in seed["epoch_kept"]]
    run = [epochs for seed in seeds for epochs in seed["epochs_run"]]
    cut = row["epochs"] != row["epochs_of_the_paper"]
    at_most = f" of {row['epochs']}" + (f", not {row['epochs_of_the_paper']}" if cut else "")
    fitted_at_once = row["epochs"] is None
    return (
        row["title"],
        row["dataset"],
        row["way"],
        str(len(seeds)),
        str(row.get("learnt", NONE)),
        str(row["judged"]),
        f"{sum(learnt) / len(learnt):.1%}" if known else NONE,
        f"{100 * (sum(learnt) - sum(judged)) / len(seeds):.1f} points" if gap else NONE,
        NONE if fitted_at_once else f"{median(kept):g}",
        NONE if fitted_at_once else f"{median(run):g}{at_most}",
        f"{sum(seed['minutes'] for seed in seeds):.1f}",
        f"{row['parameters']:,}",
        f"`{seeds[0]['split'][:12]}`",
    )


def _leaks(results: Results) -> Iterator[Line]:
    seen = set()
    for row in results["rows"]:
        counts = {kind: count for kind, count in row["leaks"].items() if count is not None}
        of_kinds = ", ".join(f"{count} by {kind}" for kind, count in counts.items())
        line = (row["dataset"], row["way"], str(row["judged"]), of_kinds or "not known")
        if row["listed"] and line not in seen:
            seen.add(line)
            yield line


def _recalls(results: Results) -> Iterator[list[str]]:
    """A table for each set of labels: a line per system."""
    tables: dict[tuple[str, str, tuple[str, ...]], list[Line]] = {}
    for row in results["rows"]:
        if row["way"] != "leak-free" or not row["listed"]:
            continue
        for output, recall in row["recall"].items():
            cells = (NONE if share is None else f"{share:.0%}" for share in recall.values())
            place = row["dataset"], output, tuple(recall)
            tables.setdefault(place, []).append((row["title"], *cells))
    for (dataset, output, labels), lines in tables.items():
        yield as_markdown((f"{output}, {dataset}", *labels), lines)


def _row_notes(results: Results) -> Iterator[str]:
    notes: dict[str, list[str]] = {}
    for row in results["rows"]:
        if row["note"] and row["listed"]:
            notes.setdefault(row["note"], []).append(row["title"])
        if row["left_out"]:
            names = ", ".join(row["left_out"])
            notes.setdefault(f"could not be read and are left out: {names}", []).append(
                row["title"]
            )
    for note, titles in notes.items():
        yield f"{'; '.join(dict.fromkeys(titles))}: {note}."


def _versions(results: Results) -> str:
    versions = {name: word for row in results["rows"] for name, word in row["versions"].items()}
    return (
        "Versions: " + ", ".join(f"{k} {v}" for k, v in versions.items()) + "." if versions else ""
    )


def _of_what(measure: Mapping[str, Any]) -> str:
    words = [
        measure["output"] if measure["output"] != "genre" else "",
        METRICS[measure["metric"]].title,
        "per slice" if measure["unit"] == "clip" else "",
    ]
    said = ", ".join(word for word in words if word)
    return f": {said}" if said else ""


def _with_interval(measure: Mapping[str, Any], way: str) -> str:
    interval = interval_of(measure, way)
    value = written(measure["metric"], measure["value"])
    if interval is None or measure["value"] is None:
        return value
    low, high = (written(measure["metric"], bound) for bound in interval)
    return f"{value} ({low} to {high})"


def _leak(control: Mapping[str, Any]) -> str:
    """What a control has more than the leak-free way, as far as that was run."""
    leak = control.get("leak", {"value": None, "interval_by_artist": None})
    if leak["value"] is None:
        return NONE
    points, interval = _points(control["metric"], leak["value"]), leak["interval_by_artist"]
    if interval is None:
        return points
    low, high = (_points(control["metric"], bound, unit="") for bound in interval)
    return f"{points} ({low} to {high})"


def _points(metric: str, value: float, unit: str = " points") -> str:
    """A difference as tables show it."""
    return f"{100 * value:.1f}{unit}" if METRICS[metric].share else f"{value:.2f}"


def interval_of(measure: Mapping[str, Any], way: str) -> tuple[float, float] | None:
    """The interval that is shown: Wilson's of the naive way, else the one over artists."""
    names = ["interval_wilson", "interval_by_artist"]
    for name in names if way == "naive" else reversed(names):
        if measure[name] is not None:
            low, high = measure[name]
            return low, high
    return None
