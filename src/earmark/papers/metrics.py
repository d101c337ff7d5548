"""The numbers that papers print, each with its 95 % intervals; several seeds become one number.

The value is the mean over the seeds. The bootstrap draws artists (tracks, where none is known) with
all their rows of all seeds, and so says how far other music would move the number. Wilson's and the
plain interval p ± 1.96 √(p(1−p)/n) count the rows of one seed, as if each were a draw of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.evaluation.answers import Answers
from earmark.evaluation.classification import macro_f1, top_k_accuracy
from earmark.evaluation.intervals import (
    Interval,
    bootstrap_interval,
    normal_interval,
    wilson_interval,
)
from earmark.evaluation.ranking import average_precision, macro, roc_auc
from earmark.evaluation.regression import mean_absolute_error, pearson_r, r_squared
from earmark.papers.base import Unit

Floats = NDArray[np.float64]
Value = Callable[[Any, Floats], float]
"""Truth and scores, as in `Answers`, → a number."""


@dataclass(frozen=True)
class Metric:
    """A number of answers.

    Attributes:
        title: what the table calls it; empty for accuracy, which needs no word.
        value: the number, of truth and scores.
        share: whether it is written as a percentage.
        proportion: whether it is a share of rows that are right, so that Wilson's interval holds.
    """

    title: str
    value: Value
    share: bool = False
    proportion: bool = False


def _accuracy(truth: Any, scores: Floats) -> float:
    return float((scores.argmax(axis=1) == truth).mean())


def _macro_f1(truth: Any, scores: Floats) -> float:
    return macro_f1(truth, scores.argmax(axis=1), scores.shape[1])


METRICS: dict[str, Metric] = {
    "accuracy": Metric("", _accuracy, share=True, proportion=True),
    "top5": Metric(
        "top-5",
        lambda truth, scores: top_k_accuracy(truth, scores, 5),
        share=True,
        proportion=True,
    ),
    "macro_f1": Metric("macro F1", _macro_f1, share=True),
    "roc_auc": Metric("ROC-AUC", lambda truth, scores: macro(roc_auc(truth, scores))),
    "average_precision": Metric(
        "average precision", lambda truth, scores: macro(average_precision(truth, scores))
    ),
    "r": Metric("r", lambda truth, scores: pearson_r(truth, scores[:, 0])),
    "r_squared": Metric("R²", lambda truth, scores: r_squared(truth, scores[:, 0])),
    "mean_absolute_error": Metric(
        "mean error", lambda truth, scores: mean_absolute_error(truth, scores[:, 0])
    ),
}
"""Every metric by the name that a paper's `Printed` calls it."""


@dataclass(frozen=True)
class Measured:
    """A number with its intervals.

    Attributes:
        value: the mean over the seeds; None where it is not defined.
        n: rows of one seed.
        by_artist: the bootstrap's interval; None where there are fewer than two artists.
        wilson: Wilson's, for a share of rows.
        plain: the plain one, for a share of rows.
    """

    value: float | None
    n: int
    by_artist: Interval | None = None
    wilson: Interval | None = None
    plain: Interval | None = None

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values, rounded to what can be told apart."""
        values = {
            "value": self.value,
            "n": self.n,
            "interval_by_artist": self.by_artist,
            "interval_wilson": self.wilson,
            "interval_plain": self.plain,
        }
        return {key: _rounded(value) for key, value in values.items()}


def measure(name: str, unit: Unit, seeds: Sequence[Answers]) -> Measured:
    """A metric of one system's answers.

    Args:
        name: in `METRICS`.
        unit: whether clips are judged, or tracks by the mean over their clips.
        seeds: the answers of each seed.

    Raises:
        KeyError: there is no such metric.
    """
    metric = METRICS[name]
    parts = [answers.per_track() if unit == "track" else answers for answers in seeds]
    value = float(np.mean([metric.value(part.truth, part.scores) for part in parts]))
    n = len(parts[0])
    if not np.isfinite(value):
        return Measured(None, n)
    rows = _together(parts)
    by_artist = bootstrap_interval(
        lambda chosen: metric.value(rows.truth[chosen], rows.scores[chosen]), rows.groups
    )
    if not metric.proportion:
        return Measured(value, n, by_artist)
    right = round(value * n)
    return Measured(value, n, by_artist, wilson_interval(right, n), normal_interval(right, n))


def difference(
    name: str, unit: Unit, seeds: Sequence[Answers], others: Sequence[Answers]
) -> Measured:
    """How much more a metric is of one system's answers than of another's to the same questions.

    Artists are drawn for both at once, so that what is hard for both does not widen the interval.

    Args:
        name: in `METRICS`.
        unit: as in `measure`.
        seeds: the answers of each seed.
        others: the other system's.

    Raises:
        KeyError: there is no such metric.
        ValueError: they do not answer about the same tracks.
    """
    metric = METRICS[name]
    parts, other_parts = ([_in_order(a, unit) for a in of] for of in (seeds, others))
    pairs = list(zip(parts, other_parts, strict=True))
    if any((one.tracks, one.clips) != (other.tracks, other.clips) for one, other in pairs):
        raise ValueError("they do not answer about the same tracks")
    of_each = [[metric.value(p.truth, p.scores) for p in of] for of in (parts, other_parts)]
    value = float(np.mean(of_each[0]) - np.mean(of_each[1]))
    if not np.isfinite(value):
        return Measured(None, len(parts[0]))
    rows, other_rows = _together(parts), _together(other_parts)
    by_artist = bootstrap_interval(
        lambda chosen: (
            metric.value(rows.truth[chosen], rows.scores[chosen])
            - metric.value(other_rows.truth[chosen], other_rows.scores[chosen])
        ),
        rows.groups,
    )
    return Measured(value, len(parts[0]), by_artist)


def recall_by_label(answers: Sequence[Answers]) -> dict[str, float | None]:
    """Share of each label's tracks that were recognised, over all seeds; None without tracks."""
    rows = _together([part.per_track() for part in answers])
    shares: dict[str, float | None] = {}
    for index, label in enumerate(rows.labels):
        of_label = rows.truth == index
        shares[label] = round(float(rows.right[of_label].mean()), 6) if of_label.any() else None
    return shares


def _in_order(answers: Answers, unit: Unit) -> Answers:
    """Its rows by track and clip, so that another's can be held against them."""
    part = answers.per_track() if unit == "track" else answers
    places = sorted(range(len(part)), key=lambda i: (part.tracks[i], part.clips[i]))
    return part.rows(np.array(places))


def _together(parts: Sequence[Answers]) -> Answers:
    """The rows of all seeds; a track then comes once for each."""
    return replace(
        parts[0],
        tracks=tuple(track for part in parts for track in part.tracks),
        artists=tuple(artist for part in parts for artist in part.artists),
        clips=tuple(clip for part in parts for clip in part.clips),
        truth=np.concatenate([part.truth for part in parts]),
        scores=np.concatenate([part.scores for part in parts]),
    )


def _rounded(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_rounded(part) for part in value]
    return round(value, 6) if isinstance(value, float) else value
