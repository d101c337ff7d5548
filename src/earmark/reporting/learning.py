"""How a training went, for a page: curves, the overfitting gap, and every epoch's numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from earmark.page import table, text
from earmark.reporting import figures
from earmark.reporting.figures import number, percent
from earmark.reporting.runs import History, gap

_SHOWN = ("train_loss", "valid_loss", "train_accuracy", "valid_accuracy")


def learning(history: History, kept: int | None) -> Iterator[str]:
    """How it learnt and how far it overfits, as a section of a page; nothing without epochs.

    What was learnt in a single step has a gap, but no curve.
    """
    if not history:
        return
    yield "<section id=learning><h2>How it learnt</h2>"
    apart = gap(history, kept)
    if apart is not None:
        when = f"at epoch {kept}, which was kept, " if len(history) > 1 else ""
        yield (
            f"<p>Overfitting gap: {when}accuracy was "
            f"{100 * apart:.1f} points higher on the train side than on the valid side.</p>"
        )
    yield from learning_plots(history, kept)
    yield from history_table(history, "All epochs")
    yield "</section>"


def learning_plots(history: History, kept: int | None) -> Iterator[str]:
    """Loss and accuracy by epoch, side by side; nothing of a single epoch."""
    if len(history) < 2:
        return
    yield "<div class=beside>"
    for metric in ("loss", "accuracy"):
        if plot := figures.learning(history, metric, kept):
            yield f"<figure><figcaption>{metric.capitalize()} by epoch</figcaption>{plot}</figure>"
    yield "</div>"


def history_table(history: History, title: str) -> Iterator[str]:
    """Every epoch's numbers, folded away."""
    shown = [name for name in _SHOWN if any(name in row for row in history)]
    yield f"<details><summary>{text(title)}</summary>"
    cells = (
        [str(row["epoch"]), *(_cell(name, row.get(name)) for name in shown)] for row in history
    )
    yield from table(title, ["epoch", *(name.replace("_", " ") for name in shown)], cells)
    yield "</details>"


def _cell(name: str, value: float | None) -> str:
    known = value if value is not None and np.isfinite(value) else None
    return percent(known) if name.endswith("accuracy") else number(known)
