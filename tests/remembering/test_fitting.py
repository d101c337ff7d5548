"""The linear algebra of a memory against scikit-learn, and on data whose answer is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.datasets import Track
from earmark.memory import MUSIC
from earmark.remembering.fitting import (
    COMPONENTS,
    covariance_within,
    discriminants,
    embedding,
    held_out,
    learn,
    limits,
    shrunk,
)
from earmark.remembering.gathering import SUMMARY, Music, Sounds
from earmark.remembering.judging import FOLDS, as_table, folds_of, learn_and_judge

N = len(SUMMARY.names)


def test_scores_are_distances_as_music_varies():
    """Twice the difference of two scores is that of squared Mahalanobis distances."""
    covariance = pytest.importorskip("sklearn.covariance")
    distance = pytest.importorskip("scipy.spatial.distance")
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1, 2], [40, 25, 60])
    inputs = rng.normal(size=(125, 8)) @ rng.normal(size=(8, 8)) + rng.normal(size=(3, 8))[codes]
    music = covariance.ShrunkCovariance(shrinkage=0.1).fit(inputs[codes == 0]).precision_
    means = np.array([inputs[codes == kind].mean(axis=0) for kind in range(3)])
    far = distance.cdist(inputs, means, "mahalanobis", VI=music) ** 2
    weights, biases = discriminants(inputs, codes)
    scores = inputs @ weights + biases
    np.testing.assert_allclose(
        2 * (scores - scores[:, :1]), far[:, :1] - far, atol=1e-6 * np.abs(far).max()
    )


@given(st.integers(1, 6), st.integers(2, 5), st.floats(0, 1))
@settings(max_examples=25, deadline=None)
def test_shrinking_keeps_the_trace(size, count, share):
    rows = np.random.default_rng(size).normal(size=(count + size, size))
    covariance = np.atleast_2d(np.cov(rows.T))
    drawn = shrunk(covariance, share)
    assert np.trace(drawn) == pytest.approx(np.trace(covariance))
    spread = np.ptp(np.linalg.eigvalsh(covariance))
    assert np.ptp(np.linalg.eigvalsh(drawn)) == pytest.approx((1 - share) * spread, abs=1e-9)


def test_covariance_within_is_that_of_what_is_left_of_the_groups_means():
    rng = np.random.default_rng(2)
    groups = np.array([7, 7, 3, 3, 3, 9])
    vectors = rng.normal(size=(6, 2))
    expected = sum(
        np.cov(vectors[groups == g].T, bias=True) * (groups == g).sum() for g in (7, 3)
    ) / (6 - 3)
    np.testing.assert_allclose(covariance_within(vectors, groups), expected)


def test_an_embedding_hears_what_labels_tell_and_not_what_artists_share():
    """Label in number 0, artist's differences in number 1, louder than all else."""
    rng = np.random.default_rng(3)
    classes, groups = np.arange(200) % 2, np.arange(200) // 4
    vectors = rng.normal(0, 0.3, (200, 6))
    vectors[:, 0] += 2 * classes
    vectors[:, 1] += rng.normal(0, 3, 200)
    lengths = np.linalg.norm(embedding(vectors, classes, groups), axis=1)
    assert lengths[0] > 3 * lengths[1]


def test_limits_are_quantiles():
    found = limits(np.arange(101.0), np.arange(201.0))
    assert (found.music, found.strangeness) == (2, 198)


def tracks(count: int) -> Music:
    """Music of two labels by four-track artists; what labels tell stands in the first numbers."""
    rng = np.random.default_rng(4)
    codes = np.arange(count) // 4 % 2
    vectors = rng.normal(size=(count, N))
    vectors[:, :40] += 3 * codes[:, None]
    named = [
        Track(f"t{i}", None, {"genre": "ab"[code]}, artist=f"artist {i // 4}")  # type: ignore[arg-type]
        for i, code in enumerate(codes)
    ]
    stretches = vectors + rng.normal(0, 0.3, vectors.shape)
    return Music(named, ["songs"] * count, vectors, stretches, np.arange(count) // 4)


def sounds(kinds: tuple[str, ...], count: int, seed: int, far: float = 6.0) -> Sounds:
    """Sounds whose kind stands in numbers of its own."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(len(kinds)), count)
    vectors = rng.normal(size=(len(codes), N))
    for i, code in enumerate(codes):
        vectors[i, 100 + 50 * code : 150 + 50 * code] += far
    return Sounds(kinds, vectors, codes)


def test_a_memory_of_all():
    music, noises = tracks(80), sounds(("noise", "tone"), 20, 5)
    memory = learn(music, noises)
    assert memory.kinds == (MUSIC, "noise", "tone")
    assert memory.vectors.shape[1] <= COMPONENTS
    scores = memory.scores(np.concatenate([music.vectors, noises.vectors]))
    assert scores.argmax(axis=1).tolist() == [0] * 80 + [1] * 20 + [2] * 20
    (first,) = memory.neighbours(memory.embed(music.vectors[17]), 1)
    assert first.track.name == "t17"
    assert first.similarity == pytest.approx(1, abs=2e-3)


def test_folds_hold_artists_out():
    music = tracks(60)
    folds = folds_of(music.groups, 0)
    assert set(folds) == set(range(FOLDS))
    assert all(len(set(folds[music.groups == group])) == 1 for group in range(15))
    memories, musicality, strangeness = held_out(music, sounds(("noise",), 20, 5), folds)
    names = {track.name for track in memories[2].tracks}
    assert names == {t.id for t, fold in zip(music.tracks, folds, strict=True) if fold != 2}
    place = int(np.flatnonzero(folds == 2)[0])
    assert musicality[1, place] == memories[2].musicality(music.stretches[place])
    assert strangeness[0, place] == memories[2].strangeness(music.vectors[place])


def test_what_a_memory_is_worth():
    music = tracks(200)
    others = sounds(("hiss", "whistle"), 30, 6)
    memory, report = learn_and_judge(music, sounds(("noise", "tone"), 20, 5), others)
    abstains = report["abstains"]
    assert abstains["whole clips"]["share"] < 0.08
    sets = abstains["by data set, whole clips"].values()
    named = [name for one in sets for name in one["tracks"]]
    assert len(named) == abstains["whole clips"]["unknown"] > 0
    assert set(named) <= {track.id for track in music.tracks}
    assert report["caught"]["hiss"] == {
        "share": 1, "unknown": 30, "of": 30, "as": {"noise": 30},
    }  # fmt: skip
    assert report["caught"]["whistle"]["as"] == {"tone": 30}
    rows = {row["compared by"]: row for row in report["neighbours"]}
    assert rows["embedding"]["same label"] > 0.9
    assert rows["embedding"]["tracks"] == 200
    assert memory.unknown(others.vectors[0]) == "noise"
    table = as_table(report)
    (line,) = [line.split() for line in table.splitlines() if line.startswith("hiss")]
    assert line == ["hiss", "100.0%", "30"]


def test_music_itself_is_not_caught_as_something_else():
    """A sound that is like the music is known, whatever it is called."""
    music = tracks(200)
    like = Sounds(("band",), tracks(200).vectors[:40], np.zeros(40, np.int64))
    _, report = learn_and_judge(music, sounds(("noise",), 20, 5), like)
    assert report["caught"]["band"]["share"] < 0.1
