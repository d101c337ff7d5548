"""Labelled tracks + a model → how often it is right, by the inference path of the tagger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from earmark.batch import judge_files
from earmark.bundle import Bundle, Output, OutputKind
from earmark.classifier import SHORTEST_SECONDS, WINDOW_SECONDS, Classifier
from earmark.datasets import Track, fetch
from earmark.errors import BadBundle, BadDataset, UnreadableFile
from earmark.evaluation.answers import Answers
from earmark.evaluation.calibration import cross_fitted, expected_calibration_error, reliability
from earmark.evaluation.folds import folds_of
from earmark.evaluation.intervals import wilson_interval
from earmark.evaluation.summary import summarise
from earmark.evaluation.thresholds import find_thresholds, held_out
from earmark.features import LogMel
from earmark.features.base import Array, Feature
from earmark.features.image import SpectrogramImage
from earmark.features.log_mel_image import read_log_mel_image
from earmark.prediction import Probabilities
from earmark.sources import Kind, load_feature

_MAIN = ("accuracy", "accuracy_interval", "confusion")


@dataclass(frozen=True)
class Judged:
    """A track with the model's answer, or the reason why there is none.

    Attributes:
        track: the track.
        probabilities: what the model says; empty where it could not be judged.
        error: why it could not.
        unknown: why the model would rather not say, although it was judged.
    """

    track: Track
    probabilities: Probabilities
    error: str | None = None
    unknown: str | None = None


@dataclass(frozen=True)
class Report:
    """How a model did on labelled tracks.

    Attributes:
        answers: what it said of each track that could be judged.
        failures: tracks that could not be judged, with the reason; not part of the counts.
        unknown: why the model would rather not say, or None, of each row of the answers; empty
            where it never said so.
    """

    answers: Answers
    failures: tuple[Judged, ...] = ()
    unknown: tuple[str | None, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The report as one JSON object: what `summarise` says, and what only a judgement wants.

        That is n_failed and failures; unknown, how often the model would rather not say, and why
        (of classes also how often it is right about the rest); of classes accuracy, its interval,
        confusion and recall once more, majority (what one answer for all would give) and refitted
        (the calibration error with a temperature that was fitted on other artists); of all but
        numbers thresholds by label and confident (what passes those of other artists).
        """
        summary = summarise(self.answers)
        whole = summary["per_track"]
        main = {key: whole[key] for key in _MAIN if key in whole}
        if self.answers.kind == "classes":
            rows = whole["per_label"]
            main["recall"] = {label: row["recall"] for label, row in rows.items()}
            commonest = max(rows, key=lambda label: rows[label]["n"])
            main["majority"] = {"label": commonest, "share": rows[commonest]["n"] / whole["n"]}
            main["refitted"] = refitted(self.answers)
        if self.answers.kind != "number":
            found = find_thresholds(self.answers)
            main["thresholds"] = {label: asdict(each) for label, each in found.items()}
            main["confident"] = asdict(held_out(self.answers))
        failures = [{"path": str(f.track.path), "error": f.error} for f in self.failures]
        return {
            **summary,
            **main,
            "unknown": self._unknown(),
            "n_failed": len(failures),
            "failures": failures,
        }

    def _unknown(self) -> dict[str, Any]:
        # What follows a semicolon is of one track, such as which remembered one is nearest.
        reasons = Counter(why.partition(";")[0] for why in self.unknown if why is not None)
        n, rows = reasons.total(), len(self.answers)
        about: dict[str, Any] = {
            "n": n,
            "share": n / rows,
            "share_interval": wilson_interval(n, rows),
            "reasons": dict(reasons.most_common()),
        }
        if self.answers.kind == "classes" and n < rows:
            known = [reason is None for reason in self.unknown] or [True] * rows
            right = int(self.answers.right[known].sum())
            about["accuracy_of_the_rest"] = right / (rows - n)
            about["accuracy_of_the_rest_interval"] = wilson_interval(right, rows - n)
        return about


def refitted(answers: Answers) -> dict[str, float] | None:
    """What another temperature would do for calibration, fitted without the judged artists.

    Logarithms of probabilities serve as logits, so that a temperature of 1 changes nothing.

    Args:
        answers: to a question of classes, a row per track.

    Returns:
        temperature: the mean over folds; calibration_error: of the likeliest label's probability.
        None where there are not two groups to hold against each other.
    """
    folds = folds_of(answers.groups)
    if not folds.any():
        return None
    logits = np.log(answers.scores.clip(1e-12))
    temperature = cross_fitted(list(logits[:, None]), answers.truth.tolist(), folds)
    scaled = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature[:, None])
    bins = reliability(1 / scaled.sum(axis=1), answers.right)  # the likeliest one's share
    return {
        "temperature": float(temperature.mean()),
        "calibration_error": expected_calibration_error(bins),
    }


