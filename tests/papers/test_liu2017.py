from __future__ import annotations

from itertools import groupby, pairwise

import numpy as np
import pytest

from earmark.features import feature_from_dict
from earmark.networks import build_network
from earmark.papers.liu2017 import EXACT, FIFTH, FIVE, FOUR, GENRES, PAPER, STORED, pair_key

SECONDS = 25


def feature_of(form: dict):
    return feature_from_dict(form["feature"])


@pytest.mark.parametrize(("form", "columns"), [(EXACT, 997), (STORED, 322), (FIFTH, 65)])
def test_the_matrix_is_of_the_first_25_seconds(form, columns):
    assert feature_of(form).shape(SECONDS) == (21, columns)
    assert form["clips"] == {"columns": columns, "first_only": True}


def test_of_a_stored_log_mel_322_columns_hold_all_that_997_would(log_mels):
    for log_mel in log_mels.values():
        stored = np.tile(log_mel, 387 // log_mel.shape[1] + 1)[:, :387]  # the album is shorter
        exact, fewer = (
            feature_of(form).from_log_mel(stored)[:, : form["clips"]["columns"]].T
            for form in (EXACT, STORED)
        )
        # Columns that are copies are copies to the last digits of a product.
        distinct = [next(group) for _, group in groupby(exact.round(3), key=lambda c: c.tobytes())]
        for column in distinct:
            assert np.abs(fewer - column).max(axis=1).min() < 2e-3
        for column in fewer:
            assert np.abs(exact - column).max(axis=1).min() < 2e-3


def test_the_systems_take_the_genres_of_the_slides():
    for columns in (65, 322, 997):
        assert PAPER.system(f"dense-4-{columns}").only == {"genre": FOUR}
        assert PAPER.system(f"dense-5-{columns}").only == {"genre": FIVE}
        assert PAPER.system(f"dense-10-{columns}").only == {"genre": GENRES}
    assert PAPER.system("cnn-4").only == {"genre": FOUR}
    pairs = [system for system in PAPER.systems if system.key.startswith("pair-")]
    assert len(pairs) == len(PAPER.studies[0].needs) == 45
    for system in pairs:
        assert system.key == pair_key(*system.only["genre"])
        assert not system.listed


def test_with_and_without_relu_the_layers_are_those_of_the_listing():
    for key in ("dense-10-65", "dense-10-322", "relu-10-65", "dense-10-997"):
        recipe = PAPER.system(key).recipe
        columns = recipe["clips"]["columns"]
        settings = recipe["model"].get("settings", {})
        network = build_network(
            recipe["model"]["name"], settings, shape=(21, columns), outputs={"genre": 10}
        )
        sizes = [21 * columns, 2000, 1000, 500, 250, 10]
        weights = sum(before * after + after for before, after in pairwise(sizes))
        assert sum(p.numel() for p in network.parameters()) == weights


def test_the_listed_network_learns_from_fewer_columns_as_from_997():
    copies = {
        system.key: system.recipe["model"].get("settings", {}).get("copies", 1)
        for system in PAPER.systems
        if system.recipe["model"]["name"] == "liu-dense"
    }
    for key, value in copies.items():
        columns = PAPER.system(key).recipe["clips"]["columns"]
        # ReLU's weights are drawn by another rule, for which there is nothing to make up.
        assert value * columns == pytest.approx(columns if "relu" in key else 997, abs=1)


def test_only_the_shallow_network_has_two_losses():
    losses = {s.key: s.recipe["training"].get("loss", "cross-entropy") for s in PAPER.systems}
    assert losses.pop("shallow-squared-10") == "squared-error"
    assert set(losses.values()) == {"cross-entropy"}
