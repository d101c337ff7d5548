"""Optimizers and schedules against transcriptions of the papers and of Keras's documentation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.training.optimizers import build
from earmark.training.recipe import Training

STEPS = 30


def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.LayerNorm(4)).double()


def made(optimizer: str, schedule: str = "constant", **numbers):
    layers = network()
    training = Training(optimizer=optimizer, schedule=schedule, **numbers)
    return layers, *build(layers, training, total_steps=STEPS)


def walk(layers, optimizer, schedule=None, when="step", steps: int = STEPS) -> list[float]:
    """Learn a little; gives the rate of each step. Gradients are the same for every optimizer."""
    rates = []
    for step in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        for i, parameter in enumerate(layers.parameters()):
            rng = np.random.default_rng([step, i])
            parameter.grad = torch.from_numpy(rng.normal(size=parameter.shape))
        optimizer.step()
        if schedule is not None and when == "step":
            schedule.step()
    return rates


def weights(layers) -> list[np.ndarray]:
    return [parameter.detach().numpy().copy() for parameter in layers.parameters()]


def hold(made, by_hand, rtol: float = 1e-9) -> None:
    """Walk, and hold each weight to `by_hand(weight, gradient of each step)`."""
    layers, optimizer, *_ = made
    before = weights(layers)
    walk(layers, optimizer)
    for i, (theta, ours) in enumerate(zip(before, weights(layers), strict=True)):
        slopes = [
            np.random.default_rng([step, i]).normal(size=theta.shape) for step in range(STEPS)
        ]
        np.testing.assert_allclose(ours, by_hand(theta, slopes), rtol=rtol, atol=1e-11)


def test_sgd_has_the_momentum_of_the_book():
    """Goodfellow, Bengio, Courville, Deep Learning, Algorithm 8.2."""

    def by_the_book(theta, gradients):
        v = np.zeros_like(theta)
        for g in gradients:
            v = 0.8 * v - 0.01 * g
            theta = theta + v
        return theta

    hold(made("sgd", learning_rate=0.01, momentum=0.8), by_the_book)


def adam(theta, gradients, epsilon, decay=0.0):
    """Kingma and Ba 2015, Algorithm 1; with a decay Loshchilov and Hutter 2019, Algorithm 2."""
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for t, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        move = (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + epsilon)
        theta = theta - 0.003 * (move + decay * theta)
    return theta


def test_adam_is_that_of_its_paper_with_the_constant_of_keras():
    hold(
        made("adam", learning_rate=0.003),
        lambda theta, gradients: adam(theta, gradients, epsilon=1e-7),
    )


def test_adamw_decays_weights_but_neither_biases_nor_normalization():
    hold(
        made("adamw", learning_rate=0.003, weight_decay=0.2),
        lambda theta, gradients: adam(
            theta, gradients, epsilon=1e-8, decay=0.2 if theta.ndim > 1 else 0.0
        ),
    )


def test_rmsprop_nesterov_has_the_numbers_of_the_recipe():
    _, optimizer, *_ = made("rmsprop-nesterov", learning_rate=0.02, momentum=0.7)
    (group,) = optimizer.param_groups
    assert type(optimizer).__name__ == "RmspropNesterov"
    assert (group["lr"], group["momentum"]) == (0.02, 0.7)


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd", "rmsprop-nesterov"])
def test_every_parameter_learns_under_every_schedule(optimizer):
    for schedule in ("one-cycle", "constant", "plateau"):
        layers, *rest = made(optimizer, schedule)
        before = weights(layers)
        walk(layers, *rest)
        assert all((a != b).all() for a, b in zip(before, weights(layers), strict=True))


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_one_cycle_rises_in_a_line_and_falls_in_a_cosine(optimizer):
    layers, *rest = made(optimizer, "one-cycle", learning_rate=0.1, warmup=0.2)
    assert rest[-1] == "step"
    rates = walk(layers, *rest, steps=STEPS + 1)
    rise = np.linspace(0, 0.1, 7)  # a fifth of 30 steps
    fall = 0.05 * (1 + np.cos(np.pi * np.arange(25) / 24))
    np.testing.assert_allclose(rates, [*rise[:-1], *fall], atol=1e-12)


def test_one_cycle_may_begin_at_its_peak():
    layers, *rest = made("sgd", "one-cycle", learning_rate=0.1, warmup=0.0)
    assert walk(layers, *rest)[0] == 0.1


def test_a_constant_rate_has_no_schedule():
    layers, optimizer, schedule, _ = made("adam", learning_rate=0.01)
    assert schedule is None
    assert set(walk(layers, optimizer)) == {0.01}


def keras_plateau(losses, rate, *, factor, patience, min_lr, min_delta=1e-4):
    """Rate after each epoch, as keras.callbacks.ReduceLROnPlateau 3 has it, without cooldown."""
    best, wait = np.inf, 0
    for loss in losses:
        if loss < best - min_delta:
            best, wait = loss, 0
        else:
            wait += 1
            if wait >= patience:
                if rate > min_lr:
                    rate = max(rate * factor, min_lr)
                wait = 0
        yield rate


@settings(max_examples=100, deadline=None)
@given(
    losses=st.lists(
        st.sampled_from([1.0, 0.99995, 0.9, 0.5, 0.49, 0.3, float("nan")]), max_size=40
    ),
    patience=st.integers(0, 6),
    factor=st.sampled_from([0.1, 0.5]),
    lowest=st.sampled_from([0.0, 1e-5, 1e-2, 1.0]),
)
def test_the_plateau_is_that_of_keras(losses, patience, factor, lowest):
    _, optimizer, schedule, when = made(
        "sgd",
        "plateau",
        learning_rate=0.01,
        plateau_patience=patience,
        plateau_factor=factor,
        lowest_learning_rate=lowest,
    )
    assert when == "epoch"
    expected = keras_plateau(losses, 0.01, factor=factor, patience=patience, min_lr=lowest)
    for loss, rate in zip(losses, expected, strict=True):
        schedule.step(loss)
        assert optimizer.param_groups[0]["lr"] == pytest.approx(rate, rel=1e-12, abs=0)


def test_what_is_stored_goes_on_as_if_nothing_had_been(tmp_path):
    """Optimizer and schedule, through a file read without unpickling."""
    for name in ("adamw", "adam", "sgd", "rmsprop-nesterov"):
        layers, *rest = made(name, "one-cycle")
        walk(layers, *rest, steps=10)
        optimizer, schedule, _ = rest
        state = [part.state_dict() for part in (layers, optimizer, schedule)]
        torch.save(state, tmp_path / "state")
        walk(layers, *rest, steps=10)

        again, *more = made(name, "one-cycle", learning_rate=0.5)
        for part, stored in zip(
            (again, *more), torch.load(tmp_path / "state", weights_only=True), strict=False
        ):
            part.load_state_dict(stored)
        walk(again, *more, steps=10)
        assert all((a == b).all() for a, b in zip(weights(layers), weights(again), strict=True))
