"""What a model says of the clips of a set, and how good that is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from earmark.bundle import Output
from earmark.errors import EarmarkError
from earmark.members import scores
from earmark.training.data import ClipSet, OutputSpec

Ask = Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]
"""Clips → logits of each output."""


def run_onnx(model: bytes, clips: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Logits that onnxruntime gives for clips, one array per output."""
    return asking(model)(clips)


def asking(model: bytes) -> Ask:
    """An ONNX model, ready to be asked."""
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])

    def ask(clips: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        logits: list[NDArray[np.float32]] = session.run(None, {"clips": clips})
        return logits

    return ask


def said(ask: Ask, clips: ClipSet) -> list[NDArray[np.float32]]:
    """What a model says of every clip, by output [shape=(clips, labels)].

    Raises:
        EarmarkError: some of it is no number.
    """
    batches = [ask(batch) for batch, _ in clips.batches()]
    logits = [np.concatenate(parts) for parts in zip(*batches, strict=True)]
    if not all(np.isfinite(of_output).all() for of_output in logits):
        raise EarmarkError("the answers are no numbers; lower training.learning_rate")
    return logits


def judge(
    clips: ClipSet,
    logits: Sequence[tuple[list[int], list[NDArray[np.float32]]]],
    outputs: tuple[OutputSpec, ...],
) -> dict[str, float]:
    """Loss and quality of answers to all clips of a set, by the mean over each track's clips.

    The loss is −log of the true label's probability, for tags the binary cross-entropy, for
    numbers the squared error; those of several outputs are added.
    """
    indices = [index for some, _ in logits for index in some]
    of_item = np.array([clips.item(index) for index in indices])
    counts = np.bincount(of_item, minlength=len(clips.items))
    values: dict[str, float] = {}
    loss = 0.0
    for number, output in enumerate(outputs):
        given = np.concatenate([answers[number] for _, answers in logits])
        sums = np.zeros((len(clips.items), given.shape[1]))
        np.add.at(sums, of_item, scores(given, Output(output.labels, kind=output.kind)))
        mean = sums / counts[:, None]
        truth = np.array([output.truth(item.track) for item in clips.items])
        name = "" if len(outputs) == 1 else f"_{output.name}"
        if output.kind == "classes":
            of_truth = mean[np.arange(len(mean)), truth]
            loss += float(-np.log(np.maximum(of_truth, 1e-9)).mean())
            values[f"valid_accuracy{name}"] = float((mean.argmax(axis=1) == truth).mean())
        elif output.kind == "tags":
            right = np.where(truth == 1, mean, 1 - mean)
            loss += float(-np.log(np.maximum(right, 1e-9)).sum(axis=1).mean())
        else:
            error = float(np.square(mean[:, 0] - truth).mean())
            loss += error
            values[f"valid_rmse{name}"] = error**0.5
    return {"valid_loss": loss, **values}
