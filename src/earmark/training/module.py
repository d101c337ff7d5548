"""The Lightning module: one step of learning, and the judging of the valid side."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import lightning
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from earmark.training import optimizers
from earmark.training.data import ClipSet, OutputSpec
from earmark.training.judge import judge
from earmark.training.losses import l2_penalty, loss_of
from earmark.training.recipe import Training
from earmark.training.rmsprop_nesterov import RmspropNesterov


class Learner(lightning.LightningModule):
    """A network that learns, and what of it is judged.

    That is the running average of its weights (exponential moving average, as in Tarvainen and
    Valpola 2017), which is steadier than those of any one step, or the network itself.
    """

    def __init__(
        self,
        network: nn.Module,
        training: Training,
        outputs: tuple[OutputSpec, ...],
        *,
        total_steps: int,
        valid: ClipSet,
    ) -> None:
        super().__init__()
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average: AveragedModel | None = None
        if training.average_decay:
            self.average = AveragedModel(
                network, multi_avg_fn=_decaying(training), use_buffers=True
            ).requires_grad_(False)
        self._training, self._outputs = training, outputs
        self._total_steps, self._valid = total_steps, valid
        self._losses = [loss_of(output.kind, training.loss) for output in outputs]
        self._leading = _leading(outputs)
        self._train_losses: list[float] = []
        self._train_hits: list[float] = []
        self._logits: list[tuple[list[int], list[NDArray[np.float32]]]] = []
        self._at_parameters = ExitStack()
        self._plateau: Any = None
        self._plateau_state: dict[str, Any] | None = None

    @property
    def judged(self) -> nn.Module:
        """The network whose weights are judged and kept."""
        judged: nn.Module = self.network if self.average is None else self.average.module
        return judged

    def training_step(self, batch: tuple[Tensor, tuple[Tensor, ...]], _index: int) -> Tensor:
        """The loss of all outputs, and the penalty on large weights."""
        clips, targets = batch
        answers = self.network(clips)
        parts = zip(self._losses, answers, targets, strict=True)
        loss: Tensor = sum((part(a, t) for part, a, t in parts), start=torch.zeros(()))
        if self._training.l2:
            loss = loss + l2_penalty(self.network, self._training.l2_on, self._training.l2)
        with torch.no_grad():
            self._train_losses.append(float(loss))
            if self._leading is not None:
                given, true = answers[self._leading], targets[self._leading]
                self._train_hits.append(float((given.argmax(1) == true.argmax(1)).float().mean()))
        return loss

    def on_train_batch_end(self, *_: Any) -> None:
        """Let the average follow."""
        if self.average is not None:
            self.average.update_parameters(self.network)

    def on_validation_start(self) -> None:
        """Go to the point that is judged, where the optimizer has the weights at another."""
        optimizer = self.optimizers(use_pl_optimizer=False)
        if isinstance(optimizer, RmspropNesterov):
            self._at_parameters.enter_context(optimizer.at_parameters())

    def validation_step(self, batch: tuple[Tensor, list[int]], _index: int) -> None:
        """Ask about some clips."""
        clips, indices = batch
        with torch.autocast(clips.device.type, enabled=False):  # judged as it will be used
            answers = self.judged(clips)
        self._logits.append((indices, [answer.float().cpu().numpy() for answer in answers]))

    def on_validation_epoch_end(self) -> None:
        """Loss and accuracy of the epoch's steps, and of the valid side, track by track."""
        values = {"train_loss": _mean(self._train_losses)}
        if self._leading is not None:
            values["train_accuracy"] = _mean(self._train_hits)
        values |= judge(self._valid, self._logits, self._outputs)
        self._train_losses.clear()
        self._train_hits.clear()
        self._logits.clear()
        values["learning_rate"] = self._rate()
        values = self._agreed(values)
        self.log_dict(values)
        if self._plateau is not None:  # here, since Lightning does it after the checkpoint
            self._plateau.step(values["valid_loss"])

    def leave_parameters(self) -> None:
        """Go on from where the optimizer wants the weights."""
        self._at_parameters.close()

    def configure_optimizers(self) -> Any:
        """Optimizer and schedule of the recipe."""
        optimizer, schedule, interval = optimizers.build(
            self.network, self._training, self._total_steps
        )
        if schedule is not None and interval == "step":
            return {
                "optimizer": optimizer,
                "lr_scheduler": {"scheduler": schedule, "interval": interval},
            }
        self._plateau = schedule
        if schedule is not None and self._plateau_state is not None:
            schedule.load_state_dict(self._plateau_state)
        return optimizer

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep what the schedule knows."""
        if self._plateau is not None:
            checkpoint["plateau"] = self._plateau.state_dict()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Remember it until there is a schedule."""
        self._plateau_state = checkpoint.get("plateau")

    def _agreed(self, values: dict[str, float]) -> dict[str, float]:
        """The mean over the processes of a training, so that all decide alike what to do next."""
        if self.trainer.world_size == 1:
            return values
        of_all: Any = self.all_gather(torch.tensor(list(values.values()), dtype=torch.float64))
        return dict(zip(values, of_all.mean(dim=0).tolist(), strict=True))

    def _rate(self) -> float:
        optimizer: Any = self.optimizers(use_pl_optimizer=False)
        return float(optimizer.param_groups[0]["lr"])


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else float("nan")


def _leading(outputs: tuple[OutputSpec, ...]) -> int | None:
    """The first output whose accuracy can be told."""
    return next((i for i, output in enumerate(outputs) if output.kind == "classes"), None)


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
