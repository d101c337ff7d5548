"""How a training shows itself: a bar on a terminal, a line per epoch in a pipe."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lightning.pytorch.callbacks import Callback
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from earmark.cli.messages import say


class _Watcher(Callback):
    def __init__(self, epochs: int, progress: Progress | None) -> None:
        self._epochs, self._progress = epochs, progress
        self._task: Any = None
        self._last = ""
        self._began = time.monotonic()

    def on_train_start(self, trainer: Any, _module: Any) -> None:
        self._began = time.monotonic()
        if self._progress is not None:
            steps = trainer.num_training_batches
            self._task = self._progress.add_task(
                "", total=steps * self._epochs, completed=trainer.global_step, last=""
            )

    def on_train_batch_end(self, trainer: Any, _module: Any, outputs: Any, *_: Any) -> None:
        if self._progress is not None:
            epoch = f"epoch {trainer.current_epoch + 1}/{self._epochs}"
            text = f"{epoch}  loss {float(outputs['loss']):.3f}{self._last}"
            self._progress.update(self._task, completed=trainer.global_step, last=text)

    def on_validation_end(self, trainer: Any, _module: Any) -> None:
        values = trainer.callback_metrics
        self._last = f"  valid loss {float(values['valid_loss']):.3f}"
        for key, value in values.items():
            if key.startswith("valid_accuracy"):
                self._last += f"  {key.replace('_', ' ')} {float(value):.1%}"
        if self._progress is None:
            seconds = time.monotonic() - self._began
            epoch = trainer.current_epoch + 1
            loss = float(values["train_loss"])
            done = f"epoch {epoch}/{self._epochs}  train loss {loss:.3f}{self._last}"
            say(f"{done}  {seconds:.0f} s")


@contextmanager
def training_progress(epochs: int) -> Iterator[Callback]:
    """A Lightning callback that shows loss and valid accuracy while a training runs."""
    if not sys.stderr.isatty():
        yield _Watcher(epochs, None)
        return
    columns = (BarColumn(), TextColumn("{task.fields[last]}"), TimeRemainingColumn(compact=True))
    with Progress(*columns, console=Console(file=sys.stderr), transient=False) as progress:
        yield _Watcher(epochs, progress)
