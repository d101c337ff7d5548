from __future__ import annotations

import pytest

from earmark.features import feature_from_dict
from earmark.networks import build_network
from earmark.papers.shah2016 import PAPER, SIZES


@pytest.mark.parametrize(
    ("size", "shape"), [("16", (72, 108)), ("4", (96, 192)), ("1", (128, 387))]
)
def test_the_gru_has_steps_to_recur_over_at_every_size(size, shape):
    recipe = PAPER.system(f"crnn-{size}").recipe
    feature = feature_from_dict({"name": "log-mel", **recipe.get("feature", {})})
    rows, columns = feature.shape(30)
    assert (rows, recipe["clips"].get("columns") or columns) == shape
    network = build_network(
        "shah-crnn", recipe["model"].get("settings", {}), shape=shape, outputs={"genre": 10}
    )
    assert network.steps >= 3
    assert network.step_size >= 128


@pytest.mark.parametrize("size", SIZES)
def test_both_networks_are_trained_alike(size):
    one, other = (dict(PAPER.system(f"{kind}-{size}").recipe) for kind in ("cnn", "crnn"))
    assert one.pop("model")["name"] == "shah-cnn"
    assert other.pop("model")["name"] == "shah-crnn"
    assert one == other
    training = one["training"]
    assert training["optimizer"] == "rmsprop-nesterov"
    assert training["loss"] == "binary-cross-entropy"
    assert training["batch"] == 4
