"""The LSTM with recurrent dropout against a plain transcription of its formula, step by step."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from earmark.networks.recurrent import Lstm


def plain(lstm: Lstm, sequence: torch.Tensor, masks: list[torch.Tensor]) -> torch.Tensor:
    """States of one sequence [shape=(steps, features)], each gate and each step on its own."""
    inputs_mask, state_mask = masks  # of this sequence [shape=(4, features or units)]
    kernels, recurrent, biases = (
        weights.chunk(4) for weights in (lstm.kernel, lstm.recurrent_kernel, lstm.bias)
    )
    state = cell = sequence.new_zeros(lstm.units)
    states = []
    for x in sequence:
        i, f, g, o = (
            kernels[k] @ (x * inputs_mask[k]) + recurrent[k] @ (state * state_mask[k]) + biases[k]
            for k in range(4)
        )
        cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
        state = torch.sigmoid(o) * torch.tanh(cell)
        states.append(state)
    return torch.stack(states)


def build(features: int = 5, units: int = 4, **options) -> Lstm:
    torch.manual_seed(3)
    lstm = Lstm(features, units, **options).double()
    with torch.no_grad():
        for parameter in lstm.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return lstm


def fixed(monkeypatch, lstm: Lstm, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Masks that the next forward passes take, too."""
    masks = lstm.draw_masks(count)
    monkeypatch.setattr(lstm, "draw_masks", lambda sequences: masks)
    return masks


def of_sequence(masks: tuple[torch.Tensor, ...], number: int) -> list[torch.Tensor]:
    return [mask[:, number if mask.shape[1] > 1 else 0] for mask in masks]


@pytest.mark.parametrize("shared", [False, True])
def test_states_and_gradients_are_those_of_the_plain_steps(monkeypatch, shared):
    lstm = build(dropout=0.3, recurrent_dropout=0.4, shared_masks=shared)
    masks = fixed(monkeypatch, lstm, 3)
    clips = torch.randn(3, 7, 5, dtype=torch.float64, requires_grad=True)
    wanted = [clips, *lstm.parameters()]
    weighting = torch.randn(3, 7, 4, dtype=torch.float64)
    expected = torch.stack(
        [plain(lstm, clip, of_sequence(masks, n)) for n, clip in enumerate(clips)]
    )
    ours = lstm(clips)
    assert torch.allclose(ours, expected, rtol=0, atol=1e-12)
    gradients = torch.autograd.grad((ours * weighting).sum(), wanted)
    plain_gradients = torch.autograd.grad((expected * weighting).sum(), wanted)
    for gradient, other in zip(gradients, plain_gradients, strict=True):
        assert torch.allclose(gradient, other, rtol=0, atol=1e-12)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 4), st.integers(1, 6), st.integers(1, 5), st.integers(1, 5))
def test_any_sizes(count, steps, features, units):
    lstm = build(features, units, dropout=0.3, recurrent_dropout=0.4)
    clips = torch.randn(count, steps, features, dtype=torch.float64)
    torch.manual_seed(count)
    masks = lstm.draw_masks(count)
    torch.manual_seed(count)
    ours = lstm(clips)
    for n, clip in enumerate(clips):
        expected = plain(lstm, clip, of_sequence(masks, n))
        assert torch.allclose(ours[n], expected, rtol=0, atol=1e-12)


def test_gradients_are_those_of_finite_differences(monkeypatch):
    lstm = build(3, 2, dropout=0.3, recurrent_dropout=0.4)
    fixed(monkeypatch, lstm, 2)
    clips = torch.randn(2, 3, 3, dtype=torch.float64, requires_grad=True)

    def run(clips, *weights):
        names = [name for name, _ in lstm.named_parameters()]
        return torch.func.functional_call(lstm, dict(zip(names, weights, strict=True)), clips)

    assert torch.autograd.gradcheck(run, (clips, *lstm.parameters()))


