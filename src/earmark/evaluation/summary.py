"""Answers → all that is reported of them, as one JSON object.

Everything is said per track and, where tracks were judged in clips, per clip too. Intervals are of
95 %; `interval_by_artist` draws artists (tracks, where no artist is known) by bootstrap, and is the
one to trust where artists have several tracks, and always for clips.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.evaluation.answers import Answers
from earmark.evaluation.calibration import (
    error_by_chance,
    expected_calibration_error,
    reliability,
)
from earmark.evaluation.classification import (
    confusion_counts,
    f1_scores,
    macro_f1,
    precisions,
    recalls,
    tag_decisions,
    top_k_accuracy,
)
from earmark.evaluation.intervals import (
    Interval,
    bootstrap_interval,
    normal_interval,
    wilson_interval,
)
from earmark.evaluation.ranking import average_precision, macro, one_hot, roc_auc
from earmark.evaluation.regression import mean_absolute_error, pearson_r, r_squared

TOP_K = (3, 5)


def summarise(answers: Answers) -> dict[str, Any]:
    """The report of one output; numbers that are not defined are None.

    Returns:
        output, kind, labels, n_tracks, n_clips, n_artists (how many are known), per_track, and
        per_clip where a track has more than one. Of classes each of the two holds accuracy with its
        intervals, top_k_accuracy, macro_f1, macro_roc_auc and macro_average_precision (one label
        against the rest), calibration_error, what that would be by chance alone (its mean, and what
        one in twenty exceeds), per_label and confusion; of tags the same without what needs one
        right answer; of numbers r_squared, r and mean_absolute_error.
    """
    tracks = answers.per_track()
    measures = {"classes": _classes, "tags": _tags, "number": _number}[answers.kind]
    report: dict[str, Any] = {
        "output": answers.output,
        "kind": answers.kind,
        "labels": list(answers.labels),
        "n_tracks": len(tracks),
        "n_clips": len(answers),
        "n_artists": len(set(tracks.groups[[artist is not None for artist in tracks.artists]])),
        "per_track": measures(tracks),
    }
    if len(answers) > len(tracks):
        report["per_clip"] = measures(answers)
    plain: dict[str, Any] = _plain(report)
    return plain


def _classes(answers: Answers) -> dict[str, Any]:
    truth, given, scores = answers.truth, answers.given, answers.scores
    n_labels, right = len(answers.labels), answers.right
    confusion = confusion_counts(truth, given, n_labels)
    n_right, n = int(right.sum()), len(answers)
    ranked = one_hot(truth, n_labels)
    stated = scores.max(axis=1).clip(0, 1)
    bins = reliability(stated, right)
    areas, precision_areas = roc_auc(ranked, scores), average_precision(ranked, scores)
    return {
        "n": n,
        "accuracy": n_right / n,
        "accuracy_interval": wilson_interval(n_right, n),
        "accuracy_interval_normal": normal_interval(n_right, n),
        "accuracy_interval_by_artist": _interval(
            answers, lambda truth, given: float((truth == given).mean()), given
        ),
        "top_k_accuracy": {str(k): top_k_accuracy(truth, scores, k) for k in TOP_K if k < n_labels},
        "macro_f1": macro_f1(truth, given, n_labels),
        "macro_f1_interval_by_artist": _interval(
            answers, lambda truth, given: macro_f1(truth, given, n_labels), given
        ),
        "macro_roc_auc": macro(areas),
        "macro_average_precision": macro(precision_areas),
        "calibration_error": expected_calibration_error(bins),
        "calibration_error_by_chance": error_by_chance(stated),
        "reliability": [vars(part) for part in bins],
        "per_label": _per_label(
            answers,
            n=confusion.sum(axis=1),
            precision=precisions(confusion),
            recall=recalls(confusion),
            f1=f1_scores(confusion),
            roc_auc=areas,
            average_precision=precision_areas,
        ),
        "confusion": confusion,
    }


def _tags(answers: Answers) -> dict[str, Any]:
    truth, scores = answers.truth, answers.scores
    whole = not any(answers.clips)  # ranking 100,000 clips 1000 times would take half an hour
    decisions = tag_decisions(truth, scores)
    bins = reliability(scores.ravel(), truth.ravel())
    areas, precision_areas = roc_auc(truth, scores), average_precision(truth, scores)
    return {
        "n": len(answers),
        "accuracy": float(((scores >= 0.5) == truth).mean()),
        "macro_f1": macro(decisions.f1),
        "macro_roc_auc": macro(areas),
        "macro_roc_auc_interval_by_artist": _interval(
            answers, lambda truth, scores: macro(roc_auc(truth, scores)), scores
        )
        if whole
        else None,
        "macro_average_precision": macro(precision_areas),
        "macro_average_precision_interval_by_artist": _interval(
            answers, lambda truth, scores: macro(average_precision(truth, scores)), scores
        )
        if whole
        else None,
        "calibration_error": expected_calibration_error(bins),
        "reliability": [vars(part) for part in bins],
        "per_label": _per_label(
            answers,
            n=truth.sum(axis=0),
            precision=decisions.precision,
            recall=decisions.recall,
            f1=decisions.f1,
            roc_auc=areas,
            average_precision=precision_areas,
        ),
    }


def _number(answers: Answers) -> dict[str, Any]:
    truth, predicted = answers.truth, answers.scores[:, 0]
    report: dict[str, Any] = {"n": len(answers)}
    for name, metric in {
        "r_squared": r_squared,
        "r": pearson_r,
        "mean_absolute_error": mean_absolute_error,
    }.items():
        report[name] = metric(truth, predicted)
        report[f"{name}_interval_by_artist"] = _interval(answers, metric, predicted)
    return report


def _interval(
    answers: Answers, metric: Callable[[Any, Any], float], answered: NDArray[Any]
) -> Interval | None:
    truth = answers.truth
    return bootstrap_interval(lambda rows: metric(truth[rows], answered[rows]), answers.groups)


def _per_label(answers: Answers, **columns: NDArray[Any]) -> dict[str, dict[str, Any]]:
    return {
        label: {name: values[i] for name, values in columns.items()}
        for i, label in enumerate(answers.labels)
    }


def _plain(value: Any) -> Any:
    """The same of Python's own types, with None for what is no number."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
