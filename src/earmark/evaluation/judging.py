"""Labelled tracks + a model → how often it is right, by the inference path of the tagger."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.batch import judge_files
from earmark.classifier import SHORTEST_SECONDS, Classifier
from earmark.datasets import Dataset, Track, fetch
from earmark.errors import BadBundle, BadDataset, UnreadableFile
from earmark.evaluation.classification import confusion_matrix, recalls
from earmark.evaluation.intervals import wilson_interval
from earmark.features import LogMel
from earmark.features.log_mel_image import read_log_mel_image
from earmark.prediction import Probabilities


@dataclass(frozen=True)
class Judged:
    """A track with the model's answer, or the reason why there is none."""

    track: Track
    probabilities: Probabilities
    error: str | None = None


@dataclass(frozen=True)
class Report:
    """How a model did on labelled tracks.

    Attributes:
        labels: the model's labels.
        confusion: counts by true label (rows) and answer [shape=(labels, labels)].
        failures: tracks that could not be judged, with the reason; not part of the counts.
    """

    labels: tuple[str, ...]
    confusion: NDArray[np.int64]
    failures: tuple[Judged, ...] = ()

    @property
    def n_tracks(self) -> int:
        """Number of tracks that were judged."""
        return int(self.confusion.sum())

    @property
    def n_right(self) -> int:
        """Number of tracks whose likeliest label was the true one."""
        return int(self.confusion.trace())

    @property
    def accuracy(self) -> float:
        """Share of judged tracks that were right."""
        return self.n_right / self.n_tracks

    @property
    def accuracy_interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the accuracy."""
        return wilson_interval(self.n_right, self.n_tracks)

    def to_dict(self) -> dict[str, Any]:
        """The report as one JSON object."""
        per_class = recalls(self.confusion).tolist()
        return {
            "n_tracks": self.n_tracks,
            "n_failed": len(self.failures),
            "accuracy": self.accuracy,
            "accuracy_interval": list(self.accuracy_interval),
            "labels": list(self.labels),
            "recall": {
                label: None if np.isnan(value) else value
                for label, value in zip(self.labels, per_class, strict=True)
            },
            "confusion": self.confusion.tolist(),
            "failures": [{"path": str(f.track.path), "error": f.error} for f in self.failures],
        }


def judge_tracks(
    tracks: Sequence[Track],
    kind: str,
    *,
    model: Path | None = None,
    jobs: int = 1,
    output: str = "genre",
) -> Generator[Judged]:
    """Judge tracks one by one, in order.

    Args:
        tracks: what to judge; each needs a label for the output.
        kind: what the files are, as in `Dataset.kind`.
        model: folder of the bundle; None for the default one.
        jobs: worker processes for audio.
        output: the question asked.

    Raises:
        BadBundle: the bundle cannot be used, or not for this.
        BadDataset: a track's label is missing or is none of the model's, or the files are
            pictures that cannot be judged.
        MissingExtra: a track must be fetched, and fsspec is not installed.
    """
    classifier = Classifier.load(model)
    bundle = classifier.bundle
    if output not in bundle.outputs:
        raise BadBundle(f"{bundle.path}: answers {', '.join(bundle.outputs)}, not {output}")
    if kind == "image":
        raise BadDataset(
            "pictures of spectrograms do not say their levels, which the model takes: judge audio "
            "or log-mel images"
        )
    if kind == "log-mel" and bundle.feature != LogMel():
        raise BadBundle(
            f"{bundle.path}: takes a log-mel of other settings than the images hold; judge audio"
        )
    labels = classifier.labels(output)
    for track in tracks:
        if track.labels.get(output) not in labels:
            raise BadDataset(
                f"{track.path}: its {output} {track.labels.get(output)!r} is not one that the "
                f"model answers: {', '.join(labels)}"
            )
    if kind == "audio":
        yield from _judge_audio(tracks, model=model, jobs=jobs, output=output)
        return
    for track in tracks:
        try:
            feature = read_log_mel_image(fetch(track))
            check_length(feature, bundle.feature, track.path)
        except UnreadableFile as error:
            yield Judged(track, {}, error.reason)
        else:
            yield Judged(track, classifier.judge(feature)[output])


def _judge_audio(
    tracks: Sequence[Track], *, model: Path | None, jobs: int, output: str
) -> Generator[Judged]:
    paths: list[Path] = []
    failures: dict[str, str] = {}
    for track in tracks:
        try:
            paths.append(fetch(track))
        except UnreadableFile as error:
            failures[track.id] = error.reason
    outcomes = judge_files(paths, model=model, jobs=jobs)
    with closing(outcomes):
        for track in tracks:
            if track.id in failures:
                yield Judged(track, {}, failures[track.id])
                continue
            outcome = next(outcomes)
            answer = outcome.prediction.outputs[output] if outcome.prediction else {}
            yield Judged(track, answer, outcome.error)


def check_length(feature: NDArray[np.float32], extractor: LogMel, path: Path) -> None:
    """Demand of stored features the length that the tagger demands of audio.

    Raises:
        UnreadableFile: it is shorter.
    """
    columns, needed = feature.shape[1], extractor.shape(SHORTEST_SECONDS)[1]
    if columns < needed:
        reason = f"holds {columns} columns; at least {needed} ({SHORTEST_SECONDS:g} s) are needed"
        raise UnreadableFile(reason, path)


def report(judged: Iterable[Judged], labels: Sequence[str], output: str = "genre") -> Report:
    """Sum up answers.

    Raises:
        BadDataset: not one track could be judged.
    """
    judged = list(judged)
    failures = tuple(item for item in judged if item.error is not None)
    answered = [item for item in judged if item.error is None]
    if not answered:
        first = f"; the first: {failures[0].track.path}: {failures[0].error}" if failures else ""
        raise BadDataset(f"none of {len(judged)} tracks could be judged{first}")
    truth = [item.track.labels[output] for item in answered]
    answers = [max(item.probabilities, key=item.probabilities.__getitem__) for item in answered]
    return Report(tuple(labels), confusion_matrix(truth, answers, labels), failures)


def labelled(dataset: Dataset, output: str = "genre") -> list[Track]:
    """The tracks of a data set that have a label for an output."""
    return [track for track in dataset.tracks() if output in track.labels]
