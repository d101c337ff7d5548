"""Thresholds against a plain search through all of them, and what few answers may claim."""

from __future__ import annotations

import json
import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.evaluation.answers import Answers
from earmark.evaluation.intervals import wilson_interval
from earmark.evaluation.thresholds import find_thresholds, held_out, lowest

SAID = st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=60)


def of_classes(probability, true, *, artists=None) -> Answers:
    """Answers of "a" or "b", the likelier of which is said with these probabilities."""
    probability, n = np.asarray(probability), len(probability)
    given = np.arange(n) % 2
    scores = np.empty((n, 2))
    scores[np.arange(n), given] = probability
    scores[np.arange(n), 1 - given] = 1 - probability
    truth = np.where(true, given, 1 - given)
    names = tuple(map(str, range(n)))
    return Answers("genre", "classes", ("a", "b"), names, artists or names, (0,) * n, truth, scores)


@given(SAID, st.sampled_from([0.5, 0.75, 0.9]))
def test_it_is_the_lowest_of_all_that_would_do(said, precision):
    probability = np.array([p / 12 for p, _ in said])
    true = np.array([t for _, t in said])
    would_do = [
        bound
        for bound in probability.tolist()
        if (true[probability >= bound].sum() + 1) / ((probability >= bound).sum() + 2) >= precision
    ]
    assert lowest(probability, true, precision) == min(would_do, default=math.inf)


@pytest.mark.parametrize(
    ("true", "times", "enough"),
    [(7, 7, False), (8, 8, True), (16, 17, False), (17, 18, True), (26, 28, True), (9, 10, False)],
)
def test_few_answers_want_a_better_record(true, times, enough):
    flags = np.arange(times) < true
    assert math.isfinite(lowest(np.full(times, 0.7), flags)) == enough


def test_what_passes_is_counted():
    rng = np.random.default_rng(3)
    probability = rng.uniform(0.5, 1, 400)
    answers = of_classes(probability, rng.uniform(size=400) < probability)
    found = find_thresholds(answers)
    for i, label in enumerate("ab"):
        said = answers.given == i
        passes = said & (probability >= found[label].probability)
        hits = int((passes & answers.right).sum())
        assert (found[label].n_said, found[label].n) == (200, passes.sum())
        assert found[label].share == passes.sum() / 200
        assert found[label].precision == hits / passes.sum()
        assert found[label].precision_interval == wilson_interval(hits, int(passes.sum()))
        assert (hits + 1) / (passes.sum() + 2) >= 0.9
    json.dumps({label: asdict(each) for label, each in found.items()}, allow_nan=False)


def test_a_label_that_is_never_sure_or_never_said_has_none():
    answers = of_classes(np.full(20, 0.8), np.arange(20) % 3 > 0)
    assert {each.probability for each in find_thresholds(answers).values()} == {None}
    only_a = answers.rows(answers.given == 0)
    never = find_thresholds(only_a)["b"]
    assert (never.n_said, never.n, never.share, never.precision) == (0, 0, None, None)


def test_thresholds_of_noise_do_not_hold_elsewhere():
    """Sure or not, half is true: what was found by luck is true in half of cases, too."""
    rng = np.random.default_rng(8)
    answers = of_classes(rng.uniform(0.5, 1, 4000), rng.uniform(size=4000) < 0.5)
    honest = held_out(answers, 0.55)
    assert honest.n > 0
    assert honest.precision == pytest.approx(0.5, abs=0.06)
    assert min(each.precision for each in find_thresholds(answers, 0.55).values()) >= 0.55


def test_an_artist_has_no_part_in_the_thresholds_that_judge_it():
    """One artist alone makes the label sure; without it nothing would pass."""
    artists = ("band",) * 40 + tuple(f"other {i}" for i in range(60))
    true = np.arange(100) < 40
    answers = of_classes(np.where(true, 0.9, 0.6), true, artists=artists)
    assert find_thresholds(answers)["a"].probability == 0.9
    assert held_out(answers).n == 0


def test_tags_are_asked_of_every_track():
    truth = np.array([[1, 0]] * 12 + [[0, 1]] * 12)
    scores = np.where(truth == 1, 0.4, 0.1)
    names = tuple(map(str, range(24)))
    answers = Answers("tags", "tags", ("x", "y"), names, names, (0,) * 24, truth, scores)
    found = find_thresholds(answers)
    assert (found["x"].probability, found["x"].n_said, found["x"].n) == (0.4, 24, 12)
    assert held_out(answers).n_said == 48


def test_numbers_have_none():
    answers = Answers(
        "valence", "number", ("valence",), ("x",), (None,), (0,), np.zeros(1), np.zeros((1, 1))
    )
    with pytest.raises(ValueError, match="valence: numbers have no thresholds"):
        find_thresholds(answers)
