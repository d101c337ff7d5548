"""Fitting a classical model: one step, on one thread, so that the seed decides every bit."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark import classical
from earmark.classical import CLASSICAL, Fitted, Targets
from earmark.classical.base import Regressor
from earmark.errors import BadRecipe, EarmarkError, MissingExtra, UnreadableFile
from earmark.features.base import Feature
from earmark.training import folder
from earmark.training.data import ClipSet, OutputSpec, Sides
from earmark.training.finish import Learnt
from earmark.training.judge import asking, judge, said
from earmark.training.recipe import Recipe

TOLERANCE = 1e-5
_NOTHING = -30.0  # a logit so far below the likeliest is a probability of 1e-13


def fit(recipe: Recipe, sides: Sides, run: Path, feature: Feature, *, resume: bool) -> Learnt:
    """Fit the classical model of a recipe, and write its line of metrics.jsonl.

    Every clip of the train side counts as one, with its track's label.

    Raises:
        BadRecipe: a setting is impossible, the model cannot learn what is asked or from such
            clips, or the run to resume had another recipe.
        UnreadableFile: a feature holds values that are no finite numbers.
        MissingExtra: scikit-learn is not installed.
        EarmarkError: the exported model differs from scikit-learn's.
    """
    name = recipe.model.name
    family = classical.build_classical(name, recipe.model.settings)
    for output in sides.outputs:
        try:
            classical.check_output(family, output.name, output.kind)
        except ValueError as error:
            able = [key for key, kind in CLASSICAL.items() if issubclass(kind, Regressor)]
            hint = f"; such are learnt by {', '.join(able)}" if output.kind == "number" else ""
            raise BadRecipe(f"model {name} {error}{hint}") from error
    if feature.time_axis == 1 and not recipe.clips.columns:
        raise BadRecipe(f"model {name} takes clips of one length only: set clips.columns")
    threadpoolctl = _libraries()
    folder.begin(run, recipe, sides, resume=resume)
    began = time.monotonic()
    with threadpoolctl.threadpool_limits(limits=1):
        train, valid = ClipSet(sides.train, recipe.clips), ClipSet(sides.valid, recipe.clips)
        targets = {output.name: _targets(output, train) for output in sides.outputs}
        fitted = classical.fit(family, _inputs(train), targets, recipe.seed)
        labels = {output.name: len(output.labels) for output in sides.outputs}
        model = classical.to_onnx(CLASSICAL[name], fitted.arrays, train[0].shape, labels)
        _hold_against(model, fitted, valid, sides.outputs)
    learnt = Learnt(
        ask=asking(model),
        model=model,
        weights=to_safetensors(fitted),
        parameters=sum(array.size for array in fitted.arrays.values()),
        epoch=1,
        chosen=False,
        threads=1,
        libraries=("scikit-learn",),
    )
    values = _measured(learnt, train, sides.outputs, "train")
    values |= _measured(learnt, valid, sides.outputs, "valid")
    line = {"epoch": 1, **values, "seconds": round(time.monotonic() - began, 3)}
    folder.write_whole(run / folder.METRICS, (json.dumps(line) + "\n").encode())
    return learnt


def to_safetensors(fitted: Fitted) -> bytes:
    """What a model has learnt, by name; the same arrays give the same bytes."""
    from safetensors.numpy import save

    arrays = {name: np.asarray(array, order="C") for name, array in fitted.arrays.items()}
    weights: bytes = save(arrays)
    return weights


def _libraries() -> Any:
    """All that fitting imports is there.

    Raises:
        MissingExtra: it is not.
    """
    try:
        for name in ("sklearn", "onnx", "safetensors"):
            import_module(name)
        return import_module("threadpoolctl")
    except ImportError as error:
        raise MissingExtra(
            f"training needs the extra `train` ({error.name} is missing): "
            "pip install 'earmark[train]', or make dev in a clone"
        ) from error


def _inputs(clips: ClipSet) -> NDArray[np.float64]:
    """All clips of a set, flattened [shape=(clips, numbers)]."""
    inputs = clips.batch(range(len(clips))).reshape(len(clips), -1)
    finite = np.isfinite(inputs).all(axis=1)
    if not finite.all():
        track = clips.items[clips.item(int(finite.argmin()))].track
        raise UnreadableFile("its feature holds values that are no finite numbers", track.path)
    return inputs.astype(np.float64)


def _targets(output: OutputSpec, clips: ClipSet) -> Targets:
    truth = [output.truth(clips.items[clips.item(index)].track) for index in range(len(clips))]
    return Targets(output.kind, len(output.labels), np.array(truth))


def _hold_against(
    model: bytes, fitted: Fitted, clips: ClipSet, outputs: Sequence[OutputSpec]
) -> None:
    """Make sure that ONNX says of some clips what scikit-learn says.

    Raises:
        EarmarkError: it does not.
    """
    batch = next(clips for clips, _ in clips.batches())
    inputs = batch.reshape(len(batch), -1).astype(np.float64)
    for output, given in zip(outputs, asking(model)(batch), strict=True):
        ours, theirs = given.astype(np.float64), fitted.answers[output.name](inputs)
        if output.kind == "classes":
            ours, theirs = (
                np.maximum(logits - logits.max(axis=1, keepdims=True), _NOTHING)
                for logits in (ours, theirs)
            )
        if not np.allclose(ours, theirs, rtol=TOLERANCE, atol=TOLERANCE):
            difference = float(np.abs(ours - theirs).max())
            raise EarmarkError(
                f"{output.name}: the exported model differs from the fitted one by {difference:.2g}"
            )


def _measured(
    learnt: Learnt, clips: ClipSet, outputs: tuple[OutputSpec, ...], side: str
) -> dict[str, float]:
    """Loss and quality on a side, as networks measure them after each epoch."""
    logits = said(learnt.ask, clips)
    values = judge(clips, [(list(range(len(clips))), logits)], outputs)
    return {key.replace("valid", side, 1): value for key, value in values.items()}
