"""The layers of zhang-cnn and choi-cnn, counted by hand, and their impossible settings."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from earmark.errors import BadRecipe
from earmark.networks import build_network


def build(name: str, shape: tuple[int, ...] = (128, 130), **settings):
    return build_network(name, settings, shape=shape, outputs={"genre": 6, "mood": 3})


def count(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("rows", [128, 513])
def test_the_number_of_parameters_of_zhang(rows):
    convolutions = [(rows, 256), (256, 256), (256, 256)]
    dense = [(512, 300), (300, 150), (150, 6), (150, 3)]
    expected = sum(4 * before * after + 2 * after for before, after in convolutions)
    expected += sum((before + 1) * after for before, after in dense)
    assert count(build("zhang-cnn", (rows, 128))) == expected


# Rows and columns left by pooling 2, 3, 4, 4: 128 - 64, 21, 5, 1; 130 - 65, 21, 5, 1;
# 288 - 144, 48, 12, 3; 432 - 216, 72, 18, 4.
@pytest.mark.parametrize(("shape", "cells"), [((128, 130), 1), ((96, 96), 1), ((288, 432), 12)])
def test_the_number_of_parameters_of_choi(shape, cells):
    convolutions = [(1, 64), (64, 128), (128, 128), (128, 128)]
    expected = sum(9 * before * after + 2 * after for before, after in convolutions)
    expected += (128 * cells + 1) * (6 + 3)
    assert count(build("choi-cnn", shape)) == expected


def test_zhang_step_by_step_in_numpy():
    torch.manual_seed(0)
    network = build("zhang-cnn", (3, 9), channels=2, dense=[4]).eval()
    for norm in (network.first[1], network.around[1], network.around[4]):
        torch.nn.init.uniform_(norm.running_mean, -1, 1)
        torch.nn.init.uniform_(norm.running_var, 1, 2)
    clip = np.random.default_rng(0).standard_normal((3, 9)).astype(np.float32)

    def convolve(signal, convolution, norm, left, right):
        weights = convolution.weight.detach().numpy()
        padded = np.pad(signal, ((0, 0), (left, right)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, 4, axis=1)
        sums = np.einsum("bnk,cbk->cn", windows, weights)
        mean, variance = norm.running_mean.numpy(), norm.running_var.numpy()
        return (sums - mean[:, None]) / np.sqrt(variance + norm.eps)[:, None]

    first = np.maximum(convolve(clip, network.first[0], network.first[1], 0, 0), 0)
    second = np.maximum(convolve(first, network.around[0], network.around[1], 2, 2), 0)
    third = convolve(second, network.around[3], network.around[4], 1, 1)
    total = np.maximum(first + third, 0)
    pooled = np.concatenate([total.max(axis=1), total.mean(axis=1)])
    dense = network.dense[0]
    hidden = np.maximum(dense.weight.detach().numpy() @ pooled + dense.bias.detach().numpy(), 0)
    answer = network.answers[0]
    expected = answer.weight.detach().numpy() @ hidden + answer.bias.detach().numpy()
    with torch.inference_mode():
        got = network(torch.from_numpy(clip)[None])[0][0].numpy()
    assert np.allclose(got, expected, atol=1e-5)


def test_choi_with_pooling_after_the_nonlinearity():
    network = build("choi-cnn", (96, 200)).eval()
    clips = torch.rand(2, 96, 200)
    late = clips[:, None]
    with torch.inference_mode():
        for i in range(0, 20, 5):
            convolution, norm, pool, elu, _ = network.body[i : i + 5]
            late = pool(elu(norm(convolution(late))))
        for answer, logits in zip(network.answers, network(clips), strict=True):
            assert torch.allclose(answer(late.flatten(1)), logits, atol=1e-6)
    assert late.shape == (2, 128, 1, 2)


def test_why_choi_has_no_gru():
    """Of a slice of 3 s one step is left; weights between steps would get no gradient."""
    body = build("choi-cnn").body
    steps = body(torch.rand(2, 1, 128, 130))[:, :, 0].movedim(2, 1)
    assert steps.shape == (2, 1, 128)
    gru = torch.nn.GRU(128, 32, batch_first=True)
    gru(steps)[0].square().sum().backward()
    assert gru.weight_ih_l0.grad.abs().sum() > 0
    assert gru.weight_hh_l0.grad.abs().sum() == 0


@pytest.mark.parametrize(
    ("name", "shape", "settings", "words"),
    [
        ("zhang-cnn", (128, 130), {"channels": 0}, "channels must be a whole number"),
        ("zhang-cnn", (128, 130), {"channels": [8, 8]}, "channels must be a whole number"),
        ("zhang-cnn", (128, 130), {"dense": 300}, "dense must be a list of whole numbers"),
        ("zhang-cnn", (128, 130), {"dense": [300, -1]}, "dense must be a list of whole numbers"),
        ("zhang-cnn", (128, 130), {"dropout": 1.0}, "dropout must be at least 0 and below 1"),
        ("zhang-cnn", (128, 130), {"dropout": "much"}, "dropout must be at least 0 and below 1"),
        ("zhang-cnn", (288, 432, 3), {}, r"it takes \(rows, columns\)"),
        ("choi-cnn", (128, 130), {"pools": [2, 2]}, "channels, pools must have one number per"),
        ("choi-cnn", (128, 130), {"channels": [8, 8, 8, 0]}, "channels must be a list"),
        ("choi-cnn", (128, 130), {"dropout": -0.1}, "dropout must be at least 0 and below 1"),
        ("choi-cnn", (128, 130), {"last_dropout": 1}, "last_dropout must be at least 0"),
        ("choi-cnn", (128, 95), {}, r"128 × 95 is too small for pools \(2, 3, 4, 4\)"),
        ("choi-cnn", (95, 130), {}, "95 × 130 is too small"),
        ("choi-cnn", (288, 432, 3), {}, r"it takes \(rows, columns\)"),
    ],
)
def test_impossible_settings_are_refused(name, shape, settings, words):
    with pytest.raises(BadRecipe, match=f"network {name}: {words}"):
        build(name, shape, **settings)
