"""Answers: what they refuse, their mean over clips, and a file that gives back every bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.errors import EarmarkError
from earmark.evaluation.answers import Answers, read_answers, write_answers

NAMES = st.text(st.characters(), min_size=1, max_size=6)


def answers(rows: int = 6, kind: str = "classes", seed: int = 0, clips: int = 2) -> Answers:
    """Random answers, `clips` of each track, two tracks of each artist but for the last one's."""
    rng = np.random.default_rng(seed)
    labels = ("valence",) if kind == "number" else ("blues", "jazz", "pop")
    tracks = [i // clips for i in range(rows)]
    truths = {
        "classes": rng.integers(0, 3, rows),
        "tags": rng.integers(0, 2, (rows, 3)),
        "number": rng.normal(size=rows),
    }
    return Answers(
        output="valence" if kind == "number" else "genre",
        kind=kind,
        labels=labels,
        tracks=tuple(f"track {i}" for i in tracks),
        artists=tuple(None if i == max(tracks) else f"artist {i // 2}" for i in tracks),
        clips=tuple(i % clips for i in range(rows)),
        truth=truths[kind][tracks],
        scores=rng.dirichlet(np.ones(len(labels)), rows),
    )


def same(one: Answers, other: Answers) -> bool:
    arrays = np.array_equal(one.truth, other.truth) and np.array_equal(one.scores, other.scores)
    fields = ("output", "kind", "labels", "tracks", "artists", "clips")
    return arrays and all(getattr(one, name) == getattr(other, name) for name in fields)


@pytest.mark.parametrize("kind", ["classes", "tags", "number"])
def test_the_mean_over_clips_is_that_of_pandas(kind):
    whole = answers(20, kind, clips=3)
    shuffled = whole.rows(np.random.default_rng(1).permutation(20))
    means = shuffled.per_track()
    table = pd.DataFrame(shuffled.scores).groupby(list(shuffled.tracks), sort=False).mean()
    assert means.tracks == tuple(table.index)
    assert np.allclose(means.scores, table, rtol=1e-14)
    for track, artist, truth in zip(means.tracks, means.artists, means.truth, strict=True):
        row = shuffled.tracks.index(track)
        assert artist == shuffled.artists[row]
        assert np.array_equal(truth, shuffled.truth[row])
    assert set(means.clips) == {0}
    assert same(means.per_track(), means)


def test_clips_that_disagree_about_the_truth_are_refused():
    with pytest.raises(ValueError, match="clips of one track have different truths"):
        replace(answers(2), truth=np.array([0, 1])).per_track()


def test_the_likeliest_label_is_the_answer():
    found = replace(answers(2), truth=np.array([1, 1]), scores=[[0.4, 0.4, 0.2], [0.1, 0.8, 0.1]])
    assert found.given.tolist() == [0, 1]
    assert found.right.tolist() == [False, True]


def test_groups_are_artists_however_spelt_and_tracks_without_any():
    artists = ("Nina  Simone", "nina simone", None, None, "", "Fela Kuti")
    tracks = ("a", "b", "c", "c", "d", "e")
    groups = replace(answers(6), tracks=tracks, artists=artists).groups
    assert [groups.tolist().index(group) for group in groups] == [0, 0, 2, 2, 4, 5]
    assert sorted(set(groups.tolist())) == [0, 1, 2, 3]


def test_folds_are_joined():
    whole = answers(8)
    assert same(Answers.joined([whole.rows(np.arange(3)), whole.rows(np.arange(3, 8))]), whole)
    with pytest.raises(ValueError, match="clip 1 of track 0 was judged 2 times"):
        Answers.joined([whole, whole.rows([1])])
    with pytest.raises(ValueError, match="different questions"):
        Answers.joined([whole, answers(kind="number")])
    with pytest.raises(ValueError, match="no answers"):
        Answers.joined([])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tracks": ()}, "no answers"),
        ({"clips": (0,)}, "are missing"),
        ({"scores": np.zeros((6, 2))}, r"scores \(6, 2\)"),
        ({"scores": np.full((6, 3), np.nan)}, "not every score is a finite number"),
        ({"truth": np.array([0, 1, 2, 0, 1, 3])}, "the truth holds what is no label"),
        ({"truth": np.array([0, 1, 2, 0, 1, -1])}, "the truth holds what is no label"),
    ],
)
def test_impossible_answers_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        replace(answers(6), **changes)


@given(
    st.lists(st.tuples(NAMES, st.none() | NAMES, st.integers(0, 2)), min_size=1, max_size=5),
    st.lists(NAMES, min_size=3, max_size=3, unique=True),
    st.data(),
)
@settings(max_examples=60, deadline=None)
def test_a_file_gives_back_every_bit(tmp_path_factory, rows, labels, data):
    path = tmp_path_factory.mktemp("answers") / "predictions.csv"
    tracks, artists, clips = zip(*rows, strict=True)
    scores = st.lists(st.floats(0, 1), min_size=3, max_size=3)
    truth = data.draw(st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows)))
    names = {"tracks": tracks, "artists": artists, "clips": clips}
    classes = Answers(
        output="genre",
        kind="classes",
        labels=tuple(labels),
        truth=np.array(truth),
        scores=np.array([data.draw(scores) for _ in rows]),
        **names,
    )
    tags = replace(classes, output="tags", kind="tags", truth=np.eye(3, dtype=int)[truth])
    number = replace(
        answers(len(rows), "number", seed=len(rows)), output="valence", labels=("valence",), **names
    )
    write_answers(path, [classes, tags, number])
    read = read_answers(path)
    assert list(read) == ["genre", "tags", "valence"]
    for part in (classes, tags, number):
        assert same(read[part.output], part)


def test_outputs_that_a_file_cannot_tell_apart_are_refused(tmp_path):
    for parts in ([answers(), answers()], [replace(answers(), output="a=b")]):
        with pytest.raises(ValueError, match="cannot be told apart"):
            write_answers(tmp_path / "predictions.csv", parts)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "track,genre,jazz\na,jazz,1.0\n",
        "output,kind,track,artist,clip,truth,genre=jazz\ngenre,classes,a,,0,polka,1.0\n",
        "output,kind,track,artist,clip,truth,genre=jazz\ngenre,colours,a,,0,jazz,1.0\n",
        "output,kind,track,artist,clip,truth,genre=jazz\ngenre,classes,a,,0,jazz\n",
        "output,kind,track,artist,clip,truth,genre=jazz\ngenre,classes,a,,0,jazz,loud\n",
        'output,kind,track,artist,clip,truth,t=x\nt,tags,a,,0,"[""y""]",0.5\n',
        "output,kind,track,artist,clip,truth,t=x\nt,tags,a,,0,x,0.5\n",
        "\n\n",
    ],
)
def test_another_file_is_refused_in_one_line(tmp_path, text):
    path = tmp_path / "predictions.csv"
    path.write_text(text)
    with pytest.raises(EarmarkError, match="not the predictions of a run") as caught:
        read_answers(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(EarmarkError, match="No such file"):
        read_answers(tmp_path / "predictions.csv")
