"""The report of answers: whole, of plain numbers, and agreeing with scikit-learn."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics

from earmark.evaluation.answers import Answers
from earmark.evaluation.intervals import normal_interval, wilson_interval
from earmark.evaluation.summary import summarise


def answers(kind: str, *, clips: int = 1, n_labels: int = 4) -> Answers:
    """80 tracks of 20 artists, judged better than by chance."""
    rng = np.random.default_rng(0)
    truth = {
        "classes": rng.integers(0, n_labels - 1, 80),  # the last label is never true
        "tags": (rng.random((80, n_labels)) < 0.3).astype(int),
        "number": rng.normal(size=80),
    }[kind]
    signal = np.eye(n_labels)[truth] if kind == "classes" else truth.reshape(80, -1)
    signal = np.repeat(signal, clips, axis=0)
    scores = signal + rng.normal(size=signal.shape)
    if kind == "classes":
        scores = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    elif kind == "tags":
        scores = 1 / (1 + np.exp(-scores))
    return Answers(
        output="question",
        kind=kind,
        labels=("question",) if kind == "number" else tuple("abcdefgh"[:n_labels]),
        tracks=tuple(f"track {i // clips}" for i in range(80 * clips)),
        artists=tuple(f"artist {i // clips % 20}" for i in range(80 * clips)),
        clips=tuple(i % clips for i in range(80 * clips)),
        truth=np.repeat(truth, clips, axis=0),
        scores=scores,
    )


@pytest.mark.parametrize("kind", ["classes", "tags", "number"])
@pytest.mark.parametrize("clips", [1, 3])
def test_a_report_is_plain_json(kind, clips):
    report = summarise(answers(kind, clips=clips))
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert (report["n_tracks"], report["n_clips"], report["n_artists"]) == (80, 80 * clips, 20)
    assert report["per_track"]["n"] == 80
    assert ("per_clip" in report) == (clips == 3)
    assert clips == 1 or report["per_clip"]["n"] == 240
    for name, value in report["per_track"].items():
        if "interval" in name:
            low, high = value
            centre = report["per_track"][name.partition("_interval")[0]]
            assert low < centre < high


def test_classes():
    given = answers("classes")
    report = summarise(given)["per_track"]
    right = int((given.scores.argmax(axis=1) == given.truth).sum())
    assert report["accuracy"] == right / 80
    assert report["accuracy_interval"] == list(wilson_interval(right, 80))
    assert report["accuracy_interval_normal"] == list(normal_interval(right, 80))
    assert set(report["top_k_accuracy"]) == {"3"}
    assert report["macro_f1"] == pytest.approx(
        metrics.f1_score(given.truth, given.given, labels=range(3), average="macro")
    )
    assert report["confusion"] == metrics.confusion_matrix(given.truth, given.given).tolist()
    one_hot = np.eye(4)[given.truth]
    for i, label in enumerate("abc"):
        row = report["per_label"][label]
        theirs = metrics.roc_auc_score(one_hot[:, i], given.scores[:, i])
        assert row["roc_auc"] == pytest.approx(theirs)
    absent = report["per_label"]["d"]
    assert (absent["n"], absent["recall"], absent["roc_auc"]) == (0, None, None)


def test_clips_count_for_themselves_and_for_their_track():
    given = answers("classes", clips=5)
    report = summarise(given)
    assert report["per_clip"]["accuracy"] == given.right.mean()
    assert report["per_track"]["accuracy"] == given.per_track().right.mean()
    assert report["per_track"]["accuracy"] > report["per_clip"]["accuracy"]


def test_clips_are_no_independent_draws():
    """Copies of a track's clip say nothing new: Wilson is deceived, the artists are not."""
    once = answers("classes")
    copies = replace(once.rows(np.repeat(np.arange(80), 5)), clips=tuple(range(5)) * 80)
    report = summarise(copies)
    clip, track = report["per_clip"], report["per_track"]
    assert np.ptp(clip["accuracy_interval"]) < 0.5 * np.ptp(track["accuracy_interval"])
    by_artist = "accuracy_interval_by_artist"
    assert clip[by_artist] == pytest.approx(track[by_artist], abs=1e-12)


def test_tags():
    given = answers("tags")
    report = summarise(given)["per_track"]
    assert report["macro_roc_auc"] == pytest.approx(
        metrics.roc_auc_score(given.truth, given.scores, average="macro")
    )
    assert report["macro_average_precision"] == pytest.approx(
        metrics.average_precision_score(given.truth, given.scores, average="macro")
    )
    assert report["macro_f1"] == pytest.approx(
        metrics.f1_score(given.truth, given.scores >= 0.5, average="macro")
    )
    low, high = report["macro_roc_auc_interval_by_artist"]
    assert low < report["macro_roc_auc"] < high


def test_numbers():
    given = answers("number")
    report = summarise(given)["per_track"]
    assert report["r_squared"] == pytest.approx(metrics.r2_score(given.truth, given.scores[:, 0]))
    assert report["r"] == pytest.approx(np.corrcoef(given.truth, given.scores[:, 0])[0, 1])


def test_nobody_knows_the_artists():
    report = summarise(replace(answers("classes"), artists=(None,) * 80))
    assert report["n_artists"] == 0
    assert report["per_track"]["accuracy_interval_by_artist"] is not None
