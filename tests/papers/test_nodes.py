from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from earmark.datasets import Track
from earmark.networks import YuCnn
from earmark.papers.nodes import (
    NEAREST,
    Heard,
    agreement,
    chance,
    correlations,
    distances,
    listen,
    similar,
    traits,
)


def some_tracks(count: int, *, artists: int, genres: int = 2) -> list[Track]:
    return [
        Track(
            id=f"track-{i}",
            path=Path(f"{i}.opus"),
            labels={"genre": "abcdef"[i % genres]},
            artist=f"artist {i % artists}",
            values={"valence": i / count},
        )
        for i in range(count)
    ]


def heard_as(vectors: np.ndarray, tracks: list[Track]) -> Heard:
    return Heard(tuple(tracks), vectors, (vectors > 0).mean(axis=0), vectors)


columns = arrays(np.float64, (7, 3), elements=st.floats(-100, 100, width=32))


class TestCorrelations:
    @given(columns, columns)
    @settings(max_examples=60)
    def test_lie_between_minus_one_and_one_whatever_is_compared(self, nodes, amounts):
        r = correlations(nodes, amounts)
        assert r.shape == (3, 3)
        assert (np.abs(r) <= 1 + 1e-9).all()

    def test_equal_scipy(self):
        from scipy.stats import pearsonr

        rng = np.random.default_rng(0)
        nodes, amounts = rng.random((40, 4)), rng.random((40, 3))
        r = correlations(nodes, amounts)
        for i, j in np.ndindex(r.shape):
            assert r[i, j] == pytest.approx(pearsonr(nodes[:, i], amounts[:, j]).statistic)

    def test_of_a_node_that_never_changes_are_zero(self):
        nodes = np.full((5, 1), 0.1)  # whose mean is not 0.1 to the last digit
        assert correlations(nodes, np.arange(5.0)[:, None]).tolist() == [[0.0]]

    def test_do_not_depend_on_scale(self):
        rng = np.random.default_rng(1)
        nodes, amounts = rng.random((20, 2)), rng.random((20, 2))
        scaled = correlations(1e-6 * nodes + 3, -2 * amounts)
        np.testing.assert_allclose(scaled, -correlations(nodes, amounts), atol=1e-6)


class TestTraits:
    def test_are_labels_as_indicators_and_values_as_they_are(self):
        found = {trait.name: trait for trait in traits(some_tracks(4, artists=2), ["genre"], [])}
        assert found["a"].amounts.tolist() == [1, 0, 1, 0]
        assert found["b"].question == "genre"
        (valence,) = traits(some_tracks(4, artists=2), [], ["valence"])
        assert valence.amounts.tolist() == [0, 0.25, 0.5, 0.75]

    def test_leave_out_what_all_tracks_have_and_what_one_lacks(self):
        tracks = some_tracks(4, artists=2, genres=1)
        lacking = Track(id="x", path=Path("x"), labels={"genre": "a"})
        assert traits([*tracks, lacking], ["genre"], ["valence"]) == []


class TestListening:
    @pytest.fixture
    def network(self):
        torch.manual_seed(0)
        return YuCnn((48, 40), {"genre": 2}, YuCnn.Settings(channels=(2, 2, 2, 2)))

    def test_gives_the_mean_over_a_tracks_slices_of_a_network_that_judges(self, network):
        rng = np.random.default_rng(0)
        clips = [rng.standard_normal((n, 48, 40)).astype(np.float32) for n in (3, 1, 2)]
        network.train()
        heard = listen(network, some_tracks(3, artists=2), clips)
        assert not network.training
        with torch.inference_mode():
            said = [network.embed(torch.from_numpy(c)).numpy() for c in clips]
        np.testing.assert_allclose(heard.vectors, [s.mean(axis=0) for s in said], rtol=1e-5)
        np.testing.assert_allclose(heard.active, (np.concatenate(said) > 0).mean(axis=0))
        np.testing.assert_allclose(heard.levels[1], clips[1][0].mean(axis=1), rtol=1e-5)

    def test_needs_clips_of_every_track(self, network):
        with pytest.raises(ValueError, match="2 tracks need clips of as many, not of 1"):
            listen(network, some_tracks(2, artists=2), [np.zeros((1, 48, 40), np.float32)])


