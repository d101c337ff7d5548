"""Trials → accuracy, drop and flip rate of every change, as one JSON object.

A track *flips* where its likeliest label is another one than of the untouched sound. A drop is the
accuracy of the untouched sound minus that of the changed, over the tracks that both could be judged
of. The likeliest label counts, also where the model would rather say "unknown"; how often it would
is counted apart. Intervals are of 95 %, and Wilson's; that of a drop draws artists (tracks, where
no artist is known), both answers to a track staying together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from earmark.errors import BadDataset
from earmark.evaluation.answers import Answers
from earmark.evaluation.intervals import bootstrap_interval, wilson_interval
from earmark.prediction import Probabilities
from earmark.robustness.changes import CHANGES, MP3S, WAV, Change
from earmark.robustness.trying import UNTOUCHED, Trial


def summarise_trials(
    trials: Iterable[Trial], labels: Sequence[str], output: str = "genre"
) -> dict[str, Any]:
    """The report on an output of classes.

    Returns:
        n_tracks, n_failed; untouched: accuracy and unknown_rate; changes: a row for each, but for
        one that no track is long enough for; everyday: the mean and the largest drop of the
        everyday ones, and whose the largest is; mp3_and_wav: how often both files of a track get
        the same answer, by bit rate.

    Raises:
        BadDataset: not one track could be judged.
    """
    trials = list(trials)
    heard = [trial for trial in trials if trial.error is None]
    if not heard:
        raise BadDataset(f"none of {len(trials)} tracks could be judged: {_first_error(trials)}")
    rows = [row for change in CHANGES if (row := _row(change, heard, labels, output)) is not None]
    untouched = _answers(heard, [trial.changed[UNTOUCHED] for trial in heard], labels, output)
    everyday = [row for row in rows if row["everyday"]]
    worst = max(everyday, key=lambda row: row["drop"])
    return {
        "n_tracks": len(heard),
        "n_failed": len(trials) - len(heard),
        "untouched": {**_accuracy(untouched), **_unknown(UNTOUCHED, heard)},
        "changes": rows,
        "everyday": {
            "mean_drop": float(np.mean([row["drop"] for row in everyday])),
            "largest_drop": worst["drop"],
            "largest_drop_of": worst["name"],
        },
        "mp3_and_wav": _mp3_and_wav(heard),
    }


def _row(
    change: Change, heard: Sequence[Trial], labels: Sequence[str], output: str
) -> dict[str, Any] | None:
    name = change.name
    tried = [trial for trial in heard if name in trial.changed]
    if not tried:
        return None
    before = _answers(tried, [trial.changed[UNTOUCHED] for trial in tried], labels, output)
    after = _answers(tried, [trial.changed[name] for trial in tried], labels, output)
    lost = before.right.astype(np.float64) - after.right
    flips, n = int((before.given != after.given).sum()), len(tried)
    return {
        "name": name,
        "everyday": change.everyday,
        "n": n,
        "n_failed": sum(name in trial.errors for trial in heard),
        **_accuracy(after),
        **_unknown(name, tried),
        "drop": float(lost.mean()),
        "drop_interval_by_artist": bootstrap_interval(
            lambda rows: float(lost[rows].mean()), before.groups
        ),
        "flip_rate": flips / n,
        "flip_rate_interval": wilson_interval(flips, n),
    }


def _accuracy(answers: Answers) -> dict[str, Any]:
    right, n = int(answers.right.sum()), len(answers)
    return {"accuracy": right / n, "accuracy_interval": wilson_interval(right, n)}


def _unknown(name: str, tried: Sequence[Trial]) -> dict[str, Any]:
    """Of how many tracks the model would rather not say anything."""
    n = sum(name in trial.unknown for trial in tried)
    return {
        "unknown_rate": n / len(tried),
        "unknown_rate_interval": wilson_interval(n, len(tried)),
    }


def _answers(
    trials: Sequence[Trial], said: Sequence[Probabilities], labels: Sequence[str], output: str
) -> Answers:
    tracks = [trial.track for trial in trials]
    return Answers(
        output=output,
        kind="classes",
        labels=tuple(labels),
        tracks=tuple(track.id for track in tracks),
        artists=tuple(track.artist for track in tracks),
        clips=(0,) * len(tracks),
        truth=np.array([labels.index(track.labels[output]) for track in tracks]),
        scores=np.array([[each[label] for label in labels] for each in said]),
    )


def _mp3_and_wav(heard: Sequence[Trial]) -> list[dict[str, Any]]:
    """How often an mp3 and a wav of a track get the same answer."""
    rows = []
    for change in MP3S:
        both = [
            (trial.changed[change.name], trial.changed[WAV.name])
            for trial in heard
            if change.name in trial.changed and WAV.name in trial.changed
        ]
        if both:
            same = sum(_likeliest(one) == _likeliest(other) for one, other in both)
            interval = wilson_interval(same, len(both))
            rows.append(
                {
                    "name": change.name,
                    "n": len(both),
                    "same": same / len(both),
                    "same_interval": interval,
                }
            )
    return rows


def _likeliest(probabilities: Probabilities) -> str:
    return max(probabilities, key=lambda label: probabilities[label])


def _first_error(trials: Sequence[Trial]) -> str:
    return next((f"{t.track.path}: {t.error}" for t in trials if t.error), "there are none")
