"""An answer about a file taken apart: what speaks for it and against, measured and put to the test.

The parts are named by the weights of `occlusion`; what each is worth is then measured by deleting
it alone. The test deletes all parts that speak for the answer and compares what is left with what
random deletions of the same sizes leave: a map that is right about the model beats them (Samek et
al. 2017, "Evaluating the visualization of what a deep neural network has learned").
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from earmark.audio import load_audio
from earmark.classifier import WINDOW_SECONDS, Classifier, long_silences
from earmark.errors import BadBundle, BadFeature, UnreadableAudio
from earmark.explain.blocks import Block, heaviest, mask_of, scattered
from earmark.explain.explanation import Check, Explanation, Part
from earmark.explain.occlusion import Numbers, Occlusion, weights
from earmark.features import LogMel
from earmark.features.base import Array
from earmark.memory import Neighbour, read_memory
from earmark.prediction import Prediction, Window

RANDOM_DELETIONS = 20
NEIGHBOURS = 8
_SEED = 0
_SLIGHT = 5e-4  # changes that would be written as 0.0 points


def explain(
    classifier: Classifier,
    path: Path,
    *,
    output: str | None = None,
    label: str | None = None,
    at_seconds: float | None = None,
    threads: int = 1,
) -> Explanation:
    """Explain an answer about a file: of the window that says it loudest, or of one asked for.

    Args:
        classifier: any whose bundle hears a log-mel.
        path: any audio file.
        output: the question; genre if none, or the first of a model that is not asked for genres.
        label: the answer to be explained; the likeliest of the whole track if none.
        at_seconds: explain the 30 s around here.
        threads: judgements at once.

    Raises:
        BadFeature: the model hears something else.
        BadBundle: it does not answer this question, or not with this label.
        UnreadableAudio: the file cannot be judged, or has nothing at `at_seconds`.
    """
    feature = classifier.bundle.feature
    if not isinstance(feature, LogMel):
        raise BadFeature(
            f"{classifier.bundle.path}: its model hears {feature.name}; only models that hear a "
            "log-mel can be explained"
        )
    output = _known_output(classifier, output)
    labels = classifier.labels(output)
    if label is not None and label not in labels:
        raise BadBundle(f"its {output} knows no label {label!r}: {_hint(label, labels)}")
    prediction = classifier.predict(path)
    heard = _heard(prediction, output, path)
    label = label or next(iter(prediction.outputs[output]))
    if at_seconds is None:
        window, chosen = _most_telling(heard, output, label)
    else:
        window = _window_at(classifier, path, at_seconds, prediction.duration_seconds, output)
        chosen = f"the one asked for, around {at_seconds:g} s"
    waveform = _waveform(path, feature.rate, window)
    if silences := long_silences(waveform, feature.rate):
        begin, end = _longest_sound(len(waveform), silences)
        waveform = waveform[begin:end]
        start = window.start_seconds + begin / feature.rate
        window = _judged(classifier, path, start, waveform, output)
        chosen += "; what sounds longest in it"
    log_mel = feature(waveform)
    taken = _taken_apart(classifier, log_mel, output, label, threads)
    seconds = window.start_seconds + taken.occlusion.column_edges * _column_seconds(feature)
    bands_hz = _borders(feature)
    hz = bands_hz[taken.occlusion.row_edges]
    parts = [(change, _part(block, change, seconds, hz)) for block, change in taken.parts]
    return Explanation(
        path=path,
        duration_seconds=prediction.duration_seconds,
        output=output,
        label=label,
        value=taken.value,
        is_number=taken.is_number,
        answers=window.outputs[output],
        window=(window.start_seconds, window.start_seconds + window.duration_seconds),
        chosen=chosen,
        log_mel=log_mel,
        seconds=seconds,
        hz=hz,
        bands_hz=bands_hz,
        weights=taken.weights,
        parts_for=tuple(part for change, part in parts if change < 0),
        parts_against=tuple(part for change, part in parts if change > 0),
        check=taken.check,
        neighbours=_neighbours(classifier, log_mel),
        unknown=prediction.unknown,
        warnings=prediction.warnings,
        judgements=taken.occlusion.judgements,
    )


@dataclass(frozen=True)
class _TakenApart:
    """What deleting tells of an answer; parts are blocks with the change that each brings."""

    occlusion: Occlusion
    value: float
    is_number: bool
    weights: Numbers
    parts: list[tuple[Block, float]]
    check: Check | None


def _taken_apart(
    classifier: Classifier, log_mel: Array, output: str, label: str, threads: int
) -> _TakenApart:
    def judge(changed: Array) -> float:
        return classifier.judge(changed)[output][label]

    classifier = asked_alone(classifier, output)
    occlusion = Occlusion(log_mel, judge, threads=threads)
    (whole,) = occlusion.judged([mask_of([], occlusion.shape)]).tolist()
    is_number = classifier.bundle.outputs[output].kind == "number"
    heavy = weights(occlusion, whole, odds=not is_number, seed=_SEED)
    named = [(block, -1) for block in heaviest(heavy)] + [(b, 1) for b in heaviest(-heavy)]
    left = occlusion.judged([mask_of([block], occlusion.shape) for block, _ in named])
    measured = [
        (block, float(value - whole))
        for (block, sign), value in zip(named, left, strict=True)
        if sign * (value - whole) > _SLIGHT  # else deleting it does not bear the map out
    ]
    measured.sort(key=lambda part: -abs(part[1]))
    check = _check(occlusion, [block for block, change in measured if change < 0])
    return _TakenApart(occlusion, whole, is_number, heavy, measured, check)


def asked_alone(classifier: Classifier, output: str) -> Classifier:
    """One that answers this question alike and no other: two hundred judgements take less time."""
    asked = classifier.bundle.asked([output])
    if len(asked.members) == len(classifier.bundle.members):
        return classifier
    return type(classifier)(asked)


def _check(occlusion: Occlusion, blocks: Sequence[Block]) -> Check | None:
    if not blocks:
        return None
    rng = np.random.default_rng(_SEED)
    shape = occlusion.shape
    named = mask_of(blocks, shape)
    others = [mask_of(scattered(blocks, shape, rng), shape) for _ in range(RANDOM_DELETIONS)]
    left, *rest = occlusion.judged([named, *others]).tolist()
    return Check(float(named.mean()), left, tuple(rest))


def _known_output(classifier: Classifier, output: str | None) -> str:
    """The question to be explained.

    Raises:
        BadBundle: the model does not answer it.
    """
    known = classifier.bundle.outputs
    if output is None:
        return "genre" if "genre" in known else next(iter(known))
    if output not in known:
        raise BadBundle(f"the model answers no {output!r}: {_hint(output, known)}")
    return output


def _hint(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"


def _most_telling(windows: Sequence[Window], output: str, label: str) -> tuple[Window, str]:
    """The judged window that says the answer loudest, and why it was chosen, in words."""
    loudest = max(windows, key=lambda window: window.outputs[output][label])
    if len(windows) == 1:
        return loudest, "the only one that was judged"
    return loudest, f"of {len(windows)} judged, the one that says it loudest"


def _longest_sound(length: int, silences: Sequence[slice]) -> tuple[int, int]:
    """First sample of the longest stretch between silences, and the one after its last."""
    begins = [0, *(silence.stop for silence in silences)]
    ends = [*(silence.start for silence in silences), length]
    return max(zip(begins, ends, strict=True), key=lambda stretch: stretch[1] - stretch[0])


def _heard(prediction: Prediction, output: str, path: Path) -> list[Window]:
    """The windows that have an answer.

    Raises:
        UnreadableAudio: none has.
    """
    windows = [window for window in prediction.windows if output in window.outputs]
    if not windows:
        reason = prediction.unknown or "nothing was heard"
        raise UnreadableAudio(f"there is no answer to be explained: {reason}", path)
    return windows


def _window_at(
    classifier: Classifier, path: Path, at_seconds: float, length: float, output: str
) -> Window:
    """The 30 s around a place, or as much as there is.

    Raises:
        UnreadableAudio: the track has no such place, or is silent there.
    """
    if not 0 <= at_seconds <= length:
        raise UnreadableAudio(f"lasts {length:.1f} s; nothing is at {at_seconds:g} s", path)
    start = max(0.0, min(at_seconds - WINDOW_SECONDS / 2, length - WINDOW_SECONDS))
    rate = classifier.bundle.feature.rate
    waveform = _waveform(path, rate, Window(start, min(length, WINDOW_SECONDS), {}))
    return _judged(classifier, path, start, waveform, output)


def _judged(
    classifier: Classifier, path: Path, start_seconds: float, waveform: Array, output: str
) -> Window:
    """A stretch of a file, judged.

    Raises:
        UnreadableAudio: it is too short, or silent.
    """
    rate = classifier.bundle.feature.rate
    try:
        judged = classifier.predict_waveform(waveform, rate)
    except UnreadableAudio as error:
        middle = start_seconds + len(waveform) / rate / 2
        raise UnreadableAudio(f"{error.reason} around {middle:.1f} s", path) from None
    _heard(judged, output, path)
    return Window(start_seconds, judged.duration_seconds, judged.outputs)


def _waveform(path: Path, rate: int, window: Window) -> Array:
    return load_audio(
        path,
        rate=rate,
        start_seconds=window.start_seconds,
        duration_seconds=window.duration_seconds,
    )


def _neighbours(classifier: Classifier, log_mel: Array) -> tuple[Neighbour, ...]:
    """The remembered tracks that sound most like a window; none where the bundle remembers none."""
    memory = read_memory(classifier.bundle)
    if memory is None:
        return ()
    embedding = memory.embed(memory.feature.from_log_mel(log_mel))
    return tuple(memory.neighbours(embedding, NEIGHBOURS))


def _column_seconds(feature: LogMel) -> float:
    """How long a column lasts."""
    above, below = feature.frames_per_column
    return above / below * feature.hop / feature.rate


def _borders(feature: LogMel) -> Numbers:
    """Where bands meet in Hz: halfway between their centres [shape=(bands + 1,)]."""
    centres = feature.edges[1:-1]
    between = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[feature.f_min], between, [feature.f_max]])


def _part(block: Block, change: float, seconds: Numbers, hz: Numbers) -> Part:
    return Part(
        begin_seconds=float(seconds[block.column]),
        end_seconds=float(seconds[block.column + block.columns]),
        low_hz=float(hz[block.row]),
        high_hz=float(hz[block.row + block.rows]),
        change=change,
    )
