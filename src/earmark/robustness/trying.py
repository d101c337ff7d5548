"""Tracks → what the tagger says of them, untouched and after every change; by worker processes."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from earmark.audio import AudioFile
from earmark.classifier import Classifier
from earmark.crew import Crew, JobRefused, WorkerDied
from earmark.datasets import Track, fetch
from earmark.errors import BadBundle, EarmarkError, UnreadableFile
from earmark.prediction import Prediction, Probabilities
from earmark.robustness.changes import CHANGES, Change
from earmark.robustness.sound import Sound

PIECE_SECONDS = 31.0
"""At most so much of a track is tried, from its middle: what the tagger judges at once."""

UNTOUCHED = "untouched"
"""What a piece is called that nothing was done to."""


@dataclass(frozen=True)
class Trial:
    """What was said of a track.

    Attributes:
        track: the track.
        changed: what was said of it, by change, and under `UNTOUCHED` of it as it is; absent is a
            change that it is too short for.
        errors: why there is no answer, by change.
        unknown: why the model would rather not say, by change.
        error: why there is none at all.
    """

    track: Track
    changed: Mapping[str, Probabilities] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None


def try_tracks(
    tracks: Sequence[Track],
    *,
    model: Path | None = None,
    output: str = "genre",
    jobs: int = 1,
    seed: int = 0,
) -> Generator[Trial]:
    """Judge tracks as they are and after every change, in order.

    Args:
        tracks: files of sound.
        model: folder of the bundle; None for the default one.
        output: the question asked.
        jobs: worker processes.
        seed: of what is drawn by chance; a track meets the same with the same seed.

    Raises:
        BadBundle: the bundle cannot be used.
        MissingExtra: a track must be fetched, and fsspec is not installed.
    """
    absent: dict[str, str] = {}
    requests: list[dict[str, str]] = []
    for track in tracks:
        try:
            requests.append({"track": track.id, "path": str(fetch(track))})
        except UnreadableFile as error:
            absent[track.id] = error.reason
    settings = {"model": None if model is None else str(model), "output": output, "seed": seed}
    crew = Crew("earmark.robustness.trying:trying_job", settings, requests, jobs)
    try:
        with closing(crew.answers()) as answers:
            for track in tracks:
                if track.id in absent:
                    yield Trial(track, error=absent[track.id])
                    continue
                answer = next(answers)
                if isinstance(answer, WorkerDied):
                    answer = {"error": f"the process that judged it died ({answer})"}
                yield Trial(track, **answer)
    except JobRefused as error:
        raise BadBundle(str(error)) from error


def trying_job(
    model: str | None, output: str, seed: int
) -> Callable[[Mapping[str, str]], dict[str, Any]]:
    """What a worker does for `try_tracks`: name and path of a track in, the fields of a trial out.

    Raises:
        BadBundle: the bundle cannot be used.
    """
    classifier = Classifier.load(model, outputs=[output])
    return lambda asked: try_file(
        classifier, Path(asked["path"]), asked["track"], output=output, seed=seed
    )


def try_file(
    classifier: Classifier, path: Path, name: str, *, output: str, seed: int = 0
) -> dict[str, Any]:
    """The fields of a `Trial` of one file; whatever is wrong with it becomes part of them."""
    try:
        piece = read_piece(path)
    except UnreadableFile as error:
        return {"error": error.reason}
    untouched = _said(partial(classifier.predict_waveform, piece.samples, piece.rate), output)
    if untouched.error is not None:
        return {"error": untouched.error}
    said = {UNTOUCHED: untouched}
    for change in CHANGES:
        judge = partial(_judge, classifier, change, piece, name, seed)
        said[change.name] = _said(judge, output)
    return {
        "changed": {key: each.answer for key, each in said.items() if each.answer},
        "errors": {key: each.error for key, each in said.items() if each.error is not None},
        "unknown": {key: each.unknown for key, each in said.items() if each.unknown is not None},
    }


class _Said(NamedTuple):
    """What was said of a piece: nothing, if the change did not apply."""

    answer: Probabilities | None = None
    unknown: str | None = None
    error: str | None = None


def _said(judge: Callable[[], Prediction | None], output: str) -> _Said:
    """What a judge says; whatever goes wrong is part of it."""
    try:
        prediction = judge()
    except UnreadableFile as error:
        return _Said(error=error.reason)
    except (EarmarkError, OSError, MemoryError, RuntimeError, ValueError) as error:
        text = " ".join(str(error).split())
        return _Said(error=f"cannot be judged: {type(error).__name__}: {text}")
    if prediction is None:
        return _Said()
    if output not in prediction.outputs:
        return _Said(error=f"unknown: {prediction.unknown}")
    return _Said(prediction.outputs[output], prediction.unknown)


def read_piece(path: Path) -> Sound:
    """The middle of a track, at most `PIECE_SECONDS` long, at its own rate.

    Raises:
        UnreadableAudio: the file cannot be decoded.
    """
    with AudioFile(path) as file:
        start = max(0.0, ((file.duration_seconds or 0.0) - PIECE_SECONDS) / 2)
        samples = file.read(rate=file.rate, start_seconds=start, duration_seconds=PIECE_SECONDS)
        return Sound(samples, file.rate)


def _judge(
    classifier: Classifier, change: Change, piece: Sound, name: str, seed: int
) -> Prediction | None:
    """What is said of a changed piece; None where the change does not apply."""
    chance = {"rng": generator(seed, name, change.name)} if change.by_chance else {}
    changed = piece if change.make is None else change.make(piece, **chance)
    if changed is None:
        return None
    if change.write is None:
        return classifier.predict_waveform(changed.samples, changed.rate)
    with tempfile.TemporaryDirectory(prefix="earmark-") as folder:
        path = Path(folder) / "changed"
        change.write(changed, path)
        return classifier.predict(path)


def generator(seed: int, track: str, change: str) -> np.random.Generator:
    """Chance that depends on nothing but its names, whichever process asks, in whatever order."""
    digest = hashlib.sha256(f"{seed}\n{track}\n{change}".encode("utf-8", "surrogatepass")).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))
