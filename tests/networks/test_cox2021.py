"""The layers of zfnet and gtzanet, counted by hand, against the originals' figures."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from earmark.errors import BadRecipe
from earmark.networks import build_network
from earmark.networks.cox2021 import ContrastNormalization

SMALL = (72, 108, 3)
FULL = (288, 432, 3)


def build(name: str, shape: tuple[int, ...] = SMALL, **settings):
    return build_network(name, settings, shape=shape, outputs={"genre": 10, "artist": 7})


def build_shadow(name: str, shape: tuple[int, ...]):
    """All of its layers and none of their memory."""
    with torch.device("meta"):
        return build_network(name, {}, shape=shape, outputs={"genre": 10})


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


# What is left of an image, layer by layer (conv 1, pool, conv 2, pool, pool):
#   288 - 142, 71, 34, 17, 8    432 - 214, 107, 52, 26, 13
#    72 -  34, 17,  7,  3, 1    108 -  52,  26, 11,  5,  2
#   224 - 110, 55, 26, 13, 6
@pytest.mark.parametrize(
    ("shape", "cells"), [(FULL, 8 * 13), (SMALL, 1 * 2), ((224, 224, 3), 6 * 6)]
)
def test_the_number_of_parameters_of_zfnet(shape, cells):
    convolutions = [(7, 3, 96), (5, 96, 256), (3, 256, 384), (3, 384, 384), (3, 384, 256)]
    dense = [(256 * cells, 4096), (4096, 4096), (4096, 10)]
    expected = sum((kernel**2 * before + 1) * after for kernel, before, after in convolutions)
    expected += sum((before + 1) * after for before, after in dense)
    assert count(build_shadow("zfnet", shape)) == expected


# Halved five times: 288 - 144, 72, 36, 18, 9; 432 - 216, 108, 54, 27, 13; 72 - 2; 108 - 3.
@pytest.mark.parametrize(("shape", "cells"), [(FULL, 9 * 13), (SMALL, 2 * 3)])
def test_the_number_of_parameters_of_gtzanet(shape, cells):
    filters = [3, 32, 64, 128, 128, 128]
    pairs = itertools.pairwise(filters)
    expected = sum((9 * before + 1) * after for before, after in pairs)
    expected += (128 * cells + 1) * 10
    assert count(build_shadow("gtzanet", shape)) == expected


def test_zfnet_has_the_sizes_that_the_original_prints():
    """Figure 3 of Zeiler and Fergus: 110, pooled 55; 26, pooled 13; 13; 13; 13, pooled 6."""
    network = build_shadow("zfnet", (224, 224, 3))
    sizes = []
    maps = torch.zeros(1, 3, 224, 224, device="meta")
    for layer in network.body:
        maps = layer(maps)
        if isinstance(layer, nn.Conv2d | nn.MaxPool2d):
            sizes.append(tuple(maps.shape[1:]))
    assert sizes == [
        (96, 110, 110),
        (96, 55, 55),
        (256, 26, 26),
        (256, 13, 13),
        (384, 13, 13),
        (384, 13, 13),
        (256, 13, 13),
        (256, 6, 6),
    ]


def test_zfnet_in_the_order_of_the_original():
    """ReLU, pooling, then normalization, by torch's own."""
    network = build("zfnet", dense=[32, 16]).eval()
    clips = torch.rand(2, *SMALL)
    weights = iter(layer for layer in network.body if isinstance(layer, nn.Conv2d))
    maps = clips.permute(0, 3, 1, 2)
    with torch.inference_mode():
        for stride, padding, pooled, normalized in [
            (2, 1, True, True),
            (2, 0, True, True),
            (1, 1, False, False),
            (1, 1, False, False),
            (1, 1, True, False),
        ]:
            layer = next(weights)
            maps = nn.functional.conv2d(maps, layer.weight, layer.bias, stride, padding).relu()
            if pooled:
                maps = nn.functional.max_pool2d(maps, 3, 2, ceil_mode=True)
            if normalized:
                # torch divides its alpha by the number of neighbours.
                maps = nn.functional.local_response_norm(maps, 5, alpha=5e-4, beta=0.75, k=2.0)
        vectors = maps.flatten(1)
        for layer in (network.dense[0], network.dense[3]):
            vectors = (vectors @ layer.weight.T + layer.bias).clamp(min=0)
        for answer, logits in zip(network.answers, network(clips), strict=True):
            assert torch.allclose(vectors @ answer.weight.T + answer.bias, logits, atol=1e-6)


