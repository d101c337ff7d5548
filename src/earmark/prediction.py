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
        outputs: probabilities by output, as in `Prediction`; empty where nothing was heard.
        unknown: why the model does not know what it heard, such as "silence"; None if it does.
    """

    start_seconds: float
    duration_seconds: float
    outputs: dict[str, Probabilities]
    unknown: str | None = None


@dataclass(frozen=True)
class Prediction:
    """What a model says of a track.

    Attributes:
        duration_seconds: length of the track.
        outputs: for each output (genre, mood, …) the calibrated probability of each label, highest
            first; an output that is a number stands under its own name, as {"valence": 0.3}.
        windows: the stretches that were judged, and what each gave.
        warnings: what a reader should know, such as that the file breaks off.
        unknown: why the model does not know this track, such as "noise"; None if it does. Where
            there is a reason, `outputs` should not be believed; they are empty if it is silence.
    """

    duration_seconds: float
    outputs: dict[str, Probabilities]
    windows: tuple[Window, ...]
    warnings: tuple[str, ...] = ()
    unknown: str | None = None

    @property
    def genre(self) -> Probabilities:
        """Probability of each genre, highest first; empty where nothing was heard."""
        return self.outputs.get("genre", {})


@dataclass(frozen=True)
class Timeline:
    """What a model hears as a track goes on.

    Attributes:
        steps: the track in stretches of a few seconds, one after the other from its first second to
            its last, and what each gave.
        segments: the same in as few stretches as explain the steps; each gives the mean of its
            steps.
    """

    steps: tuple[Window, ...]
    segments: tuple[Window, ...]

    @property
    def change_points(self) -> list[float]:
        """Where the music changes, in seconds: the borders between segments."""
        return [segment.start_seconds for segment in self.segments[1:]]
