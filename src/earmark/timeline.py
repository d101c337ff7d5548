"""A track's genre and mood every few seconds, and where they change.

The file is read once, in blocks, and each step of a few seconds is judged by the window around it,
so that memory does not grow with the length of the sound. The steps are then cut into segments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from earmark.audio import AudioFile
from earmark.classifier import SHORTEST_SECONDS, SILENCE, Classifier
from earmark.errors import UnreadableAudio
from earmark.prediction import Probabilities, Timeline, Window

Array = NDArray[np.float32]
Matrix = NDArray[np.float64]
Step = tuple[int, int, Array]  # its first sample, the one after its last, the window around it
STEP_SECONDS = 5
WINDOW_SECONDS = 15  # what a step is judged by: itself, and as much on both sides of it
PRICE = 1.4  # of a change point, in nats; chosen by trial (benchmarks/timeline.py --choose)


def judge_timeline(classifier: Classifier, path: Path | str) -> Timeline:
    """Judge a file every five seconds, and say where the music changes.

    Args:
        classifier: what judges.
        path: any audio file of any length, or a video with sound.

    Raises:
        UnreadableAudio: it is missing, not audio, or holds less than 3 s of sound.

    Example:
        >>> from earmark import Classifier, judge_timeline
        >>> piece = "examples/album/01 Twelve Bars Late.opus"
        >>> timeline = judge_timeline(Classifier.load(), piece)
        >>> [step.start_seconds for step in timeline.steps]
        [0.0, 5.0, 10.0, 15.0, 20.0, 25.0]
    """
    path = Path(path)
    rate = classifier.bundle.feature.rate

    def judged(step: Step) -> Window:
        start, end, waveform = step
        return judge_step(classifier, start / rate, (end - start) / rate, waveform)

    with AudioFile(path) as file:
        blocks = file.blocks(rate=rate)
        windows = windows_around(blocks, step=STEP_SECONDS * rate, size=WINDOW_SECONDS * rate)
        steps = list(_mapped(judged, windows, classifier.threads))
    length = sum(step.duration_seconds for step in steps)
    if length < SHORTEST_SECONDS:
        reason = f"lasts {length:.2g} s; at least {SHORTEST_SECONDS:g} s are needed"
        raise UnreadableAudio(reason, path)
    if not any(step.outputs for step in steps):
        return Timeline(tuple(steps), (_segment(steps),))
    classes = [
        name for name, output in classifier.bundle.outputs.items() if output.kind == "classes"
    ]
    borders = [0, *change_points(beliefs(steps, classes), PRICE), len(steps)]
    return Timeline(tuple(steps), tuple(_segment(steps[a:b]) for a, b in pairwise(borders)))


def windows_around(blocks: Iterable[Array], *, step: int, size: int) -> Iterator[Step]:
    """Cut a waveform that arrives in blocks into steps, each with the window around it.

    Args:
        blocks: the samples.
        step: samples per step; the last may be shorter.
        size: samples per window, by an even number more than `step`. Steps at either end have the
            first or last window that fits; a shorter waveform is one window.

    Yields:
        First sample of a step, the one after its last, and its window [shape=(size,)].
    """
    margin = (size - step) // 2
    held = np.empty(0, np.float32)
    start = first = 0  # first sample of the next step, and of what is held
    for block in blocks:
        held = np.concatenate([held, block])
        while first + len(held) >= max(size, start + step + margin):
            begin = max(0, start - margin)
            held, first = held[begin - first :], begin
            yield start, start + step, held[:size]
            start += step
    end = first + len(held)
    for last in range(start, end, step):
        yield last, min(last + step, end), held[-size:]


def beliefs(steps: Sequence[Window], outputs: Sequence[str]) -> list[Matrix]:
    """What the steps give for each output, as rows [shape=(steps, labels + 1)] that add up to 1.

    The last column is 1 for steps of which the model does not know what they are, and 0 else.
    """
    judged = next(step for step in steps if step.outputs)
    rows = []
    for name in outputs:
        labels = list(judged.outputs[name])
        array = np.zeros((len(steps), len(labels) + 1))
        for row, step in zip(array, steps, strict=True):
            if step.unknown is None:
                row[:-1] = [step.outputs[name][label] for label in labels]
            else:
                row[-1] = 1
        rows.append(array)
    return rows


def change_points(beliefs: Sequence[Matrix], price: float) -> list[int]:
    """The steps at which to cut, so that segments and borders together cost least.

    A segment costs what its mean leaves open: per step and output, the entropy of the mean in nats
    (a categorical likelihood whose counts are probabilities), averaged over the outputs. A border
    costs `price`. The best of all ways to cut is found exactly, in a time that grows with the
    number of steps, by PELT: Killick, Fearnhead and Eckley 2012, "Optimal detection of
    changepoints with a linear computational cost". Its constant K is 0, since entropy is concave:
    cutting a segment never makes it dearer.

    Args:
        beliefs: per output, rows of probabilities [shape=(steps, labels)]; without any there are
            no change points.
        price: of a border, in nats.
    """
    if not beliefs:
        return []
    columns = np.concatenate(beliefs, axis=1)
    sums = np.concatenate([np.zeros((1, columns.shape[1])), columns.cumsum(axis=0)])
    total = np.zeros(len(sums))  # least cost of everything up to a step, with one border too many
    before = np.zeros(len(sums), int)  # where the last segment up to it begins
    starts = np.zeros(1, int)
    for end in range(1, len(sums)):
        shares = np.maximum(sums[end] - sums[starts], 1e-12)
        entropy = -(shares * np.log(shares / (end - starts)[:, None])).sum(axis=1)
        costs = total[starts] + entropy / len(beliefs)
        best = costs.argmin()
        total[end], before[end] = costs[best] + price, starts[best]
        starts = np.append(starts[costs <= total[end]], end)
    borders = []
    end = before[-1]
    while end > 0:
        borders.append(int(end))
        end = before[end]
    return borders[::-1]


def _mapped(
    function: Callable[[Step], Window], items: Iterator[Step], threads: int
) -> Iterator[Window]:
    """Apply to all, in order, on some threads; no more than a few items are held at once."""
    if threads == 1:
        yield from map(function, items)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(threads) as pool:
        while batch := list(islice(items, 2 * threads)):
            yield from pool.map(function, batch)


def judge_step(classifier: Classifier, start: float, seconds: float, waveform: Array) -> Window:
    """What a classifier says of a step by the window around it."""
    try:
        prediction = classifier.predict_waveform(waveform, classifier.bundle.feature.rate)
    except UnreadableAudio:
        return Window(start, seconds, {}, SILENCE)
    return Window(start, seconds, prediction.outputs, prediction.unknown)


def _segment(steps: Sequence[Window]) -> Window:
    """Neighbouring steps as one: their mean, or why most of them are unknown."""
    start = steps[0].start_seconds
    seconds = sum(step.duration_seconds for step in steps)
    known = [step for step in steps if step.unknown is None]
    if 2 * len(known) >= len(steps):
        return Window(start, seconds, _mean(known))
    reasons = Counter(step.unknown for step in steps if step.unknown is not None)
    heard = [step for step in steps if step.outputs]
    return Window(start, seconds, _mean(heard), reasons.most_common(1)[0][0])


def _mean(steps: Sequence[Window]) -> dict[str, Probabilities]:
    """Mean of the steps' outputs, the highest first; nothing of no steps."""
    outputs = {}
    for name, labels in steps[0].outputs.items() if steps else ():
        mean = {k: sum(step.outputs[name][k] for step in steps) / len(steps) for k in labels}
        outputs[name] = dict(sorted(mean.items(), key=lambda item: -item[1]))
    return outputs
