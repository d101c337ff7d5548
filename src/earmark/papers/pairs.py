"""The study of `liu2017`'s 45 pairs: their table in both ways, and its mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

import numpy as np

from earmark.evaluation.answers import Answers
from earmark.evaluation.intervals import Interval, bootstrap_interval
from earmark.papers.base import WAYS, Findings, Material
from earmark.papers.liu2017 import GENRES, PAIRS, PRINTED_PAIRS, pair_key

Pair = tuple[str, str]
_HARDEST = 5


def study(material: Material) -> Findings:
    """Accuracy of each pair in both ways, of the first seed, beside what the paper prints.

    A track is judged in nine pairs, and tracks of one artist are alike: for the interval of the
    mean whole artists are drawn, the same for all pairs.
    """
    seed = material.seeds[0]
    columns: dict[str, Mapping[Pair, float]] = {"paper": PRINTED_PAIRS}
    intervals: dict[str, Interval | None] = {"paper": None}
    for way in WAYS:
        judged = [material.answers(pair_key(*pair), way, seed)["genre"] for pair in PAIRS]
        rights = (float(answers.right.mean()) for answers in judged)
        columns[way] = dict(zip(PAIRS, rights, strict=True))
        intervals[way] = interval_of_mean(judged)
    means = {name: mean(column.values()) for name, column in columns.items()}
    text = [
        "| | " + " | ".join(columns) + " |",
        "|---|" + "---|" * len(columns),
        "| mean of 45 pairs | "
        + " | ".join(_percent(means[name], intervals[name]) for name in columns)
        + " |",
        "| hardest | " + " | ".join(_hardest(column) for column in columns.values()) + " |",
        "",
        "Intervals: 95 %, by bootstrap over artists, drawn for all pairs at once.",
        "",
        "Accuracy in % of each pair, naive above the diagonal and leak-free below it, the paper's "
        "in brackets:",
        "",
        *_table(columns["naive"], columns["leak-free"]),
    ]
    data: dict[str, Any] = {
        "means": {
            name: {"mean": _rounded(means[name]), "interval": _both(intervals[name])}
            for name in columns
        },
        "pairs": {
            " or ".join(pair): {name: _rounded(column[pair]) for name, column in columns.items()}
            for pair in PAIRS
        },
    }
    return Findings(text="\n".join(text), data=data)


def interval_of_mean(judged: Sequence[Answers]) -> Interval | None:
    """The 95 % interval of the mean accuracy of several systems; draws artists for all at once."""
    right = np.concatenate([answers.right for answers in judged])
    system = np.repeat(np.arange(len(judged)), [len(answers) for answers in judged])
    names = [
        artist or track
        for answers in judged
        for artist, track in zip(answers.artists, answers.tracks, strict=True)
    ]
    groups = np.unique(names, return_inverse=True)[1]

    def metric(rows: Any) -> float:
        hits = np.bincount(system[rows], right[rows], len(judged))
        counts = np.bincount(system[rows], minlength=len(judged))
        return float((hits[counts > 0] / counts[counts > 0]).mean())

    return bootstrap_interval(metric, groups)


def _table(above: Mapping[Pair, float], below: Mapping[Pair, float]) -> list[str]:
    lines = ["| | " + " | ".join(GENRES) + " |", "|---|" + "---|" * len(GENRES)]
    for i, row in enumerate(GENRES):
        cells = []
        for j, column in enumerate(GENRES):
            pair, ours = ((row, column), above) if i < j else ((column, row), below)
            cells.append(
                "" if i == j else f"{100 * ours[pair]:.0f} ({100 * PRINTED_PAIRS[pair]:g})"
            )
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return lines


def _hardest(column: Mapping[Pair, float]) -> str:
    hardest = sorted(PAIRS, key=lambda pair: column[pair])[:_HARDEST]
    return ", ".join(f"{one} or {other} {column[one, other]:.0%}" for one, other in hardest)


def _percent(value: float, interval: Interval | None) -> str:
    if interval is None:
        return f"{value:.1%}"
    return f"{value:.1%} ({interval[0]:.1%} to {interval[1]:.1%})"


def _both(interval: Interval | None) -> list[float] | None:
    return interval and [_rounded(value) for value in interval]


def _rounded(value: float) -> float:
    return round(float(value), 4)
