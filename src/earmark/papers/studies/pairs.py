"""The study of pairs: how well each two labels are told apart, and the mean over all pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from statistics import fmean
from typing import Any

import numpy as np

from earmark.evaluation.answers import Answers
from earmark.evaluation.intervals import Interval, bootstrap_interval
from earmark.papers.base import Findings, Material, Way
from earmark.papers.metrics import measure
from earmark.papers.studies.numbers import PAPER, rounded, value_of, with_interval
from earmark.papers.studies.pictures import pairs_square
from earmark.papers.tables import as_markdown
from earmark.reporting.matrices import as_file

Pair = tuple[str, str]
Row = Mapping[str, Any]

_HARDEST = 5


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """A study of pairs of labels.

    Attributes:
        labels: in the order of the table.
        key: gives the system that tells two labels apart.
        ways: those that are read; the last is drawn, and stands below the diagonal.
        picture: name of the picture's file.
        pairs: those that there are systems of; all of them if empty.
        output: the question.
        printed: what the paper prints of pairs.
    """

    labels: tuple[str, ...]
    key: Callable[[str, str], str]
    ways: tuple[Way, ...]
    picture: str
    pairs: tuple[Pair, ...] = ()
    output: str = "genre"
    printed: Mapping[Pair, float] = field(default_factory=dict)

    def run(self, material: Material) -> Findings:
        """Accuracy of each pair in each way, over all seeds, beside what the paper prints."""
        pairs = self.pairs or tuple(combinations(self.labels, 2))
        judged = {way: [self._judged(material, way, pair) for pair in pairs] for way in self.ways}
        rows: list[dict[str, Any]] = [
            {"pair": list(pair), PAPER: self.printed.get(pair)} for pair in pairs
        ]
        for way, of_pairs in judged.items():
            for row, seeds in zip(rows, of_pairs, strict=True):
                row[way] = measure("accuracy", "track", seeds).to_dict()
        columns = [*([PAPER] if self.printed else []), *self.ways]
        intervals: dict[str, Interval | None] = {
            way: interval_of_mean(of_pairs) for way, of_pairs in judged.items()
        }
        data = {
            "labels": list(self.labels),
            "columns": columns,
            "means": {
                column: {"value": _mean(rows, column), "interval": _list(intervals.get(column))}
                for column in columns
            },
            "by_label": {
                label: {
                    column: _mean([row for row in rows if label in row["pair"]], column)
                    for column in columns
                }
                for label in self.labels
            },
            "pairs": rows,
        }
        picture = as_file(pairs_square(data))
        return Findings(text=_text(data, self.picture), data=data, pictures={self.picture: picture})

    def _judged(self, material: Material, way: Way, pair: Pair) -> list[Answers]:
        """What was said of a pair's tracks, by seed."""
        return [
            material.answers(self.key(*pair), way, seed)[self.output].per_track()
            for seed in material.seeds
        ]


def interval_of_mean(judged: Sequence[Sequence[Answers]]) -> Interval | None:
    """The 95 % interval of the mean accuracy of several systems.

    A track is judged in many pairs, and tracks of one artist are alike: whole artists are drawn,
    the same for all systems and seeds.

    Args:
        judged: answers by system and seed.
    """
    parts = [(i, answers) for i, seeds in enumerate(judged) for answers in seeds]
    right = np.concatenate([answers.right for _, answers in parts])
    system = np.concatenate([np.full(len(answers), i) for i, answers in parts])
    names = [
        artist or track
        for _, answers in parts
        for artist, track in zip(answers.artists, answers.tracks, strict=True)
    ]
    groups = np.unique(names, return_inverse=True)[1]

    def metric(rows: Any) -> float:
        hits = np.bincount(system[rows], right[rows], len(judged))
        counts = np.bincount(system[rows], minlength=len(judged))
        return float((hits[counts > 0] / counts[counts > 0]).mean())

    return bootstrap_interval(metric, groups)


def hardest(data: Mapping[str, Any], column: str) -> list[Row]:
    """The rows of all pairs, those first that are told apart worst."""
    return sorted(data["pairs"], key=lambda row: value_of(row, column) or 0.0)


def _mean(rows: Sequence[Row], column: str) -> float | None:
    """The mean over some pairs; None where there is none of them."""
    values = [value for row in rows if (value := value_of(row, column)) is not None]
    return rounded(fmean(values)) if values else None


def _text(data: Mapping[str, Any], picture: str) -> str:
    """The study as Markdown."""
    columns = data["columns"]
    means = (with_interval(**data["means"][column]) for column in columns)
    worst = (
        ", ".join(
            f"{' or '.join(row['pair'])} {value_of(row, column):.0%}"
            for row in hardest(data, column)[:_HARDEST]
        )
        for column in columns
    )
    table = as_markdown(
        ("", *columns), [(f"mean of {len(data['pairs'])} pairs", *means), ("hardest", *worst)]
    )
    lines = [
        *table,
        "",
        "Intervals: 95 %, by bootstrap over artists, drawn for all pairs at once.",
        "",
        f"![Accuracy of each pair]({picture})",
        "",
        *_square(data),
    ]
    return "\n".join(lines)


def _square(data: Mapping[str, Any]) -> list[str]:
    """The square of pairs as Markdown, and before it what it shows."""
    labels, columns = data["labels"], data["columns"]
    rows = {frozenset(row["pair"]): row for row in data["pairs"]}
    below, above = columns[-1], columns[-2] if len(columns) > 1 else None
    brackets = PAPER in columns and above != PAPER

    def cell(i: int, j: int) -> str:
        row, column = rows.get(frozenset((labels[i], labels[j]))), above if i < j else below
        if row is None or column is None:
            return ""
        said = f"{100 * (value_of(row, column) or 0):{'g' if column == PAPER else '.0f'}}"
        return f"{said} ({100 * row[PAPER]:g})" if brackets else said

    size = range(len(labels))
    sides = f"{above} above the diagonal and {below} below it" if above else below
    said = f"Accuracy in % of each pair, {sides}{', the paper in brackets' if brackets else ''}:"
    lines = [(labels[i], *(cell(i, j) for j in size)) for i in size]
    return [said, "", *as_markdown(("", *labels), lines)]


def _list(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [rounded(value) for value in interval]
