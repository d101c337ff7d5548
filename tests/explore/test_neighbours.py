"""Neighbours and silhouettes against scikit-learn's; who may vote."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.explore.neighbours import Neighbours, nearest, silhouettes, votes


@pytest.mark.parametrize("rows", [7, 600])
def test_the_nearest_are_those_of_scikit_learn(rows):
    from sklearn.neighbors import NearestNeighbors

    rng = np.random.default_rng(0)
    points, among = rng.normal(size=(rows, 4)), rng.normal(size=(40, 4))
    found = nearest(points, among, 5)
    distances, places = NearestNeighbors(n_neighbors=5).fit(among).kneighbors(points)
    assert (found.places == places).all()
    np.testing.assert_allclose(found.distances, distances, atol=1e-6)


def test_nobody_of_the_same_group_is_a_neighbour():
    points = np.array([[0.0], [0.1], [5.0], [6.0]])
    groups = np.array([0, 0, 1, 2])
    found = nearest(points, points, 3, groups=(groups, groups))
    assert found.places[0, :2].tolist() == [2, 3]
    assert np.isinf(found.distances[0, 2])  # its own artist, who has no vote
    cast = votes(found, np.array([0, 0, 1, 1]), 2)
    assert cast[0].round().tolist() == [0, 2]


def test_where_votes_are_equal_the_nearer_decide():
    near = Neighbours(np.array([[0, 1]]), np.array([[1.0, 2.0]]))
    assert votes(near, np.array([1, 0]), 2).argmax() == 1
    assert votes(near, np.array([-1, 0]), 2).round().tolist() == [[1, 0]]  # one has no label


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 3), min_size=6, max_size=40), st.integers(0, 99))
def test_silhouettes_are_those_of_scikit_learn(codes, seed):
    from sklearn.metrics import silhouette_samples

    codes = np.array(codes)
    if not 2 <= len(set(codes.tolist())) < len(codes):
        return
    points = np.random.default_rng(seed).normal(size=(len(codes), 3))
    np.testing.assert_allclose(
        silhouettes(points, codes), silhouette_samples(points, codes), atol=1e-6
    )


def test_one_label_or_one_place_has_no_silhouette():
    assert silhouettes(np.arange(4.0)[:, None], np.zeros(4, int)).tolist() == [0, 0, 0, 0]
    assert silhouettes(np.zeros((4, 1)), np.array([0, 0, 1, 1])).tolist() == [0, 0, 0, 0]
