"""Members' answers in the blend's words, and temperatures of other folds."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from earmark.blending.pooling import pool
from earmark.blending.recipe import Answering, BlendRecipe, Voice
from earmark.blending.training import Taught
from earmark.bundle import Output
from earmark.errors import BadRecipe
from earmark.evaluation.answers import Answers
from earmark.evaluation.calibration import fit_temperature
from earmark.members import pooled, scores
from earmark.training.recipe import Recipe

TRACKS = tuple(f"t{i:02}" for i in range(20))
ARTISTS = tuple(f"artist {i // 2}" for i in range(20))


def answers(seed: int, kind: str = "classes", labels=("Q1", "Q2", "Q3")) -> Answers:
    """Answers about 20 tracks, by chance, in an order of their own."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(20)
    truth = np.arange(20) % 3 if kind == "classes" else np.linspace(-1, 1, 20)
    given = rng.dirichlet(np.ones(3), 20) if kind == "classes" else rng.normal(0, 1, (20, 1))
    if kind == "classes":
        given[np.arange(20), truth] += 0.4
        given /= given.sum(axis=1, keepdims=True)
    whole = Answers("of", kind, labels, TRACKS, ARTISTS, (0,) * 20, truth, given)
    return whole.rows(order)


def taught(*given: Answers, folds=None) -> tuple[BlendRecipe, list[Taught]]:
    voices = [Voice(f"m{i}", Recipe()) for i in range(len(given))]
    every = [
        Taught(voice, {"of": said}, folds or {}, {"of": 1.0}, (), None)
        for voice, said in zip(voices, given, strict=True)
    ]
    return BlendRecipe(Path("blend.toml"), {}, tuple(voices), ()), every


def asked(members: int = 2, **settings) -> Answering:
    weights = {f"m{i}": (i + 1) / sum(range(1, members + 1)) for i in range(members)}
    return Answering("mood", "of", weights, **settings)


def test_classes_are_pooled_and_tempered_by_the_other_folds():
    folds = {name: i % 4 for i, name in enumerate(TRACKS)}
    blend, every = taught(answers(0), answers(1), folds=folds)
    labels = {"Q1": "happy", "Q2": "tense", "Q3": "sad"}
    found = pool(blend, every, asked(labels=labels))
    assert found.answers.tracks == TRACKS
    assert found.answers.labels == found.output.labels == ("happy", "tense", "sad")
    in_order = [each.answers["of"].rows(np.argsort(each.answers["of"].tracks)) for each in every]
    logits = pooled([each.scores for each in in_order], [1 / 3, 2 / 3], "classes")
    rows, truth = [row[None] for row in logits], in_order[0].truth
    assert found.output.temperature == pytest.approx(
        fit_temperature(rows, truth.tolist()), rel=1e-4
    )
    fold = np.array([folds[name] for name in TRACKS])
    for number in range(4):
        others = np.flatnonzero(fold != number)
        temperature = fit_temperature([rows[i] for i in others], truth[others].tolist())
        here = fold == number
        expected = scores(logits[here], Output(("a", "b", "c"), temperature))
        np.testing.assert_allclose(found.answers.scores[here], expected, atol=1e-4)


def test_the_truth_of_a_track_has_no_part_in_its_own_answer():
    folds = {name: i % 4 for i, name in enumerate(TRACKS)}
    found = pool(*taught(answers(0), answers(1), folds=folds), asked())
    changed = [answers(0), answers(1)]
    for i, each in enumerate(changed):
        truth = each.truth.copy()
        truth[each.tracks.index("t04")] = 2
        changed[i] = replace(each, truth=truth)
    other = pool(*taught(*changed, folds=folds), asked())
    row = TRACKS.index("t04")
    np.testing.assert_array_equal(found.answers.scores[row], other.answers.scores[row])
    assert not np.array_equal(found.answers.scores, other.answers.scores)


def test_numbers_and_their_truth_are_mapped():
    blend, every = taught(answers(0, "number", ("of",)), answers(1, "number", ("of",)))
    found = pool(blend, every, asked(scale=0.5, offset=0.5))
    np.testing.assert_allclose(found.answers.truth, np.linspace(0, 1, 20))
    in_order = [each.answers["of"].rows(np.argsort(each.answers["of"].tracks)) for each in every]
    mean = (in_order[0].scores + 2 * in_order[1].scores) / 3
    np.testing.assert_allclose(found.answers.scores, 0.5 * mean + 0.5)
    assert found.output == Output(("mood",), 1.0, "number")


@pytest.mark.parametrize(
    ("given", "settings", "words"),
    [
        ([answers(0), answers(1, labels=("Q1", "Q2", "Q4"))], {}, "have not the same labels"),
        ([answers(0), answers(1).rows(np.arange(19))], {}, "have not the same tracks"),
        ([answers(0)], {"labels": {"Q1": "happy"}}, "must rename all of Q1, Q2, Q3, not Q1"),
        ([answers(0)], {"scale": 2.0}, "of is no number"),
        ([answers(0, "number", ("of",))], {"labels": {"of": "x"}}, "a number, which has no labels"),
    ],
)
def test_what_does_not_fit_is_refused(given, settings, words):
    with pytest.raises(BadRecipe, match=words):
        pool(*taught(*given), asked(len(given), **settings))
