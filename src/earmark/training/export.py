"""A trained network → the bytes of a bundle: ONNX for judging, safetensors for training on."""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save
from torch import nn

from earmark.errors import EarmarkError
from earmark.training.judge import run_onnx

TOLERANCE = 1e-4


def to_onnx(
    network: nn.Module,
    outputs: Sequence[str],
    clips: NDArray[np.float32],
    fewest_columns: int | None = 16,
) -> bytes:
    """ONNX of a network, for any number of clips, held against torch.

    Args:
        network: what to export; put into evaluation mode.
        outputs: names of its outputs, in order.
        clips: real clips [shape=(clips, *shape)] on which both must agree to 1e-4.
        fewest_columns: length of the shortest clips that the network takes; None if all must be
            as long as these.

    Raises:
        EarmarkError: the two disagree.
    """
    network = network.eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    example = torch.from_numpy(clips)
    dynamic: dict[int, Any] = {0: torch.export.Dim("n")}
    if fewest_columns is not None:
        dynamic[2] = torch.export.Dim("columns", min=fewest_columns)
    with tempfile.TemporaryDirectory() as folder, _silence():
        path = Path(folder) / "model.onnx"
        torch.onnx.export(
            network,
            (torch.cat([example, example])[: max(2, len(example))],),
            str(path),
            input_names=["clips"],
            output_names=list(outputs),
            dynamic_shapes=(dynamic,),
            dynamo=True,
            external_data=False,
        )
        model = path.read_bytes()
    with torch.inference_mode():
        expected = [logits.numpy() for logits in network(example)]
    difference = max(
        float(np.abs(ours - theirs).max())
        for ours, theirs in zip(run_onnx(model, clips), expected, strict=True)
    )
    if not difference <= TOLERANCE:
        raise EarmarkError(f"the exported model differs from the trained one by {difference:.2g}")
    return model


def to_safetensors(network: nn.Module) -> bytes:
    """The weights of a network by parameter name."""
    state = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    weights: bytes = save(state)
    return weights


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """The exporter narrates its steps; nothing in that is for our users."""
    loggers: list[Any] = [logging.getLogger(n) for n in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