class TestSimilarTracks:
    def test_are_the_nearest_of_scikit_learn(self):
        from sklearn.neighbors import NearestNeighbors

        vectors = np.random.default_rng(0).random((30, 15))
        near = NearestNeighbors(n_neighbors=6).fit(vectors).kneighbors(vectors)[1]
        heard = heard_as(vectors, some_tracks(30, artists=30))
        for i in range(30):
            assert similar(heard, i, other_artists=False) == near[i, 1:].tolist()

    def test_are_by_other_artists_unless_asked_for(self):
        tracks = some_tracks(6, artists=2)
        heard = heard_as(np.arange(6.0)[:, None], tracks)
        assert similar(heard, 0) == [1, 3, 5]
        assert similar(heard, 0, other_artists=False, count=2) == [1, 2]

    def test_may_be_by_anyone_where_no_artist_is_known(self):
        tracks = [Track(id=str(i), path=Path(str(i))) for i in range(3)]
        assert similar(heard_as(np.arange(3.0)[:, None], tracks), 0) == [1, 2]

    def test_distances_are_those_of_scipy(self):
        from scipy.spatial.distance import cdist

        vectors = np.random.default_rng(2).random((8, 15))
        np.testing.assert_allclose(distances(vectors), cdist(vectors, vectors), atol=1e-12)


class TestAgreement:
    def test_is_that_of_a_brute_force_search(self):
        rng = np.random.default_rng(3)
        tracks, vectors = some_tracks(24, artists=7, genres=3), rng.random((24, 4))
        for other_artists in (False, True):
            shares = agreement(vectors, tracks, "genre", other_artists=other_artists)
            for i, track in enumerate(tracks):
                others = [
                    j
                    for j, other in enumerate(tracks)
                    if j != i and not (other_artists and other.artist == track.artist)
                ]
                others.sort(key=lambda j, i=i: np.linalg.norm(vectors[i] - vectors[j]))
                same = [tracks[j].labels == track.labels for j in others[:NEAREST]]
                assert shares[i] == pytest.approx(np.mean(same))

    def test_of_labels_that_lie_apart_is_whole_and_of_noise_is_chance(self):
        tracks = some_tracks(200, artists=200)
        apart = np.array([[float(track.labels["genre"] == "a")] for track in tracks])
        assert agreement(apart, tracks, "genre", other_artists=True).min() == 1
        noise = np.random.default_rng(4).random((200, 15))
        drawn = agreement(noise, tracks, "genre", other_artists=True).mean()
        assert drawn == pytest.approx(chance(tracks, "genre", other_artists=True).mean(), abs=0.08)

    def test_chance_counts_who_may_be_drawn(self):
        tracks = some_tracks(6, artists=3)  # artist 0 plays tracks 0 (a) and 3 (b)
        assert chance(tracks, "genre", other_artists=False)[0] == pytest.approx(2 / 5)
        assert chance(tracks, "genre", other_artists=True)[0] == pytest.approx(2 / 4)

    def test_is_no_number_for_tracks_without_a_label_or_without_others(self):
        tracks = [*some_tracks(2, artists=1), Track(id="x", path=Path("x"))]
        vectors = np.zeros((3, 2))
        assert np.isnan(agreement(vectors, tracks, "genre", other_artists=True)).all()
        shares = agreement(vectors, tracks, "genre", other_artists=False)
        assert np.isnan(shares).tolist() == [False, False, True]
        assert np.isnan(chance(tracks, "genre", other_artists=False))[2]
