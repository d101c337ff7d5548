"""RMSprop with Nesterov momentum against a transcription of the book's algorithm in numpy."""

from __future__ import annotations

import copy
import io

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.training.rmsprop_nesterov import RmspropNesterov

shares = st.floats(0, 0.95)


class Valley:
    """f(θ) = Σ ½ s θ² + cos θ: steeper one way than the other, with bumps."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.steepness = torch.from_numpy(10.0 ** rng.uniform(-1, 2, 6))
        self.start = rng.normal(0, 3, 6)

    def parameter(self) -> torch.nn.Parameter:
        return torch.nn.Parameter(torch.from_numpy(self.start.copy()))

    def height(self, theta: torch.Tensor) -> torch.Tensor:
        return (0.5 * self.steepness * theta**2 + theta.cos()).sum()


def by_the_book(theta, gradient_at, *, eta, rho, alphas):
    """Algorithm 8.6, line by line: θ after each step."""
    v, r = np.zeros_like(theta), np.zeros_like(theta)
    for alpha in alphas:
        interim = theta + alpha * v
        g = gradient_at(interim)
        r = rho * r + (1 - rho) * g**2
        v = alpha * v - eta / np.sqrt(r) * g
        theta = theta + v
        yield theta


def gradient_of(valley, theta, optimizer):
    """Gradient where the tensor is, once that is where the book wants it.

    Both sides use the same one: near a minimum the algorithm is chaotic, and the last bit of a
    gradient would decide where it is a hundred steps later.
    """

    def gradient_at(interim):
        np.testing.assert_allclose(theta.detach().numpy(), interim, rtol=1e-9, atol=1e-9)
        optimizer.zero_grad()
        valley.height(theta).backward()
        return theta.grad.numpy().copy()

    return gradient_at


def walk(optimizer, theta, valley):
    optimizer.zero_grad()
    valley.height(theta).backward()
    optimizer.step()


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    eta=st.floats(1e-4, 0.1),
    rho=shares,
    alpha=shares,
    steps=st.integers(1, 120),
)
def test_the_usual_loop_does_what_the_book_says(seed, eta, rho, alpha, steps):
    valley = Valley(seed)
    theta = valley.parameter()
    optimizer = RmspropNesterov([theta], eta, decay=rho, momentum=alpha)
    gradient_at = gradient_of(valley, theta, optimizer)
    book = by_the_book(valley.start, gradient_at, eta=eta, rho=rho, alphas=[alpha] * steps)
    for expected in book:
        optimizer.step()
        with optimizer.at_parameters():
            np.testing.assert_allclose(theta.detach().numpy(), expected, rtol=1e-9, atol=1e-9)


def test_the_momentum_may_change_from_step_to_step():
    valley = Valley(1)
    alphas = [0.9, 0.5, 0.95, 0.0, 0.8] * 6
    theta = valley.parameter()
    optimizer = RmspropNesterov([theta], 0.01, momentum=alphas[0])
    gradient_at = gradient_of(valley, theta, optimizer)
    book = by_the_book(valley.start, gradient_at, eta=0.01, rho=0.9, alphas=alphas)
    for expected, following in zip(book, [*alphas[1:], 0.0], strict=True):
        optimizer.param_groups[0]["momentum"] = following
        optimizer.step()
        with optimizer.at_parameters():
            np.testing.assert_allclose(theta.detach().numpy(), expected, rtol=1e-9)


def test_without_momentum_it_is_the_rmsprop_of_torch():
    valley = Valley(2)
    ours, theirs = valley.parameter(), valley.parameter()
    optimizer = RmspropNesterov([ours], 0.01, decay=0.8, momentum=0)
    reference = torch.optim.RMSprop([theirs], 0.01, alpha=0.8, eps=0)
    for _ in range(50):
        walk(optimizer, ours, valley)
        walk(reference, theirs, valley)
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)


def test_each_group_has_its_own_numbers():
    valley = Valley(3)
    fast, slow = valley.parameter(), valley.parameter()
    optimizer = RmspropNesterov([{"params": [fast], "lr": 0.02}, {"params": [slow]}], 0.001)
    (valley.height(fast) + valley.height(slow)).backward()
    optimizer.step()
    with optimizer.at_parameters(), torch.no_grad():
        # The first step is of one size, whatever the gradient: η / √(1 − ρ).
        for theta, eta in ((fast, 0.02), (slow, 0.001)):
            moved = (theta - torch.from_numpy(valley.start)).abs().numpy()
            np.testing.assert_allclose(moved, eta / np.sqrt(0.1), rtol=1e-9)


def network_and_optimizer(seed: int):
    torch.manual_seed(seed)
    network = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    return network, RmspropNesterov(network.parameters(), 0.01)


def train(network, optimizer, steps: range) -> None:
    for step in steps:
        clips = torch.randn(5, 4, generator=torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        network(clips).square().mean().backward()
        optimizer.step()


def equal(first, second) -> bool:
    return all(torch.equal(a, b) for a, b in zip(first.values(), second.values(), strict=True))


def test_a_resumed_training_is_the_uninterrupted_one_to_the_bit():
    network, optimizer = network_and_optimizer(0)
    train(network, optimizer, range(20))
    stored = io.BytesIO()
    torch.save([network.state_dict(), optimizer.state_dict()], stored)
    train(network, optimizer, range(20, 40))

    resumed, fresh = network_and_optimizer(1)
    stored.seek(0)
    weights, state = torch.load(stored, weights_only=True)
    resumed.load_state_dict(weights)
    fresh.load_state_dict(state)
    train(resumed, fresh, range(20, 40))
    assert equal(resumed.state_dict(), network.state_dict())
    with fresh.at_parameters(), optimizer.at_parameters():
        assert equal(resumed.state_dict(), network.state_dict())


def test_judging_leaves_no_trace_even_if_it_fails():
    network, optimizer = network_and_optimizer(0)
    train(network, optimizer, range(5))
    before = copy.deepcopy(network.state_dict())
    with pytest.raises(KeyError), optimizer.at_parameters():
        assert not equal(network.state_dict(), before)
        raise KeyError
    assert equal(network.state_dict(), before)
    train(network, optimizer, range(5, 6))


def test_before_the_first_step_the_parameters_are_where_they_were():
    network, optimizer = network_and_optimizer(0)
    before = copy.deepcopy(network.state_dict())
    with optimizer.at_parameters():
        assert equal(network.state_dict(), before)


def test_steps_and_judging_do_not_mix():
    network, optimizer = network_and_optimizer(0)
    train(network, optimizer, range(2))
    with optimizer.at_parameters():
        with pytest.raises(RuntimeError, match="inside at_parameters"):
            optimizer.step()
        with pytest.raises(RuntimeError, match="already"), optimizer.at_parameters():
            pass


def test_a_closure_is_asked_at_the_point_ahead():
    valley = Valley(4)
    plain, closed = valley.parameter(), valley.parameter()
    usual, asking = RmspropNesterov([plain], 0.01), RmspropNesterov([closed], 0.01)

    def closure():
        asking.zero_grad()
        height = valley.height(closed)
        height.backward()
        return float(height.detach())

    for _ in range(10):
        height = float(valley.height(plain.detach()))
        walk(usual, plain, valley)
        assert asking.step(closure) == height
    assert torch.equal(plain, closed)


@pytest.mark.parametrize("gradient", [0.0, 1e-30, -1e-38])
def test_gradients_too_small_to_square_move_nothing(gradient):
    theta = torch.nn.Parameter(torch.tensor([1.0, 1.0]))
    optimizer = RmspropNesterov([theta], 0.01)
    for _ in range(3):
        theta.grad = torch.tensor([gradient, 1.0])
        optimizer.step()
    assert theta[0] == 1.0
    assert 0 < theta[1] < 1.0


def test_parameters_without_gradient_stay():
    used, unused = torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(2))
    optimizer = RmspropNesterov([used, unused])
    used.grad = torch.ones(2)
    optimizer.step()
    with optimizer.at_parameters():
        assert torch.equal(unused, torch.ones(2))


def test_sparse_gradients_are_refused():
    words = torch.nn.Embedding(3, 2, sparse=True)
    optimizer = RmspropNesterov(words.parameters())
    words(torch.tensor([1])).sum().backward()
    with pytest.raises(RuntimeError, match="sparse"):
        optimizer.step()


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"lr": 0}, "lr must be above 0, not 0"),
        ({"lr": float("nan")}, "lr must be above 0, not nan"),
        ({"decay": 1}, "decay must be at least 0 and below 1, not 1"),
        ({"momentum": -0.1}, "momentum must be at least 0 and below 1, not -0.1"),
    ],
)
def test_impossible_numbers_are_refused(numbers, words):
    with pytest.raises(ValueError, match=words):
        RmspropNesterov([torch.nn.Parameter(torch.ones(1))], **numbers)
