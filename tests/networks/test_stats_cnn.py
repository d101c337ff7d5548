"""The layers of stats-cnn, counted by hand, and its impossible settings."""

from __future__ import annotations

import pytest
import torch

from earmark.errors import BadRecipe
from earmark.networks import StatsCnn, build_network


def build(bands: int = 128, labels: int = 10, **settings) -> StatsCnn:
    return build_network("stats-cnn", settings, shape=(bands, 387), outputs={"genre": labels})


@pytest.mark.parametrize("labels", [1, 10])
@pytest.mark.parametrize("bands", [128, 64])
def test_the_number_of_parameters(bands, labels):
    def convolution(before: int, after: int, height: int, width: int) -> int:
        return before * after * height * width + 2 * after  # no bias, but scale and shift

    rows = bands // (2 * 2 * 2 * 4)
    expected = (
        convolution(1, 16, 3, 3)
        + convolution(16, 32, 3, 3)
        + convolution(32, 64, 3, 3)
        + convolution(64, 128, 3, 3)
        + convolution(128, 128, rows, 1)
        + (2 * 128 + 1) * labels
    )
    assert sum(p.numel() for p in build(bands, labels).parameters()) == expected


def test_pooling_before_relu_is_pooling_after_it():
    network = build().eval()
    image = torch.randn(1, 1, 128, 64)
    late = image
    with torch.inference_mode():
        for layers in torch.arange(len(network.body)).split(4):
            convolution, norm, pool, relu = (network.body[int(i)] for i in layers)
            late = pool(relu(norm(convolution(late))))
        assert torch.equal(network.body(image), late)


def test_the_order_of_columns_far_apart_does_not_matter():
    network = build(channels=[4], kernels=[1], band_pools=[2], time_pools=[1]).eval()
    clips = torch.randn(2, 128, 40)
    with torch.inference_mode():
        (forwards,), (backwards,) = network(clips), network(clips.flip(2))
    assert torch.allclose(forwards, backwards, atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"chanels": [8]}, "has no setting 'chanels'; did you mean 'channels'"),
        ({"channels": [8, 8]}, "differ in length"),
        ({"channels": [8, 8, 8, 0]}, "whole numbers of at least 1"),
        ({"channels": [8, 8, 8, -1]}, "whole numbers of at least 1"),
        ({"channels": [8, 8, 8, 1.5]}, "whole numbers of at least 1"),
        ({"channels": 8}, "network stats-cnn: "),
        ({"kernels": [3, 3, 3, 2]}, "kernels must be odd"),
        ({"first_stride": 0}, "whole numbers of at least 1"),
        ({"band_pools": [2, 2, 8, 8]}, "128 bands are too few"),
        ({"dropout": 1.0}, "dropout must be"),
        ({"dropout": "much"}, "network stats-cnn: "),
        ({"decibels_per_unit": 0}, "decibels_per_unit must be above 0"),
    ],
)
def test_impossible_settings_are_refused(settings, words):
    with pytest.raises(BadRecipe, match=words):
        build(**settings)
