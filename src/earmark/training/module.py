"""The Lightning module: one step of learning, and the judging of the valid side."""

from __future__ import annotations

import math
from typing import Any

import lightning
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from earmark.training.recipe import Training


class Learner(lightning.LightningModule):
    """A network that learns, and the running average of its weights, which is what is judged.

    The average (exponential moving average, as in Tarvainen and Valpola 2017) is steadier than the
    weights of any one step.
    """

    def __init__(self, network: nn.Module, training: Training, total_steps: int) -> None:
        super().__init__()
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = AveragedModel(network, multi_avg_fn=_decaying(training), use_buffers=True)
        self._training = training
        self._total_steps = total_steps
        self._losses: list[float] = []
        self._judged: list[tuple[float, bool]] = []

    def training_step(self, batch: tuple[Tensor, Tensor], _index: int) -> Tensor:
        """Cross-entropy against soft targets."""
        clips, targets = batch
        (logits,) = self.network(clips)
        loss: Tensor = -(targets * logits.float().log_softmax(dim=1)).sum(dim=1).mean()
        self._losses.append(float(loss.detach()))
        return loss

    def on_train_batch_end(self, *_: Any) -> None:
        """Let the average follow."""
        self.average.update_parameters(self.network)

    def validation_step(self, batch: tuple[Tensor, int], _index: int) -> None:
        """Judge one track: the mean probability over its clips."""
        clips, answer = batch
        with torch.autocast("cpu", enabled=False):  # judged as it will be used
            (logits,) = self.average(clips)
        probabilities = logits.softmax(dim=1).mean(dim=0)
        loss = -math.log(max(float(probabilities[answer]), 1e-9))
        self._judged.append((loss, int(probabilities.argmax()) == answer))

    def on_validation_epoch_end(self) -> None:
        """Mean loss of the epoch's steps; mean loss and accuracy of the valid side."""
        self.log("train_loss", sum(self._losses) / len(self._losses))
        self._losses.clear()
        losses, hits = zip(*self._judged, strict=True)
        self._judged.clear()
        self.log("valid_loss", sum(losses) / len(losses))
        self.log("valid_accuracy", sum(hits) / len(hits))

    def configure_optimizers(self) -> Any:
        """AdamW under a one-cycle schedule: linear rise, cosine fall."""
        training = self._training
        parameters = list(self.network.parameters())
        groups: list[dict[str, Any]] = [
            {"params": [p for p in parameters if p.ndim > 1]},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(
            groups, lr=training.learning_rate, weight_decay=training.weight_decay
        )

        def share_of_peak(step: int) -> float:
            done = min(1.0, step / self._total_steps)
            if done < training.warmup:
                return done / training.warmup
            return 0.5 * (1 + math.cos(math.pi * (done - training.warmup) / (1 - training.warmup)))

        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, share_of_peak)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


def _decaying(training: Training) -> Any:
    """a ← d a + (1 − d) w, where d grows to its final value, so that first steps are forgotten."""

    def average(averages: Any, weights: Any, updates: Tensor) -> None:
        count = float(updates)
        decay = min(training.average_decay, count / (count + 10))
        for old, new in zip(averages, weights, strict=True):
            if old.is_floating_point():
                old.lerp_(new.to(old.dtype), 1 - decay)
            else:
                old.copy_(new)

    return average
