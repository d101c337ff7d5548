"""Losses against numpy, scikit-learn and the formulas of books."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.errors import BadRecipe
from earmark.training.losses import l2_penalty, loss_of


def drawn(seed: int, rows: int, labels: int, spread: float = 3):
    """Logits, and rows of targets that sum to 1 [both of shape (rows, labels)]."""
    rng = np.random.default_rng(seed)
    return rng.normal(0, spread, (rows, labels)), rng.dirichlet(np.ones(labels), rows)


def value(kind: str, name: str, logits, targets) -> float:
    given = [torch.from_numpy(np.asarray(array, np.float32)) for array in (logits, targets)]
    return float(loss_of(kind, name)(*given))


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def binary(z, t):
    p = sigmoid(z)
    return -(t * np.log(p) + (1 - t) * np.log(1 - p)).sum(axis=1).mean()


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(1, 9),
    labels=st.integers(1, 12),
    spread=st.floats(0, 5),
)
def test_each_loss_is_its_formula(seed, rows, labels, spread):
    z, t = drawn(seed, rows, labels, spread)
    p = softmax(z)
    formulas = {
        ("classes", "cross-entropy"): -(t * np.log(p)).sum(axis=1).mean(),
        ("classes", "binary-cross-entropy"): binary(z, t),
        ("classes", "squared-error"): ((t - p) ** 2).sum(axis=1).mean(),
        ("tags", "cross-entropy"): binary(z, t),
        ("number", "cross-entropy"): ((t - z) ** 2).sum(axis=1).mean(),
    }
    for (kind, name), expected in formulas.items():
        assert value(kind, name, z, t) == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_losses_of_one_right_label_are_those_of_scikit_learn():
    from sklearn.metrics import brier_score_loss, log_loss, mean_squared_error

    z, _ = drawn(1, 40, 5)
    answers = np.random.default_rng(2).integers(0, 5, 40)
    t = np.eye(5)[answers]
    labels = list(range(5))
    expected = log_loss(answers, softmax(z), labels=labels)
    assert value("classes", "cross-entropy", z, t) == pytest.approx(expected, rel=1e-5)
    expected = brier_score_loss(answers, softmax(z), labels=labels, scale_by_half=False)
    assert value("classes", "squared-error", z, t) == pytest.approx(expected, rel=1e-5)
    expected = sum(log_loss(t[:, k], sigmoid(z[:, k])) for k in labels)
    assert value("tags", "cross-entropy", z, t) == pytest.approx(expected, rel=1e-5)
    assert value("classes", "binary-cross-entropy", z, t) == pytest.approx(expected, rel=1e-5)
    number = z[:, :1]
    expected = mean_squared_error(t[:, 0], number[:, 0])
    assert value("number", "cross-entropy", number, t[:, :1]) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("classes", "cross-entropy"),
        ("classes", "binary-cross-entropy"),
        ("classes", "squared-error"),
        ("tags", "cross-entropy"),
        ("number", "squared-error"),
    ],
)
def test_losses_of_certain_and_of_rough_logits_are_finite(kind, name):
    """A network in half precision hands on bfloat16, and one that is sure large numbers."""
    logits = torch.tensor([[90.0, -90.0, 0.0]], dtype=torch.bfloat16, requires_grad=True)
    loss = loss_of(kind, name)(logits, torch.tensor([[0.0, 1.0, 0.0]]))
    loss.backward()
    assert loss.dtype == torch.float32
    assert loss.isfinite()
    assert logits.grad.isfinite().all()


def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2))


def test_the_penalty_is_the_sum_of_squares_of_what_is_named():
    layers = network()
    first, last = (layers[i].weight.detach().numpy().astype(float) for i in (0, 2))
    bias = layers[2].bias.detach().numpy().astype(float)
    for patterns, named in [
        (("*.weight",), [first, last]),
        (("2.*",), [last, bias]),
        (("2.*", "*.weight", "0.weight"), [first, last, bias]),  # none counts twice
        ((), []),
    ]:
        expected = 0.3 * sum((part**2).sum() for part in named)
        assert float(l2_penalty(layers, patterns, 0.3).detach()) == pytest.approx(expected)


def test_the_penalty_pulls_on_what_is_named_alone():
    layers = network()
    l2_penalty(layers, ("0.weight",), 0.01).backward()
    assert torch.allclose(layers[0].weight.grad, 0.02 * layers[0].weight)
    assert all(layers[i].bias.grad is None for i in (0, 2))
    assert layers[2].weight.grad is None


def test_a_name_that_no_parameter_has_is_said():
    with pytest.raises(BadRecipe) as caught:
        l2_penalty(network(), ("0.weight", "dense.*"), 0.01)
    assert str(caught.value) == (
        "training.l2_on: no parameter is called 'dense.*'; "
        "known: 0.weight, 0.bias, 2.weight, 2.bias"
    )
