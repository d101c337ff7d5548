from __future__ import annotations

from fnmatch import fnmatch

import pytest

from earmark.datasets import DATASETS
from earmark.features import feature_from_dict
from earmark.networks import build_network
from earmark.papers.yu2018 import EMOTIONS, FMA, GENRES, PAPER

TRACK_SECONDS = 30


def shape_of(key: str) -> tuple[int, ...]:
    return feature_from_dict(PAPER.system(key).recipe["feature"]).shape(TRACK_SECONDS)


@pytest.mark.parametrize("suffix", ["", "-fma"])
def test_a_track_is_ten_slices_of_each_size(suffix):
    for key, size in {"yu-cnn": (128, 130), "yu-cnn-39": (128, 39), "choi-96": (96, 96)}.items():
        assert shape_of(f"{key}{suffix}") == (10, *size)
        assert PAPER.system(f"{key}{suffix}").naive.slices == 10


@pytest.mark.parametrize("system", PAPER.systems, ids=lambda system: system.key)
def test_every_network_can_be_built_on_what_it_is_fed(system):
    network = system.recipe["model"]
    outputs = dict.fromkeys(system.outputs, 3)
    _, *shape = shape_of(system.key)
    build_network(network["name"], network.get("settings", {}), shape=tuple(shape), outputs=outputs)


def test_l2_is_on_what_the_flattened_layer_and_the_nodes_feed():
    recipe = PAPER.system("yu-cnn").recipe
    network = build_network("yu-cnn", {}, shape=(128, 130), outputs={"genre": 6, "mood": 3})
    patterns = recipe["training"]["l2_on"]
    shapes = {
        name: tuple(parameter.shape)
        for name, parameter in network.named_parameters()
        if any(fnmatch(name, pattern) for pattern in patterns)
    }
    assert sorted(shapes.values()) == [(3, 15), (6, 15), (15, network.nodes[0].in_features)]
    assert recipe["training"]["l2"] == 0.002
    assert "l2" not in PAPER.system("choi").recipe["training"]


def test_the_numbers_that_are_predicted_are_those_of_the_data_sets():
    assert {*EMOTIONS, "valence"} == set(DATASETS["emotify"].values)
    assert PAPER.system("emotions").outputs == tuple(EMOTIONS)
    for name in FMA:
        assert {"valence", "danceability", "energy"} <= set(DATASETS[name].values)


def test_printed_accuracy_is_of_slices():
    for key, genre, mood in [
        ("zhang", 0.333, 0.42),
        ("choi", 0.79, 0.702),
        ("yu-cnn", 0.844, 0.8),
    ]:
        printed = {p.output: p for p in PAPER.system(key).printed if p.unit == "clip"}
        assert (printed["genre"].value, printed["mood"].value) == (genre, mood)


def test_naive_sides_are_of_the_papers_sizes():
    shares = PAPER.system("yu-cnn").naive.shares
    assert shares["test"] * 4524 == pytest.approx(225, abs=2)
    assert shares["train"] * 4524 == pytest.approx(4074, abs=4)


def test_of_fma_the_papers_six_genres_take_part():
    only = PAPER.system("yu-cnn-fma").only["genre"]
    assert only == GENRES
    assert len(only) == 6
    # Emotify has others, so that its systems must not be confined to these.
    assert not set(DATASETS["emotify"].published["genre"]) & set(only)
    assert PAPER.system("yu-cnn").only == {}
