"""The layers of yu-cnn, counted by hand, its 15 nodes, and its impossible settings."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from earmark.errors import BadRecipe
from earmark.networks import build_network
from earmark.networks.yu2018 import YuCnn


def build(shape: tuple[int, ...] = (128, 39), **settings) -> YuCnn:
    return build_network("yu-cnn", settings, shape=shape, outputs={"genre": 6, "mood": 3})


# The flattened layer, step by step (convolution, pooling):
#   128 - 127, 63 - 62, 31 - 30, 15 - 7 (stride 2), 3
#   130 - 129, 64 - 63, 31 - 30, 15 - 7, 3
#    39 -  38, 19 - 18,  9 -  8,  4 - 2, 1
@pytest.mark.parametrize(("shape", "cells"), [((128, 130), 3 * 3), ((128, 39), 3 * 1)])
def test_the_number_of_parameters(shape, cells):
    layers = [(1, 16), (16, 32), (32, 64), (64, 128)]
    convolutions = sum(2 * 2 * before * after + 2 * after for before, after in layers)
    nodes = 128 * cells * 15 + 2 * 15
    decisions = (15 + 1) * 6 + (15 + 1) * 3
    expected = convolutions + nodes + decisions
    assert sum(p.numel() for p in build(shape).parameters()) == expected


def test_only_the_fourth_convolution_has_a_stride():
    convolutions = [layer for layer in build().body if isinstance(layer, torch.nn.Conv2d)]
    assert [layer.stride for layer in convolutions] == [(1, 1), (1, 1), (1, 1), (2, 2)]
    assert {layer.kernel_size for layer in convolutions} == {(2, 2)}


def test_every_layer_is_normalized():
    norms = [layer for layer in build().modules() if "BatchNorm" in type(layer).__name__]
    assert [norm.num_features for norm in norms] == [16, 32, 64, 128, 15]


def test_the_body_is_what_the_paper_says_with_pooling_after_relu():
    network = build().eval()
    clips = torch.rand(2, 128, 39)
    late = clips[:, None]
    with torch.inference_mode():
        for i in range(0, 16, 4):
            convolution, norm, pool, relu = network.body[i : i + 4]
            late = pool(relu(norm(convolution(late))))
        dense, norm, _ = network.nodes
        vectors = norm(dense(late.flatten(1))).clamp(min=0)
        assert torch.allclose(network.embed(clips), vectors, atol=1e-6)


def test_the_convolution_against_sums_in_numpy():
    network = build((5, 6), channels=[2], strides=[2], pools=[1]).eval()
    clip = np.random.default_rng(0).random((5, 6), dtype=np.float32)
    convolution = network.body[0]
    weights = convolution.weight.detach().numpy()[:, 0]
    expected = np.array(
        [
            [[(clip[r : r + 2, c : c + 2] * w).sum() for c in (0, 2, 4)] for r in (0, 2)]
            for w in weights
        ]
    )
    got = convolution(torch.from_numpy(clip)[None, None]).detach().numpy()[0]
    assert np.allclose(got, expected, atol=1e-6)


def test_the_outputs_are_decided_from_the_15_nodes_alone():
    network = build().eval()
    clips = torch.rand(3, 128, 39)
    with torch.inference_mode():
        vectors = network.embed(clips)
        for answer, logits in zip(network.answers, network(clips), strict=True):
            assert torch.allclose(vectors @ answer.weight.T + answer.bias, logits, atol=1e-6)
    assert vectors.shape == (3, 15)
    assert vectors.min() >= 0


def test_the_scale_of_levels_does_not_matter_in_training():
    clips = torch.rand(8, 128, 39)
    network = build().train()
    for grey, decibels in zip(network(clips), network(80 * clips - 80), strict=True):
        assert torch.allclose(grey, decibels, atol=0.005)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"channels": [8, 8]}, "channels, strides, pools must have one number per layer each"),
        ({"channels": []}, "channels must be a list"),
        ({"channels": 8}, "channels must be a list of whole numbers of at least 1, not 8"),
        ({"channels": [8, 8, 8, 0]}, "channels must be a list"),
        ({"strides": [1, 1, 1, 1.5]}, "strides must be a list"),
        ({"pools": [2, 2, 2, True]}, "pools must be a list"),
        ({"pools": [2, 2, 8, 8]}, r"128 × 39 is too small for strides .* and pools \(2, 2, 8, 8\)"),
        ({"nodes": 0}, "nodes must be a whole number of at least 1, not 0"),
    ],
)
def test_impossible_settings_are_refused(settings, words):
    with pytest.raises(BadRecipe, match=f"network yu-cnn: .*{words}"):
        build(**settings)


@pytest.mark.parametrize("shape", [(31, 39), (128, 30)])
def test_too_small_images_are_refused(shape):
    with pytest.raises(BadRecipe, match="is too small"):
        build(shape)
