"""Optimizers and the schedules of their learning rate, by the names that recipes call them."""

from __future__ import annotations

import math
from typing import Any, Literal

from torch import nn
from torch.optim import SGD, Adam, AdamW
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, ReduceLROnPlateau
from torch.optim.optimizer import Optimizer

from earmark.training.recipe import Training
from earmark.training.rmsprop_nesterov import RmspropNesterov


def build(
    network: nn.Module, training: Training, total_steps: int
) -> tuple[Optimizer, LRScheduler | None, Literal["step", "epoch"]]:
    """What moves the weights of a network.

    Args:
        network: whose parameters learn.
        training: which optimizer and schedule, and their numbers.
        total_steps: steps of the whole training, for one-cycle.

    Returns:
        The optimizer; the schedule, None if the rate is constant; and when that is to be told:
        after each "step", or after each "epoch", with the valid loss, and before a checkpoint is
        written, which must hold what the next epoch begins with.
    """
    optimizer = _optimizer(network, training)
    if training.schedule == "one-cycle":
        return optimizer, _one_cycle(optimizer, training, total_steps), "step"
    if training.schedule == "plateau":
        return optimizer, _plateau(optimizer, training), "epoch"
    return optimizer, None, "epoch"


def _optimizer(network: nn.Module, training: Training) -> Optimizer:
    rate, momentum = training.learning_rate, training.momentum
    parameters = list(network.parameters())
    if training.optimizer == "adam":
        # Keras's small constant. There it is added before the correction of the first steps' bias,
        # the "epsilon hat" of Kingma and Ba 2015, and so is up to 32 times as large in those steps.
        return Adam(parameters, lr=rate, eps=1e-7, fused=True)
    if training.optimizer == "sgd":
        return SGD(parameters, lr=rate, momentum=momentum, fused=True)
    if training.optimizer == "rmsprop-nesterov":
        return RmspropNesterov(parameters, lr=rate, momentum=momentum)
    groups: list[dict[str, Any]] = [
        {"params": [p for p in parameters if p.ndim > 1]},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return AdamW(groups, lr=rate, weight_decay=training.weight_decay)


def _one_cycle(optimizer: Optimizer, training: Training, total_steps: int) -> LRScheduler:
    """Linear rise, cosine fall (after Smith and Topin 2018)."""

    def share_of_peak(step: int) -> float:
        done = min(1.0, step / total_steps)
        if done < training.warmup:
            return done / training.warmup
        return 0.5 * (1 + math.cos(math.pi * (done - training.warmup) / (1 - training.warmup)))

    return LambdaLR(optimizer, share_of_peak)


def _plateau(optimizer: Optimizer, training: Training) -> LRScheduler:
    """Keras's ReduceLROnPlateau, loss for loss, with its defaults (`min_delta` 1e-4, no cooldown).

    Keras lowers the rate after `patience` epochs without a lower loss, torch after one more.
    """
    return ReduceLROnPlateau(
        optimizer,
        factor=training.plateau_factor,
        patience=max(0, training.plateau_patience - 1),
        threshold=1e-4,
        threshold_mode="abs",
        min_lr=training.lowest_learning_rate,
        eps=0,
    )
