"""The pictures of the studies, drawn from what the studies found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from earmark.papers.studies.numbers import PAPER, value_of
from earmark.reporting.matrices import Cell, Picture, square
from earmark.reporting.plots import share_axis

_GUESSING = 0.5


def pairs_square(data: Mapping[str, Any]) -> Picture:
    """Accuracy of every pair: in the last way below the diagonal, as the paper prints it above.

    Args:
        data: what `Pairs` found.
    """
    labels, columns = data["labels"], data["columns"]
    rows = {frozenset(row["pair"]): row for row in data["pairs"]}
    below = columns[-1]
    above = PAPER if PAPER in columns else None

    def cell(i: int, j: int) -> Cell | None:
        column = above if i < j else below
        if i == j or column is None:
            return None
        pair = f"{labels[min(i, j)]} or {labels[max(i, j)]}"
        row = rows.get(frozenset((labels[i], labels[j])))
        value = None if row is None else value_of(row, column)
        if row is None or value is None:
            return Cell(None, "", f"{pair}: not known")
        said = f"{pair}, {column}: {value:.1%}"
        if column != PAPER:
            said += f" of {row[column]['n']} tracks"
        return Cell(value, _whole(value), said)

    return square(
        labels,
        cell,
        share_axis("accuracy; numbers in %", _GUESSING, 1.0),
        rows=f"below the diagonal: {below}",
        columns="above the diagonal: the paper, as printed" if above else "",
        title="Accuracy of every pair of labels; the table says the same",
    )


def confusion_square(
    labels: Sequence[str], confusion: Sequence[Sequence[int]], whose: str
) -> Picture:
    """Shares of each label's tracks by what they are taken for.

    Args:
        labels: of rows and columns.
        confusion: tracks by true label (rows) and answer (columns).
        whose: whose answers they are, in words.
    """

    def cell(i: int, j: int) -> Cell:
        count, total = confusion[i][j], sum(confusion[i])
        note = f"{labels[i]} taken for {labels[j]}: {count} of {total} tracks"
        if not count:
            return Cell(None, "·", note)
        share = count / total
        return Cell(share, _whole(share), note, "blue" if i == j else "orange")

    return square(
        labels,
        cell,
        share_axis("share of the row; numbers in %"),
        rows="true label",
        columns="answer",
        title=f"{whose}: what is taken for what; the table says the same",
        caption=whose,
        hues=(("blue", "right"), ("orange", "wrong")),
    )


def _whole(share: float) -> str:
    """A share in whole per cent; halves, of which the paper has many, are rounded up."""
    return str(int(100 * share + 0.5))
