"""What is found of an answer, as plain data: its parts, their test, and all that a page shows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from earmark.explain.occlusion import Numbers
from earmark.features.base import Array
from earmark.memory import Neighbour
from earmark.prediction import Probabilities


@dataclass(frozen=True)
class Part:
    """A stretch of time and band of frequencies.

    Attributes:
        begin_seconds: where in the track it begins.
        end_seconds: where it ends.
        low_hz: its lowest frequency.
        high_hz: its highest.
        change: of the answer, when this is deleted: below 0 where it speaks for the answer.
    """

    begin_seconds: float
    end_seconds: float
    low_hz: float
    high_hz: float
    change: float


@dataclass(frozen=True)
class Check:
    """What is left of the answer when the parts for it are deleted, and when others are.

    Attributes:
        share: of the window that is deleted.
        left: probability (or number) without the parts that speak for the answer.
        random_left: the same, without as much at random places, of each try.
    """

    share: float
    left: float
    random_left: tuple[float, ...]

    @property
    def mean(self) -> float:
        """What random deletions leave, on average."""
        return float(np.mean(self.random_left))

    @property
    def beaten(self) -> int:
        """Random deletions that leave more than the named parts do."""
        return sum(self.left < other for other in self.random_left)

    @property
    def passed(self) -> bool:
        """Whether the answer falls more than it does for random deletions, on average."""
        return self.left < self.mean


@dataclass(frozen=True)
class Explanation:
    """Why a model answers as it does of a window of a track.

    Attributes:
        path: the file.
        duration_seconds: length of the track.
        output: the question.
        label: the answer that is explained; a number's is its own name.
        value: its probability in this window, or the number.
        is_number: which of the two.
        answers: all answers of this window to the question.
        window: where it begins and ends in the track, in seconds.
        chosen: why this window, in words.
        log_mel: what the model heard [shape=(bands, columns)], in dB below the loudest cell.
        seconds: edges of the grid's columns in the track [shape=(columns + 1,)].
        hz: edges of its rows [shape=(rows + 1,)].
        bands_hz: edges of the log-mel's own bands [shape=(bands + 1,)].
        weights: what each cell of the grid gives to the answer [shape=(rows, columns)]; in
            log-odds, or in the number's unit.
        parts_for: what speaks for the answer, the weightiest first.
        parts_against: what speaks against it, the weightiest first.
        check: of the parts for it; None where there is none.
        neighbours: the training tracks that sound most alike; none where the bundle keeps none.
        unknown: why the model does not know this track; None if it does.
        warnings: what the classifier says of the file.
        judgements: how often the model was asked.
    """

    path: Path
    duration_seconds: float
    output: str
    label: str
    value: float
    is_number: bool
    answers: Probabilities
    window: tuple[float, float]
    chosen: str
    log_mel: Array
    seconds: Numbers
    hz: Numbers
    bands_hz: Numbers
    weights: Numbers
    parts_for: tuple[Part, ...]
    parts_against: tuple[Part, ...]
    check: Check | None
    neighbours: tuple[Neighbour, ...]
    unknown: str | None
    warnings: tuple[str, ...]
    judgements: int

    def to_dict(self) -> dict[str, Any]:
        """All of it but the pictures, for JSON."""
        check = self.check
        return {
            "path": str(self.path),
            "duration_seconds": self.duration_seconds,
            "output": self.output,
            "label": self.label,
            "number" if self.is_number else "probability": self.value,
            "answers": self.answers,
            "window": {
                "begin_seconds": self.window[0],
                "end_seconds": self.window[1],
                "chosen": self.chosen,
            },
            "for": [asdict(part) for part in self.parts_for],
            "against": [asdict(part) for part in self.parts_against],
            "check": check
            and {
                "share": check.share,
                "left": check.left,
                "random_left": list(check.random_left),
                "random_mean": check.mean,
                "beaten": check.beaten,
                "passed": check.passed,
            },
            "neighbours": [asdict(neighbour) for neighbour in self.neighbours],
            "weights": {
                "seconds": self.seconds.tolist(),
                "hz": self.hz.tolist(),
                "cells": self.weights.tolist(),
            },
            "unknown": self.unknown,
            "warnings": list(self.warnings),
            "judgements": self.judgements,
        }
