"""What a run keeps of itself while it lasts: checkpoints and metrics, whole at any moment."""

from __future__ import annotations

import io
import json
import math
import os
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping
from lightning.pytorch.plugins.io import TorchCheckpointIO

from earmark.errors import EarmarkError


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
    """Keeps the last epoch, to go on from, and the best one, to export."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._lowest = math.inf

    def on_validation_end(self, trainer: Any, _module: Any) -> None:
        """Write this epoch's checkpoints."""
        loss = float(trainer.callback_metrics["valid_loss"])
        if loss < self._lowest:
            self._lowest = loss
            trainer.save_checkpoint(self._run / "best.ckpt", weights_only=True)
        trainer.save_checkpoint(self._run / "last.ckpt")

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
        data = io.BytesIO()
        torch.save(checkpoint, data)
        scratch = Path(f"{path}.part")
        with scratch.open("wb") as file:
            file.write(data.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)


class MetricsLog(Callback):
    """Appends one line of JSON per epoch."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = 0

    def on_train_start(self, _trainer: Any, _module: Any) -> None:
        """Drop the line of an epoch that ended without a checkpoint and is trained again."""
        if self._path.exists():
            lines = self._path.read_text(encoding="utf-8").splitlines(keepends=True)
            self._path.write_text("".join(lines[: self._lines]), encoding="utf-8")

    def on_validation_end(self, trainer: Any, _module: Any) -> None:
        """Write what was measured in this epoch."""
        values = {key: float(value) for key, value in trainer.callback_metrics.items()}
        line = json.dumps({"epoch": trainer.current_epoch + 1, **values})
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        self._lines += 1

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run must know."""
        return {"lines": self._lines}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from it."""
        self._lines = state_dict["lines"]