def judge_tracks(
    tracks: Sequence[Track],
    kind: Kind,
    *,
    model: Path | None = None,
    jobs: int = 1,
    output: str = "genre",
) -> Generator[Judged]:
    """Judge tracks one by one, in order.

    Args:
        tracks: what to judge; of each must be known what is true for the output.
        kind: what the files are, as in `Dataset.kind`.
        model: folder of the bundle; None for the default one.
        jobs: worker processes for audio.
        output: the question asked.

    Raises:
        BadBundle: the bundle cannot be used, or not for this output or these files.
        BadDataset: a track's label is missing or is none of the model's.
        MissingExtra: a track must be fetched, and fsspec is not installed.
    """
    classifier = Classifier.load(model, outputs=[output])
    bundle = classifier.bundle
    _check(bundle, kind)
    for track in tracks:
        _check_label(track, output, bundle.outputs[output])
    if kind == "audio":
        yield from _judge_audio(tracks, model=model, jobs=jobs, output=output)
        return
    for track in tracks:
        try:
            feature = _stored_feature(fetch(track), kind, bundle.feature)
        except UnreadableFile as error:
            yield Judged(track, {}, error.reason)
        else:
            answer = classifier.judge(feature)[output]
            yield Judged(track, answer, unknown=classifier.unknown(feature))


def _check(bundle: Bundle, kind: Kind) -> None:
    """Refuse, before any work, what can never be judged."""
    feature = bundle.feature
    if kind == "image" and not isinstance(feature, SpectrogramImage):
        raise BadBundle(
            f"{bundle.path}: takes a {feature.name}, which cannot be had from pictures of "
            "spectrograms: they do not say their levels; judge audio or log-mel images"
        )
    if kind == "log-mel":
        try:
            feature.from_log_mel(np.zeros(LogMel().shape(WINDOW_SECONDS), np.float32))
        except ValueError as error:
            raise BadBundle(
                f"{bundle.path}: takes a {feature.name}, which cannot be had from log-mel images: "
                f"{error}; judge audio"
            ) from error


def _check_label(track: Track, output: str, answered: Output) -> None:
    """Refuse a track without an answer that the model could give."""
    if answered.kind == "number":
        if output not in track.values:
            raise BadDataset(f"{track.path}: its {output} is not known")
    elif answered.kind == "classes" and track.labels.get(output) not in answered.labels:
        raise BadDataset(
            f"{track.path}: its {output} {track.labels.get(output)!r} is not one that the "
            f"model answers: {', '.join(answered.labels)}"
        )


def _stored_feature(path: Path, kind: Kind, feature: Feature) -> Array:
    """The feature of a picture, or of a log-mel as long as the tagger demands of audio.

    Raises:
        UnreadableFile: it cannot be had of this file.
    """
    if kind == "image":
        return load_feature(path, kind, feature)
    log_mel = read_log_mel_image(path)
    columns, needed = log_mel.shape[1], LogMel().shape(SHORTEST_SECONDS)[1]
    if columns < needed:
        reason = f"holds {columns} columns; at least {needed} ({SHORTEST_SECONDS:g} s) are needed"
        raise UnreadableFile(reason, path)
    try:
        return feature.from_log_mel(log_mel)
    except ValueError as error:
        raise UnreadableFile(str(error), path) from error


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
    outcomes = judge_files(paths, model=model, outputs=[output], jobs=jobs)
    with closing(outcomes):
        for track in tracks:
            if track.id in failures:
                yield Judged(track, {}, failures[track.id])
                continue
            outcome = next(outcomes)
            if outcome.prediction is None:
                yield Judged(track, {}, outcome.error)
            elif output not in outcome.prediction.outputs:
                yield Judged(track, {}, f"unknown: {outcome.prediction.unknown}")
            else:
                prediction = outcome.prediction
                yield Judged(track, prediction.outputs[output], unknown=prediction.unknown)


def report(
    judged: Iterable[Judged],
    labels: Sequence[str],
    output: str = "genre",
    kind: OutputKind = "classes",
) -> Report:
    """Sum up answers to an output, whose labels and kind are those of the model.

    Raises:
        BadDataset: not one track could be judged.
    """
    judged = list(judged)
    failures = tuple(item for item in judged if item.error is not None)
    answered = [item for item in judged if item.error is None]
    if not answered:
        first = f"; the first: {failures[0].track.path}: {failures[0].error}" if failures else ""
        raise BadDataset(f"none of {len(judged)} tracks could be judged{first}")
    tracks = [item.track for item in answered]
    answers = Answers(
        output=output,
        kind=kind,
        labels=tuple(labels),
        tracks=tuple(track.id for track in tracks),
        artists=tuple(track.artist for track in tracks),
        clips=(0,) * len(tracks),
        truth=np.array([_truth(track, output, kind, labels) for track in tracks]),
        scores=np.array([[item.probabilities[label] for label in labels] for item in answered]),
    )
    return Report(answers, failures, tuple(item.unknown for item in answered))


def _truth(track: Track, output: str, kind: OutputKind, labels: Sequence[str]) -> Any:
    if kind == "number":
        return track.values[output]
    if kind == "tags":
        return [label in track.tags for label in labels]
    return labels.index(track.labels[output])
