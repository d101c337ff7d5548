"""The decision graph: walked by hand, against a vote, and against machines fitted one by one."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.svm import SVC

from earmark.classical import DagSvm, Svm, Targets, fit
from earmark.classical.dag_svm import walk


def decisions(labels: int, winners: dict[tuple[int, int], tuple[int, float]]) -> np.ndarray:
    """Those of all pairs, of who wins by how much."""
    row = []
    for pair in combinations(range(labels), 2):
        winner, margin = winners[pair]
        row.append(margin if winner == pair[0] else -margin)
    return np.array([row])


def votes(row: np.ndarray, labels: int) -> list[int]:
    counts = [0] * labels
    for pair, decision in zip(combinations(range(labels), 2), row, strict=True):
        counts[pair[int(decision < 0)]] += 1
    return counts


def test_it_is_no_vote():
    """The first of each two wins, but 2 beats 0: three labels have three votes each.

    The graph is no vote: 0 wins twice, loses to 2, and 1 against 2 decides.
    """
    winners = {pair: (min(pair), 1.0) for pair in combinations(range(5), 2)}
    winners[0, 2] = (2, 1.0)
    # 0–4: 0 stays, 4 leaves. 0–3: 3 leaves. 0–2: 0 leaves. 1–2: 1 stays, 2 leaves.
    found = decisions(5, winners)
    assert votes(found[0], 5) == [3, 3, 3, 1, 0]
    assert walk(found, 5).argmax() == 1
    assert np.argmax(votes(found[0], 5)) == 0


def test_a_majority_may_lose():
    """1 has more votes than any other label, and leaves; 2 is left, which beats 3 alone."""
    winners = {
        (0, 1): (1, 1.0),
        (0, 2): (0, 1.0),
        (0, 3): (3, 1.0),
        (0, 4): (0, 1.0),
        (1, 2): (1, 1.0),
        (1, 3): (3, 1.0),
        (1, 4): (1, 1.0),
        (2, 3): (2, 1.0),
        (2, 4): (4, 1.0),
        (3, 4): (4, 1.0),
    }
    # 0–4: 4 leaves. 0–3: 0 leaves. 1–3: 1 leaves. 2–3: 3 leaves.
    found = decisions(5, winners)
    assert votes(found[0], 5) == [2, 3, 1, 2, 2]
    assert walk(found, 5).argmax() == 2


def test_logits_are_sums_of_margins_in_the_order_of_leaving():
    winners = {(0, 1): (1, 0.25), (0, 2): (0, 2.0), (1, 2): (2, 9.0)}
    # 0–2: 2 leaves by 2. 0–1: 0 leaves by a quarter. 1–2 is not asked.
    assert walk(decisions(3, winners), 3).tolist() == [[2.0, 2.25, 0.0]]


def test_two_labels_are_one_machine():
    assert walk(np.array([[0.5], [-0.5]]), 2).argmax(axis=1).tolist() == [0, 1]


@given(st.integers(2, 7), st.integers(0, 2**32 - 1))
def test_a_label_that_beats_all_others_is_the_answer(labels, seed):
    rng = np.random.default_rng(seed)
    best = int(rng.integers(labels))
    winners = {
        pair: (best if best in pair else pair[rng.integers(2)], float(rng.uniform(0.1, 2)))
        for pair in combinations(range(labels), 2)
    }
    assert walk(decisions(labels, winners), labels).argmax() == best


@pytest.mark.parametrize("labels", [2, 5])
def test_its_machines_are_those_of_each_two_labels(labels, make_clips, ask):
    """Fitted by scikit-learn pair by pair, walked by a list as the paper has it."""
    clips, truth = make_clips(labels)
    others, _ = make_clips(labels, seed=1)
    flat = clips.reshape(len(clips), -1).astype(float)
    mean, deviation = flat.mean(axis=0), flat.std(axis=0)
    inputs = (flat - mean) / deviation
    questions = (others.reshape(len(others), -1) - mean) / deviation
    settings = DagSvm.Settings()
    width = 1 / (settings.width * inputs.shape[1] * inputs.var())
    machines = {}
    for pair in combinations(range(labels), 2):
        own = np.isin(truth, pair)
        machines[pair] = SVC(C=settings.cost, gamma=width).fit(inputs[own], truth[own])

    expected = []
    for question in questions:
        left = list(range(labels))
        while len(left) > 1:
            winner = machines[left[0], left[-1]].predict(question[None])[0]
            left.remove(left[-1] if winner == left[0] else left[0])
        expected.append(left[0])

    model = fit(DagSvm(settings), flat, {"genre": Targets("classes", labels, truth)}, 0)
    assert ask("dag-svm", model.arrays, others, genre=labels).argmax(axis=1).tolist() == expected


def test_on_clips_that_overlap_graph_and_vote_differ(make_clips, ask):
    clips, truth = make_clips(10)
    others, _ = make_clips(10, count=400, seed=1)
    flat = clips.reshape(len(clips), -1).astype(float)
    answers = []
    for kind in (DagSvm, Svm):
        model = fit(kind(kind.Settings()), flat, {"g": Targets("classes", 10, truth)}, 0)
        answers.append(ask(kind.name, model.arrays, others, g=10).argmax(axis=1))
    assert 0 < (answers[0] != answers[1]).mean() < 0.5
