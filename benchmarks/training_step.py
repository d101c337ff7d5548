"""What `earmark train` adds to a step: its loop against the bare forward and backward passes.

python benchmarks/training_step.py [--json]

Ours is an epoch of real training: clips read from a feature store, batches made in a thread, loss,
optimizer, metrics, Lightning; without the judging between epochs. Theirs is forward and backward of
the same network on the batches of that epoch, lying ready in memory, and nothing else. Both in
turn, epoch by epoch, on all cores; the least of several, since whoever else works only adds.
"""

from __future__ import annotations

import copy
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pairs import Row, main, row

ROUNDS = 6
STEPS = 12
PLAIN: dict[str, Any] = {
    "clips": {"subtract_band_mean": False},
    "training": {
        "crop_columns": 0,
        "optimizer": "adam",
        "schedule": "constant",
        "average_decay": 0.0,
        "patience": 0,
        "label_smoothing": 0.0,
        "precision": "32",
        "epochs": ROUNDS,
    },
    "augmentation": {"band_shift": 0, "stretch": 0.0, "band_masks": 0, "column_masks": 0},
}
CASES: dict[str, tuple[dict[str, Any], int]] = {
    "duthoit-cnn, 72 × 108, batch 32": (
        {"network": "duthoit-cnn", "feature": {"name": "grey-image", "rows": 72, "columns": 108}},
        32,
    ),
    "duthoit-lstm, 72 × 108, batch 32": (
        {"network": "duthoit-lstm", "feature": {"name": "grey-image", "rows": 72, "columns": 108}},
        32,
    ),
    "gtzanet, 72 × 108 × 3, batch 32": (
        {"network": "gtzanet", "feature": {"name": "colour-image", "rows": 72, "columns": 108}},
        32,
    ),
    "shah-crnn, 96 × 192, batch 4": (
        {"network": "shah-crnn", "feature": {"name": "grey-image", "rows": 96, "columns": 192}},
        4,
    ),
}


def measure() -> list[Row]:
    """A row per case."""
    import torch

    torch.set_num_threads(os.cpu_count() or 1)
    return [one(name, settings, batch) for name, (settings, batch) in CASES.items()]


def one(name: str, settings: dict[str, Any], batch: int) -> Row:
    """Train on noise in a store, and in turn pass the same batches forward and backward."""
    from earmark.training.recipe import recipe_from_dict
    from earmark.training.run import train_on

    recipe = recipe_from_dict(
        {
            **PLAIN,
            "feature": settings["feature"],
            "model": {"name": settings["network"]},
            "training": PLAIN["training"] | {"batch": batch},
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        sides = noise(Path(folder), settings["feature"], batch * STEPS)
        clock = turns()
        train_on(recipe, sides, Path(folder) / "run", callbacks=[clock], export=False)
        return row(name, 1e3 * min(clock.ours), 1e3 * min(clock.theirs), "ms", 0.91)


def noise(folder: Path, feature: dict[str, Any], count: int) -> Any:
    """Sides of random clips in a real store; their labels are as random."""
    import numpy as np

    from earmark.datasets import Track
    from earmark.extraction.writer import StoreWriter
    from earmark.features import feature_from_dict
    from earmark.store import Row as Stored
    from earmark.store import Store, StoreSettings
    from earmark.training.data import OutputSpec, Sides, items

    kind = feature_from_dict(feature)
    settings = StoreSettings(feature=kind, dtype="float32", dataset="audio", kind="audio")
    writer = StoreWriter.create(folder / "store", settings)
    rng = np.random.default_rng(0)
    rows, tracks = [], []
    for i in range(count):
        values = rng.random(kind.shape(30.0), np.float32)
        key = settings.key(str(i))
        rows.append(Stored(id=str(i), content=str(i), key=key, shape=writer.write(key, [values])))
        tracks.append(Track(str(i), folder / str(i), labels={"genre": "ab"[i % 2]}))
    writer.finish(rows)
    held = items(tracks, Store.open(folder / "store"))
    return Sides(held, held[:2], (OutputSpec("genre", "classes", ("a", "b")),))


def turns() -> Any:
    """A callback that measures the steps of each epoch, and then the bare passes."""
    import torch
    from lightning.pytorch.callbacks import Callback

    class Turns(Callback):
        def __init__(self) -> None:
            self.ours: list[float] = []
            self.theirs: list[float] = []
            self._batches: list[Any] = []
            self._began = 0.0

        def on_train_batch_start(self, _trainer: Any, _module: Any, batch: Any, index: int) -> None:
            if index == 0:
                self._batches.clear()
                self._began = time.perf_counter()
            self._batches.append(batch)

        def on_train_batch_end(
            self, trainer: Any, _module: Any, _outputs: Any, _batch: Any, index: int
        ) -> None:
            if index + 1 == trainer.num_training_batches:
                self.ours.append((time.perf_counter() - self._began) / (index + 1))

        def on_train_epoch_end(self, _trainer: Any, module: Any) -> None:
            network = copy.deepcopy(module.network).train()
            self.theirs.append(bare(network, self._batches))

    def bare(network: torch.nn.Module, batches: Sequence[Any]) -> float:
        began = time.perf_counter()
        for clips, (targets,) in batches:
            network.zero_grad()
            (logits,) = network(clips)
            loss = -(targets * logits.log_softmax(dim=1)).sum(dim=1).mean()
            loss.backward()
        return (time.perf_counter() - began) / len(batches)

    return Turns()


if __name__ == "__main__":
    main(__doc__ or "", measure)