@pytest.mark.parametrize("shared", [False, True])
def test_without_masks_it_is_the_lstm_of_torch(shared):
    lstm = build(dropout=0.3, recurrent_dropout=0.4, shared_masks=shared).eval()
    other = nn.LSTM(5, 4, batch_first=True).double()
    with torch.no_grad():
        other.weight_ih_l0.copy_(lstm.kernel)
        other.weight_hh_l0.copy_(lstm.recurrent_kernel)
        other.bias_ih_l0.copy_(lstm.bias)
        other.bias_hh_l0.zero_()
        clips = torch.randn(3, 7, 5, dtype=torch.float64)
        assert torch.allclose(lstm(clips), other(clips)[0], rtol=0, atol=1e-12)
        undropped = build().train()
        assert torch.equal(undropped(clips), lstm(clips))


@pytest.mark.parametrize(("shared", "count"), [(False, 2000), (True, 1)])
def test_masks_keep_what_they_should_and_its_mean(shared, count):
    torch.manual_seed(0)
    lstm = Lstm(50, 40, dropout=0.05, recurrent_dropout=0.35, shared_masks=shared)
    masks = lstm.draw_masks(2000)
    for mask, share, size in zip(masks, (0.05, 0.35), (50, 40), strict=True):
        assert mask.shape == (4, count, size)
        assert mask.unique().tolist() == pytest.approx([0, 1 / (1 - share)])
        # Four standard errors of a share.
        dropped = (mask == 0).float().mean()
        assert abs(dropped - share) < 4 * (share * (1 - share) / mask.numel()) ** 0.5
        assert not torch.equal(mask[0], mask[1]), "each gate has a mask of its own"


def test_sequences_have_masks_of_their_own_unless_shared():
    clip = torch.randn(1, 6, 5)
    for shared in (False, True):
        torch.manual_seed(1)
        lstm = Lstm(5, 16, recurrent_dropout=0.35, shared_masks=shared)
        first, second = lstm(clip.expand(2, 6, 5))
        assert torch.equal(first, second) == shared
        assert not torch.equal(lstm(clip), lstm(clip)), "drawn anew for each batch"


def test_a_state_is_never_dropped_from_the_cell(monkeypatch):
    """A mask of zeros cuts the recurrence through U, and only that."""
    lstm = build(recurrent_dropout=0.5)
    masks = torch.ones(4, 2, 5).double(), torch.zeros(4, 2, 4).double()
    monkeypatch.setattr(lstm, "draw_masks", lambda sequences: masks)
    clips = torch.randn(2, 6, 5, dtype=torch.float64)
    dropped = lstm(clips)
    with torch.no_grad():
        lstm.recurrent_kernel.zero_()
    assert torch.allclose(dropped, lstm.eval()(clips), rtol=0, atol=1e-12)


def test_weights_begin_as_in_keras():
    torch.manual_seed(0)
    lstm = Lstm(30, 20)
    limit = (6 / (30 + 4 * 20)) ** 0.5
    assert 0.95 * limit < lstm.kernel.abs().max() <= limit
    assert torch.allclose(lstm.recurrent_kernel.T @ lstm.recurrent_kernel, torch.eye(20), atol=1e-5)
    assert lstm.bias.tolist() == [0.0] * 20 + [1.0] * 20 + [0.0] * 40


def test_half_precision_products_leave_the_recurrence_whole():
    torch.manual_seed(0)
    for shared in (False, True):
        lstm = Lstm(20, 16, dropout=0.05, recurrent_dropout=0.35, shared_masks=shared)
        clips = torch.randn(4, 30, 20)
        torch.manual_seed(1)
        exact = lstm(clips)
        torch.manual_seed(1)
        with torch.autocast("cpu", torch.bfloat16):
            rough = lstm(clips)
        rough.float().square().sum().backward()
        assert (rough - exact).abs().max() < 0.05
        assert all(torch.isfinite(p.grad).all() for p in lstm.parameters())
