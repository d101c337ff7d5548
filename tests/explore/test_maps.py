"""Maps and their scores: what flatters is seen to flatter, and nobody is judged by a friend."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from earmark.explore.maps import lead, make_maps
from earmark.explore.projections import Ground, Lda

from .conftest import make_collection


def test_the_ground_keeps_distances_of_standardized_numbers():
    vectors = np.random.default_rng(0).normal(size=(40, 6)) * [1, 2, 3, 4, 5, 0]
    ground = Ground.fit(vectors)
    placed = ground(vectors)
    deviation = vectors.std(axis=0)
    standard = (vectors - vectors.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    gaps = [np.linalg.norm(rows[3] - rows[17]) for rows in (placed, standard)]
    assert gaps[0] == pytest.approx(gaps[1])
    assert ground.shares.sum() == pytest.approx(1)


def test_discriminants_are_those_of_scikit_learn_where_there_is_nothing_to_shrink():
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    rng = np.random.default_rng(2)
    codes = rng.integers(0, 4, 4000)
    mixed = rng.normal(size=(5, 5)) * [1, 1.5, 2, 3, 4]  # far from what is shrunk towards
    vectors = (rng.normal(size=(4000, 5)) + 2 * rng.normal(size=(4, 5))[codes]) @ mixed
    theirs = LinearDiscriminantAnalysis(solver="svd").fit(vectors, codes).transform(vectors)
    ours = Lda(vectors, codes)(vectors, 3)
    signs = np.sign((ours * theirs).sum(axis=0))
    for axis in range(3):
        assert np.corrcoef(ours[:, axis] * signs[axis], theirs[:, axis])[0, 1] > 0.99
    np.testing.assert_allclose(ours.std(axis=0), theirs.std(axis=0), rtol=0.05)
    assert Lda(vectors, codes).axes(4)[3] == ("discriminant 4", "there is none")
    assert (Lda(vectors, codes)(vectors, 4)[:, 3] == 0).all()


def test_labels_that_lie_apart_are_told_apart_held_out(fast_umap):
    maps = make_maps(make_collection(apart=6))
    rows = {row.title: row for row in maps.judged}
    for title, silhouette in (("LDA, 2-D", 0.6), ("no map (12 components)", 0.1)):
        assert rows[title].held_out.accuracy > 0.95
        assert rows[title].held_out.silhouette > silhouette
        low, high = rows[title].held_out.interval
        assert low <= rows[title].held_out.accuracy <= high


def test_lda_flatters_itself_on_noise_and_is_found_out(fast_umap):
    """With as many numbers as tracks and labels drawn by lot there is nothing to find."""
    maps = make_maps(make_collection(apart=0, numbers=80))
    lda = next(row for row in maps.judged if row.title == "LDA, 2-D")
    assert lda.drawn.silhouette > lda.held_out.silhouette + 0.2
    assert lda.drawn.accuracy > 0.6
    assert lda.held_out.accuracy < 0.5


def test_held_out_maps_show_others_than_they_were_fitted_on(fast_umap):
    collection = make_collection()
    maps = make_maps(collection)
    held = maps.find("lda", 2, held_out=True)
    assert 0 < len(held.rows) < len(collection.tracks)
    learnt = np.setdiff1d(np.arange(len(collection.tracks)), held.rows)
    assert not set(collection.groups[learnt]) & set(collection.groups[held.rows])
    ground = Ground.fit(collection.vectors[learnt])
    lda = Lda(ground(collection.vectors[learnt]), collection.codes[learnt])
    fresh = lda(ground(collection.vectors[held.rows]), 2)
    np.testing.assert_allclose(np.abs(held.places), np.abs(fresh))
    drawn = maps.find("lda", 2).places[held.rows]
    for axis in range(2):  # mirrored as the map beside it
        assert np.corrcoef(held.places[:, axis], drawn[:, axis])[0, 1] > 0.5


def test_without_labels_there_is_neither_lda_nor_a_score(fast_umap):
    maps = make_maps(make_collection(labelled=False))
    assert {one.method for one in maps.maps} == {"pca", "umap"}
    assert maps.judged == []
    assert lead(maps.judged, np.zeros(0, int)) is None


def test_too_few_artists_say_so_and_the_maps_are_drawn(fast_umap):
    collection = make_collection(12)
    same = [replace(track, artist="one") for track in collection.tracks]
    alone = replace(collection, tracks=same, groups=np.zeros(12, int))
    maps = make_maps(alone)
    assert "would be empty" in maps.held_out_missing
    assert all(row.held_out is None for row in maps.judged)
    assert all(row.drawn.accuracy == 0 for row in maps.judged)  # nobody may vote


def test_the_lead_is_that_of_the_better_map_of_each_method(fast_umap):
    collection = make_collection(apart=2)
    maps = make_maps(collection)
    first, second, gap, (low, high) = lead(maps.judged, collection.groups)
    assert first.method != second.method
    assert gap == pytest.approx(first.held_out.accuracy - second.held_out.accuracy)
    assert low <= gap <= high
