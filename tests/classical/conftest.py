"""Clips that classical models learn in no time."""

from __future__ import annotations

import numpy as np
import pytest

from earmark.classical import CLASSICAL, Targets, build_classical, fit, to_onnx
from earmark.training.judge import run_onnx

SHAPE = (4, 6)
SMALL = {
    "k-means": {"starts": 2},
    "hidden-layer": {"units": 8, "passes": 50, "solver": "lbfgs"},
    "gradient-boosting": {"rounds": 8, "numbers": 0.5},
    "patch-atoms": {"bands": SHAPE[0], "widths": [1, 2], "atoms": 24, "shifts": [1]},
}


def flat(clips: np.ndarray) -> np.ndarray:
    return clips.reshape(len(clips), -1).astype(np.float64)


@pytest.fixture(scope="session")
def make_clips():
    """Clips of so many labels that overlap, in units of their own, and the label of each."""

    def make(labels: int, count: int = 90, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        truth = np.arange(count) % labels
        rng.shuffle(truth)
        centres = np.random.default_rng(labels).normal(size=(labels, *SHAPE))
        clips = centres[truth] + 1.5 * rng.normal(size=(count, *SHAPE))
        units = np.geomspace(0.01, 1000, SHAPE[0] * SHAPE[1]).reshape(SHAPE)
        return (units * (clips + 3)).astype(np.float32), truth

    return make


@pytest.fixture(scope="session")
def fitted(make_clips, build):
    """A model fitted to such clips, as `Fitted`."""

    def fitted(name: str, labels: int = 4, *, settings: dict | None = None, seed: int = 0):
        clips, truth = make_clips(labels)
        family = build(name) if settings is None else build_classical(name, settings)
        return fit(family, flat(clips), {"genre": Targets("classes", labels, truth)}, seed)

    return fitted


@pytest.fixture(scope="session")
def build():
    """A model that is not yet fitted, with settings for clips as small as these."""
    return lambda name: build_classical(name, SMALL.get(name, {}))


@pytest.fixture(scope="session")
def ask():
    """The logits of a model as ONNX, or of several outputs."""

    def ask(name: str, arrays, clips: np.ndarray, **outputs: int):
        model = to_onnx(CLASSICAL[name], arrays, SHAPE, outputs)
        given = run_onnx(model, clips)
        return given[0] if len(given) == 1 else given

    return ask
