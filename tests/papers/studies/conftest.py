"""Made-up answers, as finished runs give them to studies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType

import numpy as np
import pytest

from earmark.evaluation.answers import Answers


def answers(
    labels: Sequence[str], truth: Sequence[int], given: Sequence[int], artists: Sequence[str]
) -> Answers:
    """Answers that are quite sure of themselves."""
    return Answers(
        output="genre",
        kind="classes",
        labels=tuple(labels),
        tracks=tuple(f"{labels[t]}-{i}" for i, t in enumerate(truth)),
        artists=tuple(artists),
        clips=(0,) * len(truth),
        truth=np.array(truth),
        scores=np.eye(len(labels))[list(given)],
    )


class Runs:
    """Finished runs whose answers a function makes of system, way and seed."""

    dataset, tracks, quick = "gtzan-mel", MappingProxyType({}), False

    def __init__(self, made: Callable[[str, str, int], Answers], seeds: tuple[int, ...] = (0,)):
        self._made, self.seeds = made, seeds

    def answers(self, system: str, way: str, seed: int = 0) -> dict[str, Answers]:
        return {"genre": self._made(system, way, seed)}


@pytest.fixture(scope="session")
def made_answers():
    return answers


@pytest.fixture(scope="session")
def made_runs():
    return Runs
