"""What is made small: the loss of one output, and the penalty on large weights.

A loss takes logits [shape=(batch, labels)] and targets of the same shape, and gives one number: the
mean over the batch of the sum over the labels, so that outputs with many labels and with few are
added as they are. It is computed in float32, whatever the network computes in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

import torch
from torch import Tensor, nn
from torch.nn import functional

from earmark.bundle import OutputKind
from earmark.errors import BadRecipe

Loss = Callable[[Tensor, Tensor], Tensor]


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """−Σ t log softmax(z), for targets that may be soft: each row sums to 1."""
    return -(targets * logits.float().log_softmax(dim=1)).sum(dim=1).mean()


def binary_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """−Σ t log p + (1 − t) log(1 − p) with p = sigmoid(z): one question of yes or no per label.

    Keras takes the mean over the labels: as many times less as there are labels.
    """
    losses = functional.binary_cross_entropy_with_logits(logits.float(), targets, reduction="none")
    return losses.sum(dim=1).mean()


def squared_error_of_softmax(logits: Tensor, targets: Tensor) -> Tensor:
    """Σ (t − softmax(z))².

    Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, (11.9); `liu2017` has it.
    """
    return (targets - logits.float().softmax(dim=1)).square().sum(dim=1).mean()


def squared_error(logits: Tensor, targets: Tensor) -> Tensor:
    """(t − z)², for outputs that are numbers."""
    return (targets - logits.float()).square().sum(dim=1).mean()


_OF_CLASSES: dict[str, Loss] = {
    "cross-entropy": cross_entropy,
    "binary-cross-entropy": binary_cross_entropy,
    "squared-error": squared_error_of_softmax,
}


def loss_of(kind: OutputKind, name: str) -> Loss:
    """The loss of an output.

    Args:
        kind: what the output is: one of several labels (targets: their shares), any of several
            labels (targets: 1 for each that is right), or a number (targets [shape=(batch, 1)]).
        name: `training.loss` of the recipe, which is for classes; tags are always learnt by binary
            cross-entropy, and numbers by squared error.
    """
    if kind == "classes":
        return _OF_CLASSES[name]
    return binary_cross_entropy if kind == "tags" else squared_error


def l2_penalty(network: nn.Module, patterns: Sequence[str], factor: float) -> Tensor:
    """`factor` times the sum of squares of some weights, as Keras's `kernel_regularizer` adds it.

    The gradient of a weight w grows by 2 · factor · w; torch's `weight_decay` would add half of it.

    Args:
        network: whose parameters.
        patterns: their names, as in `named_parameters`; * stands for anything.
        factor: how much it weighs.

    Returns:
        One number, to be added to the loss.

    Raises:
        BadRecipe: a pattern matches no parameter.
    """
    names = [name for name, _ in network.named_parameters()]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise BadRecipe(
                f"training.l2_on: no parameter is called {pattern!r}; known: {', '.join(names)}"
            )
    squares = [
        parameter.square().sum()
        for name, parameter in network.named_parameters()
        if any(fnmatchcase(name, pattern) for pattern in patterns)
    ]
    return factor * torch.stack(squares).sum() if squares else torch.zeros(())
