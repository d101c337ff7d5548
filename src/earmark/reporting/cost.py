"""What a model costs: its size, and the time of judging 30 s, measured here and now."""

from __future__ import annotations

import json
import math
import struct
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from earmark.bundle import WEIGHTS, Bundle
from earmark.classifier import WINDOW_SECONDS, Classifier

_TRIES = 7
_ENOUGH_SECONDS = 2.0  # after which no further try begins


def milliseconds(classifier: Classifier) -> tuple[float, float]:
    """Milliseconds for the feature of 30 s of sound, and for judging that, on one core.

    Medians of a few tries after a first one that is not counted; noise stands for the music.
    """
    feature = classifier.bundle.feature
    rng = np.random.default_rng(0)
    sound = rng.uniform(-0.5, 0.5, round(WINDOW_SECONDS * feature.rate)).astype(np.float32)
    array = feature(sound)
    return _median(lambda: feature(sound)), _median(lambda: classifier.judge(array))


def weights(bundle: Bundle) -> int | None:
    """How many numbers the model has learnt or keeps; None where its weights are not at hand."""
    try:
        return _numbers(bundle.path / WEIGHTS)
    except (OSError, ValueError, KeyError, TypeError, struct.error):
        return None


def _numbers(file: Path) -> int:
    """How many numbers a safetensors file holds, by its header: a length and as much JSON."""
    with file.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        header = json.loads(stream.read(length))
    return sum(math.prod(part["shape"]) for name, part in header.items() if name != "__metadata__")


def _median(work: Callable[[], object]) -> float:
    work()
    begun = time.perf_counter()
    took: list[float] = []
    while len(took) < _TRIES and (not took or time.perf_counter() - begun < _ENOUGH_SECONDS):
        start = time.perf_counter()
        work()
        took.append(1000 * (time.perf_counter() - start))
    return median(took)
