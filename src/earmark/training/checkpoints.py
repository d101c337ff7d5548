"""What a run keeps of itself while it lasts: checkpoints and metrics, whole at any moment."""

from __future__ import annotations

import io
import json
import math
import time
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping
from lightning.pytorch.plugins.io import TorchCheckpointIO

from earmark.errors import EarmarkError
from earmark.training.folder import KEPT, LAST, write_whole


def read_checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint, read without unpickling anything but weights and numbers.

    Raises:
        EarmarkError: it is damaged.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # its errors share no base class of their own
        raise EarmarkError(f"{path}: damaged; train again with another --out") from error
    return state


class Patience(EarlyStopping):
    """Stops when the valid loss has not fallen for a while, after a resume no later than before."""

    def __init__(self, patience: int) -> None:
        # Checked before the checkpoint is written, so that the count in it includes its epoch.
        super().__init__("valid_loss", patience=patience, check_on_train_epoch_end=False)

    def on_train_start(self, trainer: Any, _module: Any) -> None:
        """Do not begin another epoch if the run had stopped already."""
        if self.wait_count >= self.patience and self.wait_count:
            trainer.should_stop = True


class Checkpoints(Callback):
    """Writes the epoch to go on from and the one that is kept for judging."""

    def __init__(self, run: Path, *, keep: str, every_seconds: float = 0.0) -> None:
        """Begin.

        Args:
            run: the folder.
            keep: the "best" epoch, with the lowest valid loss, or the "last".
            every_seconds: how long to wait from one checkpoint to the next, if epochs are shorter.
        """
        self._run, self._keep, self._every = run, keep, every_seconds
        self._lowest = math.inf
        self._kept: dict[str, Any] | None = None
        self._written = time.monotonic()

    def on_validation_end(self, trainer: Any, module: Any) -> None:
        """Take what is to be kept, and write it if it is time."""
        loss = float(trainer.callback_metrics["valid_loss"])
        if math.isfinite(loss) and (loss < self._lowest or self._keep == "last"):
            self._lowest = loss
            state = {k: v.detach().cpu().clone() for k, v in module.judged.state_dict().items()}
            self._kept = {"epoch": trainer.current_epoch + 1, "state_dict": state}
        module.leave_parameters()
        ends = trainer.should_stop or trainer.current_epoch + 1 == trainer.max_epochs
        due = ends or time.monotonic() - self._written >= self._every
        if trainer.strategy.broadcast(due):  # all processes take part in writing, or none
            if self._kept is not None and trainer.is_global_zero:
                write_whole(self._run / KEPT, _as_bytes(self._kept))
            self._kept = None
            trainer.save_checkpoint(self._run / LAST)
            self._written = time.monotonic()

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run must know."""
        return {"lowest": self._lowest}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from it."""
        self._lowest = state_dict["lowest"]


class WholeFiles(TorchCheckpointIO):
    """Writes a checkpoint beside its place and renames it: a power cut leaves the old or the new.

    Lightning writes it in the folder for temporary files, often on another disk, and copies it.
    """

    def save_checkpoint(self, checkpoint: Any, path: Any, storage_options: Any = None) -> None:
        """Write a checkpoint; there are no storage options."""
        del storage_options
        write_whole(Path(path), _as_bytes(checkpoint))


def _as_bytes(state: Any) -> memoryview:
    data = io.BytesIO()
    torch.save(state, data)
    return data.getbuffer()


class MetricsLog(Callback):
    """Appends one line of JSON per epoch."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = 0
        self._began = time.monotonic()

    def on_train_start(self, trainer: Any, _module: Any) -> None:
        """Drop the line of an epoch that ended without a checkpoint and is trained again."""
        if self._path.exists() and trainer.is_global_zero:
            lines = self._path.read_text(encoding="utf-8").splitlines(keepends=True)
            self._path.write_text("".join(lines[: self._lines]), encoding="utf-8")

    def on_train_epoch_start(self, _trainer: Any, _module: Any) -> None:
        """Begin to measure the time of an epoch, its judging included."""
        self._began = time.monotonic()

    def on_validation_end(self, trainer: Any, _module: Any) -> None:
        """Write what was measured in this epoch."""
        values = {key: float(value) for key, value in trainer.callback_metrics.items()}
        values["seconds"] = round(time.monotonic() - self._began, 3)
        line = json.dumps({"epoch": trainer.current_epoch + 1, **values})
        if trainer.is_global_zero:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        self._lines += 1

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run must know."""
        return {"lines": self._lines}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from it."""
        self._lines = state_dict["lines"]
