"""What a model costs: its size, and the time of judging 30 s, measured here and now."""

from __future__ import annotations

import json
import math
import struct
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from earmark.bundle import WEIGHTS, Bundle
from earmark.classifier import WINDOW_SECONDS, Classifier

_TRIES = 8
_ENOUGH_SECONDS = 2.0  # after which no further try begins


def milliseconds(classifier: Classifier) -> tuple[float, float]:
    """Milliseconds of a core for the feature of 30 s of sound, and for judging that.

    Processor time, so that whatever else the machine does has no say. Means of a few tries after a
    first one that is not counted; noise stands for the music.
    """
    feature = classifier.bundle.feature
    rng = np.random.default_rng(0)
    sound = rng.uniform(-0.5, 0.5, round(WINDOW_SECONDS * feature.rate)).astype(np.float32)
    array = feature(sound)
    return _mean(lambda: feature(sound)), _mean(lambda: classifier.judge(array))


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


def _mean(work: Callable[[], object]) -> float:
    work()
    begun, tries = time.process_time(), 0
    while tries < _TRIES and (not tries or time.process_time() - begun < _ENOUGH_SECONDS):
        work()
        tries += 1
    return 1000 * (time.process_time() - begun) / tries
