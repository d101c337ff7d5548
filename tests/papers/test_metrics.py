"""The papers' numbers of answers, held to scikit-learn, and what several seeds become."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as reference

from earmark.evaluation.answers import Answers
from earmark.evaluation.intervals import wilson_interval
from earmark.papers.metrics import METRICS, difference, measure, recall_by_label

LABELS = tuple("abcdefg")


def answers(seed: int, *, n: int = 60, clips: int = 1, kind="classes", artists=12) -> Answers:
    rng = np.random.default_rng(seed)
    rows = n * clips
    truth = np.repeat(rng.integers(0, len(LABELS), n), clips)
    scores = rng.dirichlet(np.ones(len(LABELS)), rows)
    scores[np.arange(rows), truth] += rng.uniform(0, 0.6, rows)
    if kind == "number":
        truth = np.repeat(rng.uniform(-1, 1, n), clips)
        scores = (truth + rng.normal(0, 0.3, rows))[:, None]
    else:
        scores /= scores.sum(axis=1, keepdims=True)
    return Answers(
        output="genre",
        kind=kind,
        labels=LABELS if kind == "classes" else ("genre",),
        tracks=tuple(f"t{i // clips}" for i in range(rows)),
        artists=tuple(f"band {(i // clips) % artists}" for i in range(rows)),
        clips=tuple(i % clips for i in range(rows)),
        truth=truth,
        scores=scores,
    )


def test_each_number_is_scikit_learns():
    some = answers(0)
    truth, given = some.truth, some.given
    expected = {
        "accuracy": reference.accuracy_score(truth, given),
        "top5": reference.top_k_accuracy_score(truth, some.scores, k=5),
        "macro_f1": reference.f1_score(truth, given, average="macro"),
    }
    for name, value in expected.items():
        assert measure(name, "track", [some]).value == pytest.approx(value)
    number = answers(0, kind="number")
    predicted = number.scores[:, 0]
    expected = {
        "r_squared": reference.r2_score(number.truth, predicted),
        "r": np.corrcoef(number.truth, predicted)[0, 1],
        "mean_absolute_error": reference.mean_absolute_error(number.truth, predicted),
    }
    for name, value in expected.items():
        assert measure(name, "track", [number]).value == pytest.approx(value)


@pytest.mark.parametrize(("name", "kind"), [("accuracy", "classes"), ("r", "number")])
def test_a_difference_is_of_the_same_rows_whatever_their_order(name, kind):
    seeds = [answers(s, kind=kind, clips=2) for s in (0, 1)]
    others = [replace(a, scores=a.scores[::-1]) for a in seeds]
    found = difference(name, "clip", seeds, [a.rows(np.arange(len(a))[::-1]) for a in others])
    value = measure(name, "clip", seeds).value - measure(name, "clip", others).value
    assert found.value == pytest.approx(value)
    low, high = found.by_artist
    assert low < found.value < high
    same = difference(name, "track", seeds, [a.per_track() for a in seeds])
    assert (same.value, same.by_artist, same.n) == (0, (0, 0), 60)
    with pytest.raises(ValueError, match="the same tracks"):
        difference(name, "track", seeds, [answers(s, kind=kind, n=59) for s in (0, 1)])


def test_what_is_hard_for_both_does_not_widen_a_difference():
    # Half of the artists are told right by both; the one is also right in a tenth of the rest.
    truth = np.zeros(200, int)
    easy = np.arange(200) < 100
    other = np.where(easy, 0, 1)
    one = np.where(np.arange(200) % 10 == 0, 0, other)
    told = [
        replace(answers(0, n=200, artists=20), truth=truth, scores=np.eye(len(LABELS))[given])
        for given in (one, other)
    ]
    told = [replace(t, artists=tuple(f"band {i // 10}" for i in range(200))) for t in told]
    low, high = difference("accuracy", "track", told[:1], told[1:]).by_artist
    wide = measure("accuracy", "track", told[1:]).by_artist
    assert 0 < low < 0.05 < high
    assert high - low < (wide[1] - wide[0]) / 4


def test_every_metric_serves_answers_of_its_kind():
    tags = Answers(
        output="tags",
        kind="tags",
        labels=("loud", "slow"),
        tracks=tuple("abcd"),
        artists=tuple("wxyz"),
        clips=(0,) * 4,
        truth=np.array([[1, 0], [0, 1], [1, 1], [0, 0]]),
        scores=np.array([[0.9, 0.2], [0.3, 0.7], [0.8, 0.9], [0.1, 0.4]]),
    )
    kinds = {"roc_auc": tags, "average_precision": tags}
    numbers = dict.fromkeys(("r", "r_squared", "mean_absolute_error"), answers(0, kind="number"))
    for name in METRICS:
        some = (kinds | numbers).get(name, answers(0))
        assert measure(name, "track", [some]).value is not None
    assert measure("roc_auc", "track", [tags]).value == 1


def test_several_seeds_are_their_mean_and_count_as_one_for_wilson():
    seeds = [answers(1), answers(2), answers(3)]
    mean = np.mean([part.right.mean() for part in seeds])
    found = measure("accuracy", "track", seeds)
    assert found.value == pytest.approx(mean)
    assert found.n == 60
    assert found.wilson == wilson_interval(round(60 * mean), 60)
    low, high = found.by_artist
    assert low < mean < high


def test_clips_of_a_track_are_not_draws_of_their_own():
    """Ten equal clips of each track say no more than one, which Wilson's interval cannot see."""
    one = answers(5)
    ten = answers(5, clips=10)
    truth = np.repeat(one.truth, 10)
    ten = Answers(**{**vars(ten), "truth": truth, "scores": np.repeat(one.scores, 10, axis=0)})
    whole, clipped = measure("accuracy", "track", [one]), measure("accuracy", "clip", [ten])
    assert clipped.n == 600
    assert whole.by_artist == clipped.by_artist
    assert clipped.wilson[1] - clipped.wilson[0] < 0.5 * (whole.wilson[1] - whole.wilson[0])
    assert measure("accuracy", "track", [ten]).n == 60


def test_what_is_not_defined_is_none():
    constant = answers(0, kind="number")
    constant = Answers(**{**vars(constant), "scores": np.zeros((60, 1))})
    assert measure("r", "track", [constant]).to_dict()["value"] is None


def test_recalls_are_over_all_seeds():
    seeds = [answers(1), answers(2)]
    found = recall_by_label(seeds)
    truth, right = (np.concatenate([getattr(s, n) for s in seeds]) for n in ("truth", "right"))
    assert found["c"] == pytest.approx(right[truth == 2].mean(), abs=1e-6)
    assert list(found) == list(LABELS)
