"""What a training runs on: a processor, a graphics card, or several, each in a process of its own.

Several processes learn as one: each takes its part of every batch, and the gradients are averaged
(torch's DistributedDataParallel). The weights are then those of one process but for rounding,
unless the network has batch normalization, whose statistics are those of each process's part.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from torch import distributed

from earmark.errors import BadRecipe
from earmark.training.ranks import ALONE, LOST_TOUCH, Place

_LONGEST_WAIT = timedelta(days=1)  # the others wait while the first one extracts features


@dataclass(frozen=True)
class Devices:
    """The devices of a training, and which of its processes this one is.

    Attributes:
        accelerator: "cpu" or "gpu".
        place: this process among all.
    """

    accelerator: str = "cpu"
    place: Place = ALONE

    @classmethod
    def chosen(cls, accelerator: str, place: Place | None) -> Devices:
        """The devices that a user wants.

        Args:
            accelerator: "cpu", "gpu", or "auto" for a graphics card where torch can use one.
            place: of this process; None for the only one.

        Raises:
            BadRecipe: there are not so many graphics cards.
        """
        place = place or ALONE
        cards = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if accelerator == "auto":
            accelerator = "gpu" if cards else "cpu"
        if accelerator == "gpu" and cards < place.local_world:
            raise BadRecipe(
                f"torch finds {cards} graphics cards here, not {place.local_world}: "
                "choose fewer --devices, or --accelerator cpu"
            )
        return cls(accelerator, place)

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes files."""
        return self.place.rank == 0

    def for_trainer(self) -> dict[str, Any]:
        """What Lightning's trainer must know of them."""
        place = self.place
        return {
            "accelerator": self.accelerator,
            "devices": place.local_world,
            "num_nodes": place.world // place.local_world,
            "strategy": "ddp" if place.world > 1 else "auto",
            # Some of torch's functions for graphics cards have no deterministic form.
            "deterministic": True if self.accelerator == "cpu" else "warn",
        }

    def plugins(self) -> list[Any]:
        """Who started the processes, if there are several; Lightning would guess."""
        return [LightningEnvironment()] if self.place.world > 1 else []

    @contextmanager
    def together(self) -> Iterator[None]:
        """Inside, the processes hear of each other.

        Raises:
            SystemExit: with `LOST_TOUCH`, if another process is gone.
        """
        if self.place.world == 1:
            yield
            return
        cards = self.accelerator == "gpu"
        if cards:
            torch.cuda.set_device(self.place.local_rank)
        try:
            distributed.init_process_group(
                "nccl" if cards else "gloo",
                rank=self.place.rank,
                world_size=self.place.world,
                timeout=_LONGEST_WAIT,
                device_id=torch.device("cuda", self.place.local_rank) if cards else None,
            )
            yield
        except RuntimeError as error:
            if _is_lost_touch(error):
                raise SystemExit(LOST_TOUCH) from error
            raise

    @contextmanager
    def first_alone(self) -> Iterator[None]:
        """The first process does what stands inside alone, and the others after it."""
        if self.place.world > 1 and not self.first:
            distributed.barrier()
        yield
        if self.place.world > 1 and self.first:
            distributed.barrier()


ONE_PROCESSOR = Devices()


def _is_lost_touch(error: RuntimeError) -> bool:
    """Whether an error is only what is heard of another process's end."""
    if isinstance(error, distributed.DistError):
        return True
    return any(word in str(error) for word in ("gloo", "Connection closed", "NCCL"))
