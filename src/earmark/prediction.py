"""What a model says of a track. Imports nothing, so that a parent of workers starts at once."""

from __future__ import annotations

from dataclasses import dataclass

Probabilities = dict[str, float]
"""Probability by label, highest first; they add up to 1."""


@dataclass(frozen=True)
class Window:
    """One judged stretch of a track.

    Attributes:
        start_seconds: where it begins.
        duration_seconds: how long it is.
        outputs: probabilities by output, as in `Prediction`.
    """

    start_seconds: float
    duration_seconds: float
    outputs: dict[str, Probabilities]


@dataclass(frozen=True)
class Prediction:
    """What a model says of a track.

    Attributes:
        duration_seconds: length of the track.
        outputs: for each output (genre, …) the calibrated probability of each label, highest first;
            an output that is a number stands under its own name, as {"valence": 0.3}.
        windows: the stretches that were judged, and what each gave.
        warnings: what a reader should know, such as that the file breaks off.
    """

    duration_seconds: float
    outputs: dict[str, Probabilities]
    windows: tuple[Window, ...]
    warnings: tuple[str, ...] = ()

    @property
    def genre(self) -> Probabilities:
        """Probability of each genre, highest first."""
        return self.outputs["genre"]
