"""Runs side by side as one HTML page: `earmark compare --html`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from earmark.page import document, table, text
from earmark.reporting import figures
from earmark.reporting.comparison import (
    HEAD,
    TAIL,
    chance,
    head,
    measured,
    names,
    remarks,
    sentence,
    tail,
    titles,
)
from earmark.reporting.learning import history_table, learning_plots
from earmark.reporting.plots import Axis, share_axis
from earmark.reporting.runs import Run

STYLES = [("earmark.reporting", "report.css")]

_HEADLINE = {
    "classes": ("accuracy", "accuracy"),
    "tags": ("macro_roc_auc", "mean area under the ROC curve"),
    "number": ("r_squared", "R²"),
}


def as_html(about: Mapping[str, Any], runs: Sequence[Run]) -> str:
    """The page of what `compare` said of these runs."""
    title = f"{len(runs)} models that hear {about['output']}"
    return document(title, _body(about, runs), styles=STYLES)


def _body(about: Mapping[str, Any], runs: Sequence[Run]) -> Iterator[str]:
    yield from _measure(about)
    yield from _table("Results", ["run", *titles(about["kind"])], about, measured)
    yield from _table("Runs", HEAD, about, lambda row: head(row)[1:])
    yield from _table("Training", ["run", *TAIL], about, tail)
    yield "<ul class=quiet>"
    yield from (f"<li>{text(line)}</li>" for line in remarks(about))
    yield "</ul>"
    if about["pairs"]:
        yield from _pairs(about)
    yield from _learning(runs)


def _table(
    label: str,
    heads: Sequence[str],
    about: Mapping[str, Any],
    cells: Callable[[Mapping[str, Any]], Sequence[str]],
) -> Iterator[str]:
    rows = ([text(cell) for cell in (row["run"], *cells(row))] for row in about["runs"])
    yield from table(label, [text(title) for title in heads], rows)


def _measure(about: Mapping[str, Any]) -> Iterator[str]:
    """The main metric of each run with its intervals."""
    key, words = _HEADLINE[about["kind"]]
    rows = []
    for row in about["runs"]:
        whole = row["measures"]
        intervals = [whole.get(f"{key}_interval"), whole[f"{key}_interval_by_artist"]]
        rows.append((row["run"], whole[key], intervals))
    lowest = min([0.0, *(low for *_, found in rows for low, _ in filter(None, found))])
    axis = share_axis(words) if about["kind"] == "classes" else Axis(words, max(lowest, -1.0), 1.0)
    yield f"<figure><figcaption>{text(figures.heading(words))} of each run</figcaption>"
    yield figures.whiskers(rows, axis, names=("95 % (Wilson)", "95 % over artists"))
    yield "</figure>"


def _pairs(about: Mapping[str, Any]) -> Iterator[str]:
    """Each two in words, and as a table of chances."""
    yield "<section id=pairs><h2>Do they differ, or is it chance?</h2>"
    if any("p_value" in pair for pair in about["pairs"]):
        yield (
            "<p>Below the diagonal, the p-value of McNemar's exact test; above it, the same over "
            "artists. A small p says that chance alone seldom makes two equal models differ so "
            "much.</p>"
        )
        yield from _chances(about)
    yield "<ul>"
    yield from (f"<li class=name>{text(sentence(pair))}</li>" for pair in about["pairs"])
    yield "</ul></section>"


def _chances(about: Mapping[str, Any]) -> Iterator[str]:
    """The p-values of each two as a square."""
    called = [row["run"] for row in about["runs"]]
    found = {(pair["first"], pair["second"]): pair for pair in about["pairs"]}

    def cell(i: int, j: int) -> str:
        if i == j:
            return "·"
        pair = found[called[min(i, j)], called[max(i, j)]]
        key = "p_value" if j < i else "p_value_grouped"
        return text(chance(pair[key])) if key in pair else "–"

    size = range(len(called))
    rows = ([text(called[i]), *(cell(i, j) for j in size)] for i in size)
    yield from table("p-values", ["", *map(text, called)], rows)


def _learning(runs: Sequence[Run]) -> Iterator[str]:
    """How each run learnt: loss and accuracy by epoch."""
    told = [
        (name if len(run.trainings) == 1 else f"{name}: {training.path.name}", training)
        for name, run in zip(names(runs), runs, strict=True)
        for training in run.trainings
        if len(training.history) > 1  # what was learnt in one step has no curve
    ]
    if not told:
        return
    yield "<section id=learning><h2>How they learnt</h2>"
    for name, training in told:
        yield f"<h3>{text(name)}</h3>"
        yield from learning_plots(training.history, training.about["epoch"])
        yield from history_table(training.history, f"All epochs of {name}")
    yield "</section>"
