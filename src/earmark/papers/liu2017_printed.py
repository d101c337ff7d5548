"""What `liu2017` prints of GTZAN's genres: the table of pairs, and every confusion matrix.

Rows are true genres here and columns answers. The paper has them the other way round, but for its
Table 3 (k-means), whose *rows* add up to the 30 tracks of each genre: it is printed transposed, and
the percentages below it, 88, 61, 93 and 90, are shares of the answers that are right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

GENRES = tuple("blues classical country disco hiphop jazz metal pop reggae rock".split())
FOUR = ("classical", "jazz", "metal", "pop")
FIVE = ("blues", "classical", "disco", "metal", "pop")
PAIRS = tuple(combinations(GENRES, 2))

BESIDE = ("gtzan", "gtzan-mel")
"""The data sets beside which all this stands: others' genres of the same names are other music."""

_PAIRS = """
    97.5 72.5 82.5 70.0 87.5 80.0 90.0 72.5 72.5
    92.5 95.0 100.0 87.5 100.0 100.0 97.5 97.5
    82.5 77.5 77.5 95.0 85.0 85.0 65.0
    70.0 95.0 92.5 80.0 72.5 70.0
    82.5 90.0 82.5 72.5 65.0
    97.5 97.5 80.0 87.5
    92.5 100.0 92.5
    90.0 92.5
    77.5
"""
PRINTED_PAIRS = dict(zip(PAIRS, (float(cell) / 100 for cell in _PAIRS.split()), strict=True))
"""Accuracy of each pair of genres, "Binary results"; the printed table is symmetric."""

Counts = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class PrintedTable:
    """A confusion matrix of the paper.

    Attributes:
        model: what it is of.
        where: what the paper calls it.
        labels: of rows and columns.
        confusion: tracks by true label (rows) and answer (columns).
    """

    model: str
    where: str
    labels: tuple[str, ...]
    confusion: Counts

    @property
    def accuracy(self) -> float:
        """Share of all tracks that are right."""
        right = sum(row[i] for i, row in enumerate(self.confusion))
        return right / sum(map(sum, self.confusion))

    @property
    def recall(self) -> dict[str, float]:
        """Share of each label's tracks that are right."""
        rows = zip(self.labels, self.confusion, strict=True)
        return {label: row[i] / sum(row) for i, (label, row) in enumerate(rows)}


def _table(
    model: str, where: str, labels: tuple[str, ...], cells: str, *, rows_are_true: bool = False
) -> PrintedTable:
    """A table from its cells as the paper prints them: a row per answer, but for Table 3."""
    printed = tuple(tuple(map(int, line.split())) for line in cells.split("/"))
    confusion = printed if rows_are_true else tuple(zip(*printed, strict=True))
    return PrintedTable(model, where, labels, confusion)


DAG_SVM = _table("DAG-SVM", "Table 1", FOUR, "29 4 1 1 / 1 20 1 0 / 0 4 26 0 / 0 2 2 29")
NETWORK = _table("neural network", "Table 2", FOUR, "14 0 0 0 / 1 12 4 0 / 0 0 13 0 / 1 0 0 19")
K_MEANS = _table(
    "k-means",
    "Table 3",
    FOUR,
    "14 16 0 0 / 2 27 1 0 / 0 0 27 3 / 0 1 1 28",
    rows_are_true=True,
)
K_NN = _table("k-NN", "Table 4", FOUR, "26 9 0 2 / 4 20 4 1 / 0 1 24 0 / 0 0 2 27")

DENSE = (
    _table(
        "deep network",
        "Multi-category results",
        FOUR,
        "18 1 0 1 / 2 16 0 0 / 0 1 20 2 / 0 2 0 17",
    ),
    _table(
        "deep network",
        "Multi-category results",
        FIVE,
        "13 0 3 1 2 / 3 19 0 0 2 / 1 0 11 2 4 / 2 1 1 17 2 / 1 0 5 0 10",
    ),
    _table(
        "deep network",
        "Multi-category results",
        GENRES,
        "8 0 7 0 1 0 0 1 3 3 / 0 17 1 0 1 1 0 0 1 0 / 5 1 7 1 3 1 0 1 2 0 / 2 0 1 10 3 3 1 0 2 5 /"
        "0 0 0 3 4 0 0 0 3 1 / 0 1 1 0 0 8 0 0 0 0 / 4 0 0 2 6 1 18 2 1 5 / 0 0 1 3 1 0 1 16 0 2 /"
        "0 0 1 0 1 4 0 0 5 2 / 1 1 1 1 0 2 0 0 3 2",
    ),
)
"""The network that the paper is about, for 4, 5 and 10 genres."""

TABLES = (*DENSE, DAG_SVM, NETWORK, K_MEANS, K_NN)


def printed_tables(dataset: str, labels: Sequence[str]) -> tuple[PrintedTable, ...]:
    """The tables that stand beside a confusion matrix of a data set: those of the same labels."""
    if dataset not in BESIDE:
        return ()
    return tuple(table for table in TABLES if set(table.labels) == set(labels))
