"""The layers of shah2016's networks, counted by hand; blocks and GRU against independent forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from earmark.errors import BadRecipe
from earmark.networks import build_network
from earmark.networks.shah2016 import Gru

KINDS = ["shah-cnn", "shah-crnn"]


def build(name: str, shape: tuple[int, ...] = (96, 192), **settings):
    torch.manual_seed(0)
    return build_network(name, settings, shape=shape, outputs={"genre": 10})


def count(network) -> int:
    return sum(p.numel() for p in network.parameters())


def parameters_of_the_blocks(bands: int) -> int:
    layers = [(1, 64), (64, 128), (128, 128), (128, 128)]
    norms = 2 * bands + sum(2 * after for _, after in layers)
    return norms + sum(3 * 3 * before * after for before, after in layers)


# Columns: 1366 - 683 - 227 - 56 - 14;  387 - 193 - 64 - 16 - 4;  192 - 96 - 32 - 8 - 2
# Bands: 96 - 48 - 16 - 4 - 1;  128 - 64 - 21 - 5 - 1;  288 - 144 - 48 - 12 - 3
@pytest.mark.parametrize(
    ("shape", "rows", "steps"),
    [((96, 1366), 1, 14), ((128, 387), 1, 4), ((96, 192), 1, 2), ((288, 432), 3, 4)],
)
def test_the_number_of_parameters(shape, rows, steps):
    blocks = parameters_of_the_blocks(shape[0])
    cnn = blocks + (128 * rows * steps + 1) * 10
    first_gru = 3 * 32 * (128 * rows + 32 + 1)
    second_gru = 3 * 32 * (32 + 32 + 1)
    crnn = blocks + first_gru + second_gru + (32 + 1) * 10
    assert count(build("shah-cnn", shape)) == cnn
    assert count(build("shah-crnn", shape)) == crnn


@pytest.mark.parametrize("kind", KINDS)
def test_the_blocks_are_those_of_the_paper_with_pooling_after_relu(kind):
    network, clips = build(kind, (192, 192), filters=[4, 6, 8, 8]), 20 * torch.randn(2, 192, 192)
    with torch.inference_mode():
        network.train()(clips)  # so that running statistics are not those of a new network
        late = network.eval().input(clips)[:, None]
        sizes = []
        for i in range(0, 20, 5):
            convolution, norm, pool, relu, dropout = network.blocks[i : i + 5]
            late = dropout(pool(relu(norm(convolution(late)))))
            sizes.append((convolution.kernel_size, pool.kernel_size, dropout.p))
        assert late.shape == (2, 8, 2, 2)  # clips, filters, rows, steps
        series = torch.stack([late[..., step].reshape(2, 16) for step in range(2)], dim=1)
        expected = network.answers[0](network.summary(series))
        assert torch.allclose(network(clips)[0], expected, atol=1e-5)
    assert sizes == [((3, 3), pool, 0.1) for pool in [(2, 2), (3, 3), (4, 4), (4, 4)]]
    assert network.dropout.p == 0.3


def test_levels_may_be_on_any_scale():
    network, clips = build("shah-cnn", dropout=0, last_dropout=0).train(), torch.randn(3, 96, 192)
    slope, shift = torch.linspace(1, 20, 96)[:, None], torch.linspace(-60, 0, 96)[:, None]
    with torch.inference_mode():
        assert torch.allclose(network(clips)[0], network(clips * slope + shift)[0], atol=1e-3)


def test_the_crnn_hears_the_steps_in_order_and_answers_after_the_last():
    crnn, series = build("shah-crnn").eval(), torch.randn(2, 5, 128)
    first, second, _ = crnn.summary
    with torch.inference_mode():
        assert torch.equal(crnn.summary(series), second(first(series))[:, -1])
        assert not torch.allclose(crnn.summary(series), crnn.summary(series.flip(1)), atol=1e-3)


def test_a_gru_against_its_formulas_in_numpy():
    torch.manual_seed(3)
    gru, series = Gru(5, 4).double(), torch.randn(2, 7, 5, dtype=torch.float64)
    nn.init.normal_(gru.candidate.bias)
    w, b, w_, b_ = (parameter.detach().numpy() for parameter in gru.parameters())

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    for clip, got in zip(series.numpy(), gru(series).detach().numpy(), strict=True):
        h = np.zeros(4)
        for x, state in zip(clip, got, strict=True):
            r = sigmoid(w[:4] @ np.concatenate([x, h]) + b[:4])
            u = sigmoid(w[4:] @ np.concatenate([x, h]) + b[4:])
            c = np.tanh(w_ @ np.concatenate([x, r * h]) + b_)
            h = u * h + (1 - u) * c
            np.testing.assert_allclose(state, h, rtol=1e-12)


def test_a_gru_is_that_of_torch_where_their_forms_agree():
    """Where W' mixes no states, r may stand before or after the product."""
    torch.manual_seed(4)
    gru, torchs = Gru(5, 4), nn.GRU(5, 4, batch_first=True)
    with torch.no_grad():
        gru.candidate.weight[:, 5:] = torch.diag(torch.randn(4))
        gates, candidate = gru.gates.weight, gru.candidate.weight
        torchs.weight_ih_l0.copy_(torch.cat([gates[:, :5], candidate[:, :5]]))
        torchs.weight_hh_l0.copy_(torch.cat([gates[:, 5:], candidate[:, 5:]]))
        torchs.bias_ih_l0.copy_(torch.cat([gru.gates.bias, gru.candidate.bias]))
        torchs.bias_hh_l0.zero_()
        series = torch.randn(3, 9, 5)
        assert torch.allclose(gru(series), torchs(series)[0], atol=1e-6)


def test_a_new_gru_remembers():
    gru = Gru(6, 3)
    assert gru.gates.bias.tolist() == [1] * 6
    assert gru.candidate.bias.tolist() == [0] * 3


@pytest.mark.parametrize("kind", KINDS)
def test_other_pools_leave_more_steps(kind):
    network = build(kind, (128, 387), time_pools=[2, 2, 2, 2])
    assert network.steps == 24
    assert network.eval()(torch.zeros(1, 128, 387))[0].shape == (1, 10)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"filters": [8, 8]}, "filters, band_pools, time_pools must have one number per layer"),
        ({"filters": [8, 8, 8, 0]}, "filters must be a list of whole numbers"),
        ({"band_pools": [4, 4, 4, 4]}, "96 × 192 is too small for band_pools"),
        ({"time_pools": [2, 3, 4, 9]}, "96 × 192 is too small for band_pools"),
        ({"dropout": 1}, "dropout must be at least 0 and below 1, not 1"),
        ({"last_dropout": -0.5}, "last_dropout must be"),
    ],
)
def test_impossible_settings_are_refused(kind, settings, words):
    with pytest.raises(BadRecipe, match=words):
        build(kind, **settings)


def test_impossible_units_are_refused():
    with pytest.raises(BadRecipe, match="units must be a list of whole numbers"):
        build("shah-crnn", units=[32, 0])
    with pytest.raises(BadRecipe, match="has no setting 'units'"):
        build("shah-cnn", units=[32])