def test_normalization_divides_by_neighbours():
    maps = torch.randn(2, 9, 4, 5) * 100
    expected = torch.empty_like(maps)
    for i in range(9):
        amount = sum(maps[:, j] ** 2 for j in range(max(0, i - 2), min(9, i + 3)))
        expected[:, i] = maps[:, i] / (2 + 1e-4 * amount) ** 0.75
    assert torch.allclose(ContrastNormalization(9)(maps), expected, rtol=1e-5)


def test_gtzanet_with_pooling_after_relu():
    network = build("gtzanet").eval()
    clips = torch.rand(2, *SMALL)
    late = clips.permute(0, 3, 1, 2)
    with torch.inference_mode():
        for i in range(0, 15, 3):
            convolution, pool, relu = network.body[i : i + 3]
            assert (convolution.kernel_size, convolution.stride) == ((3, 3), (1, 1))
            late = pool(relu(convolution(late)))
        for answer, logits in zip(network.answers, network(clips), strict=True):
            assert torch.allclose(answer(late.flatten(1)), logits, atol=1e-6)


def test_gtzanet_has_half_the_work_of_zfnet():
    """The paper "is able to cut the training time roughly in half"."""

    def work(name: str) -> int:
        with FlopCounterMode(display=False) as counter:
            build_shadow(name, FULL)(torch.zeros(1, *FULL, device="meta"))
        return counter.get_total_flops()

    assert 0.45 < work("gtzanet") / work("zfnet") < 0.55


@pytest.mark.parametrize(("name", "settings"), [("zfnet", {"dense": [64, 64]}), ("gtzanet", {})])
def test_weights_begin_as_in_tensorflow(name, settings):
    for layer in build(name, **settings).modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            after, before, *kernel = layer.weight.shape
            bound = math.sqrt(6 / ((before + after) * math.prod(kernel)))
            # Uniform: nothing beyond the bound, and a spread of bound / sqrt(3).
            assert layer.weight.abs().max() <= bound
            spread = layer.weight.std().item()
            assert spread == pytest.approx(
                bound / math.sqrt(3), rel=5 / math.sqrt(layer.weight.numel())
            )
            assert not layer.bias.any()


@pytest.mark.parametrize(
    ("name", "shape", "settings", "words"),
    [
        ("zfnet", (288, 432), {}, r"it takes colour images \(rows, columns, 3\)"),
        ("zfnet", (288, 432, 1), {}, r"it takes colour images \(rows, columns, 3\)"),
        ("zfnet", (46, 108, 3), {}, "images of 46 × 108 are too small"),
        ("zfnet", (72, 46, 3), {}, "images of 72 × 46 are too small"),
        ("zfnet", SMALL, {"channels": [8, 8, 8]}, "channels must be five numbers"),
        ("zfnet", SMALL, {"channels": [8, 8, 8, 8, 0]}, "channels must be a list"),
        ("zfnet", SMALL, {"dense": 4096}, "dense must be a list"),
        ("zfnet", SMALL, {"dropout": 1.5}, "dropout must be at least 0 and below 1"),
        ("gtzanet", (288, 432), {}, r"it takes colour images \(rows, columns, 3\)"),
        ("gtzanet", (31, 108, 3), {}, "31 × 108 are too small for 5 convolutions"),
        ("gtzanet", SMALL, {"channels": [8] * 7}, "72 × 108 are too small for 7 convolutions"),
        ("gtzanet", SMALL, {"channels": []}, "channels must be a list"),
    ],
)
def test_impossible_settings_are_refused(name, shape, settings, words):
    with pytest.raises(BadRecipe, match=f"network {name}: .*{words}"):
        build(name, shape, **settings)


@pytest.mark.parametrize(("name", "smallest"), [("zfnet", 47), ("gtzanet", 32)])
def test_the_smallest_images_pass(name, smallest):
    settings = {"dense": [8]} if name == "zfnet" else {}
    logits = build(name, (smallest, smallest, 3), **settings)(torch.rand(1, smallest, smallest, 3))
    assert [array.shape for array in logits] == [(1, 10), (1, 7)]
