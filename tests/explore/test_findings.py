"""Correlation, spectra, outliers, excerpts: each on what was put there to be found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from earmark.errors import BadDataset
from earmark.explore.collection import _output, collect, gather
from earmark.explore.correlation import correlate, mean_correlations
from earmark.explore.listening import excerpt_of
from earmark.explore.outliers import find_outliers
from earmark.explore.spectra import average_spectra
from earmark.features import LogMel

from .conftest import make_collection


def test_mean_correlations_are_those_of_all_pairs():
    rng = np.random.default_rng(1)
    unit = rng.normal(size=(24, 5))
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    codes, groups = rng.integers(-1, 3, 24), rng.integers(0, 6, 24)
    found = mean_correlations(unit, codes, groups, 4)
    for a in range(4):
        for b in range(4):
            pairs = [
                unit[i] @ unit[j]
                for i in np.flatnonzero(codes == a)
                for j in np.flatnonzero(codes == b)
                if groups[i] != groups[j]
            ]
            if pairs:
                assert found[a, b] == pytest.approx(np.mean(pairs))
            else:
                assert np.isnan(found[a, b])


def test_correlation_is_higher_within_labels_and_of_a_track_with_itself_one():
    found = correlate(make_collection(apart=5))
    assert found.within > found.across + 0.2
    assert len(found.rows) == 15
    np.testing.assert_allclose(np.diag(found.matrix), 1)
    kept = make_collection(apart=5)
    assert len({kept.groups[row] for row in found.rows[:5]}) == 5  # as many artists as there are


def test_spectra_are_means_and_differences_add_up_to_nothing():
    collection = make_collection()
    found = average_spectra(collection)
    np.testing.assert_allclose(
        found.levels[0], collection.spectra[collection.codes == 0].mean(axis=0)
    )
    gaps = [found.above_average(i)["bass, below 200 Hz"] for i in range(3)]
    assert sum(gaps) == pytest.approx(0, abs=1e-9)  # labels of one size
    assert average_spectra(replace(collection, spectra=None)) is None


def test_what_was_hidden_among_tracks_is_found_with_the_reason():
    collection = make_collection(apart=8)
    vectors = collection.vectors.copy()
    stranger = int(np.flatnonzero(collection.codes == 0)[0])
    vectors[stranger] = vectors[collection.codes == 1].mean(axis=0)
    far = int(np.flatnonzero(collection.codes == 2)[4])
    vectors[far] += 60
    twins = np.flatnonzero(collection.codes == 1)[[2, 8]]
    vectors[twins[0]] = vectors[twins[1]] + 1e-3
    changed = replace(collection, vectors=vectors)
    found = {(o.kind, o.row): o for o in find_outliers(changed, vectors)}
    name, other = collection.labels[0], collection.labels[1]
    said = found["among strangers", stranger].why
    assert said == (
        f"labelled {name}, but 10 of the 10 tracks by other artists that are most like it are "
        f"{other}, and none is {name}"
    )
    assert "times as far" in found["far from all", far].why
    pair = found["all but the same", int(min(twins))]
    assert {pair.row, pair.other} == set(twins.tolist())
    assert pair.why.endswith("usual track and the one most like it: maybe one recording twice")
    vectors[twins[0]] = vectors[twins[1]]
    again = {(o.kind, o.row): o for o in find_outliers(changed, vectors)}
    same = again["all but the same", int(min(twins))]
    assert same.why == "the two are the same in every number: maybe one recording twice"


def test_where_a_track_is_far_the_strangest_number_is_told_in_plain_words():
    collection = make_collection(apart=0)
    vectors = collection.vectors.copy()
    vectors[7, 3] -= 60
    names = [f"rhythm: onset {i}" for i in range(12)]
    feature = SimpleNamespace(name="summary", names=names)
    (found,) = (
        outlier
        for outlier in find_outliers(
            replace(collection, vectors=vectors, feature=feature, by=("track",)), vectors
        )
        if outlier.kind == "far from all"
    )
    assert found.row == 7
    assert found.why.startswith("the 10 tracks that are most like it")  # nobody knows who plays
    assert "most unusual is its rhythm (rhythm: onset 3, 9.3 standard deviations below" in found.why


def test_the_first_output_is_taken_that_two_tracks_share(tmp_path):
    tracks = [
        replace(track, labels={"name": track.id, "mood": "calm" if i % 2 else "happy"})
        for i, track in enumerate(make_collection().tracks)
    ]
    assert _output(_Listed(tracks), tracks, None) == "mood"
    assert _output(_Listed(tracks), tracks, "name") == "name"
    alone = [replace(track, labels={"name": track.id}) for track in tracks]
    assert _output(_Listed(alone), alone, None) is None


def test_labels_of_one_track_each_have_no_mean_within():
    collection = make_collection(12)
    tracks = [replace(track, labels={"name": track.id}) for track in collection.tracks]
    found = correlate(
        collect("made-up", "log-mel", tracks, collection.vectors, output="name", feature=LogMel())
    )
    assert np.isnan(found.within)
    assert np.isfinite(found.across)


def test_what_cannot_be_heard_has_no_excerpt(tmp_path):
    collection = make_collection()
    assert excerpt_of(collection, 0, 5.0) is None  # pictures
    gone = replace(collection.tracks[0], path=Path(tmp_path / "gone.mp3"))
    assert excerpt_of(replace(collection, kind="audio", tracks=[gone]), 0, 5.0) is None


def test_examples_are_heard_and_seen(heard):
    assert [example.label for example in heard.examples] == list(heard.collection.labels)
    for example in heard.examples:
        assert heard.collection.codes[example.row] == heard.collection.labels.index(example.label)
        assert [picture.kind for picture in example.pictures] == ["mel", "linear", "gabor"]
        assert {picture.seconds for picture in example.pictures} == {8.0}
        hz, levels = example.periodogram
        assert (np.diff(hz) > 0).all()
        assert -80 <= levels.min() <= levels.max() <= 0


class _Listed:
    """A data set that lists tracks and no more."""

    def __init__(self, tracks):
        self.name, self.kind, self.folder = "listed", "log-mel", Path("listed")
        self.outputs = ("genre",)
        self._tracks = tracks

    def tracks(self):
        return self._tracks


def test_an_output_that_no_track_has_is_named_with_those_there_are(tmp_path):
    listed = _Listed(make_collection().tracks)
    with pytest.raises(BadDataset, match="no track has a label for 'mood'; known: genre"):
        gather(listed, None, tmp_path, output="mood")
