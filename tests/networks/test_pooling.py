"""Convolution, normalization and max pooling run together, against the layers one by one."""

from __future__ import annotations

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from earmark.networks import images, pooling
from earmark.networks.pooling import Pooling


@pytest.fixture(autouse=True)
def chunks(monkeypatch):
    """A few images at a time, however small they are; counts how often that is done."""
    counted = []
    apply = pooling._Pooled.apply
    monkeypatch.setattr(pooling, "CACHE_BYTES", 30_000)
    monkeypatch.setattr(pooling, "LARGE_BYTES", 0)
    monkeypatch.setattr(pooling._Pooled, "apply", lambda *given: counted.append(1) or apply(*given))
    return counted


def layers(norm: bool, *, bias: bool = True, channels: int = 3, **how) -> nn.Sequential:
    """Two blocks with random weights and signs, in double precision."""
    torch.manual_seed(0)
    made: list[nn.Module] = []
    for filters, pool in ((8, (2, 3)), (6, how.pop("pool", 2))):
        made += [
            nn.Conv2d(channels, filters, how.get("kernel", 3), how.get("stride", 1), 1, bias=bias),
            *([nn.BatchNorm2d(filters)] if norm else []),
            nn.MaxPool2d(pool, how.get("pool_stride"), ceil_mode=how.get("ceil_mode", False)),
            nn.ReLU(),
        ]
        channels = filters
    for layer in made:
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight)
            nn.init.normal_(layer.bias)
    return nn.Sequential(*made).double()


def learnt(network: nn.Module, clips: torch.Tensor) -> list[torch.Tensor]:
    """Answer, gradients, and what the network keeps after two steps."""
    network(clips)
    clips = clips.clone().requires_grad_()
    answer = network(clips)
    weighting = torch.linspace(-1, 1, answer.numel(), dtype=clips.dtype).view_as(answer)
    gradients = torch.autograd.grad((answer * weighting).sum(), [clips, *network.parameters()])
    return [answer, *gradients, *network.state_dict().values()]


def both(network: nn.Sequential, clips: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
    together = Pooling(*copy.deepcopy(network)).train(network.training)
    return list(zip(learnt(together, clips), learnt(network, clips), strict=True))


@settings(max_examples=15, deadline=None)
@given(
    count=st.integers(1, 6),
    rows=st.integers(9, 23),
    columns=st.integers(13, 30),
    channels=st.integers(1, 3),
    norm=st.booleans(),
    bias=st.booleans(),
    kernel=st.sampled_from([2, 3]),
    seed=st.integers(0, 9),
)
def test_answers_gradients_and_statistics_are_those_of_the_layers(
    count, rows, columns, channels, norm, bias, kernel, seed
):
    generator = torch.Generator().manual_seed(seed)
    clips = 3 + torch.randn(
        count, channels, rows, columns, dtype=torch.float64, generator=generator
    )
    for ours, theirs in both(layers(norm, bias=bias, channels=channels, kernel=kernel), clips):
        assert torch.allclose(ours.double(), theirs.double(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("norm", [False, True])
def test_overlapping_windows_strides_and_parts_of_windows(chunks, norm):
    network = layers(norm, kernel=5, stride=2, pool=3, pool_stride=2, ceil_mode=True)
    clips = torch.randn(5, 3, 47, 60, dtype=torch.float64)
    for ours, theirs in both(network, clips):
        assert torch.allclose(ours.double(), theirs.double(), rtol=1e-9, atol=1e-9)
    assert len(chunks) == 4  # two blocks, two steps


def test_in_single_precision_it_is_exact_to_rounding(chunks):
    for norm in (False, True):
        network, clips = layers(norm), torch.randn(5, 3, 20, 41, dtype=torch.float64)
        exact = learnt(copy.deepcopy(network), clips)
        # Small gradients are what is left of large terms, and are rounded as these are.
        scale = max(float(truth.detach().abs().max()) for truth in exact)
        for truth, (ours, theirs) in zip(exact, both(network.float(), clips.float()), strict=True):
            error, allowed = ((array - truth).abs().max() for array in (ours, theirs))
            assert error <= 2 * allowed + 5e-6 * scale
    assert len(chunks) == 8


def test_equal_cells_give_the_gradient_to_the_first(chunks):
    """As torch does; silence has nothing but equal cells."""
    for ours, theirs in both(layers(norm=False), torch.zeros(3, 3, 20, 41, dtype=torch.float64)):
        assert torch.allclose(ours, theirs, atol=1e-12)
    assert chunks


def test_half_precision_is_as_near_as_that_of_the_layers(chunks):
    network = layers(norm=False).float()
    clips = torch.randn(5, 3, 20, 41)
    exact = network(clips)
    with torch.autocast("cpu", torch.bfloat16):
        ours, theirs = Pooling(*network)(clips), network(clips)
    assert chunks
    assert ours.dtype == torch.bfloat16
    assert (ours - exact).abs().max() <= 2 * (theirs - exact).abs().max()


def test_frozen_weights_let_the_gradient_through(chunks):
    network = Pooling(*layers(norm=True)).requires_grad_(False)
    clips = torch.randn(3, 3, 20, 41, dtype=torch.float64, requires_grad=True)
    network(clips).sum().backward()
    assert chunks
    assert clips.grad is not None
    assert all(parameter.grad is None for parameter in network.parameters())


@pytest.mark.parametrize("norm", [False, True])
def test_judging_gives_what_the_layers_give(norm):
    network = layers(norm).eval()
    clips = torch.randn(4, 3, 20, 41, dtype=torch.float64)
    with torch.inference_mode():
        assert torch.allclose(Pooling(*network)(clips), network(clips), atol=1e-12)


def test_small_batches_run_layer_by_layer(chunks, monkeypatch):
    monkeypatch.setattr(pooling, "LARGE_BYTES", 32 << 20)
    Pooling(*layers(norm=False))(torch.zeros(2, 3, 20, 41, dtype=torch.float64))
    assert not chunks


def test_the_layers_keep_their_names():
    network = layers(norm=True)
    assert list(Pooling(*network).state_dict()) == list(network.state_dict())


def test_images_of_one_channel_are_seen_to_lie_channels_last():
    clips = torch.randn(3, 5, 7)
    for image in (images.as_image(clips), images.channels_last(clips[:, None])):
        assert torch.equal(image[:, 0], clips)
        assert nn.functional.max_pool2d(image, 2).stride(1) == 1
        maps = nn.functional.conv2d(image, torch.randn(4, 1, 2, 2))
        assert maps.is_contiguous(memory_format=torch.channels_last)
        assert maps.stride(1) == 1
