"""Bundle and file in, prediction out: the one inference path that everything in Earmark takes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from earmark.audio import AudioFile
from earmark.bandwidth import read_extension
from earmark.bundle import Bundle, read_bundle
from earmark.errors import BadBundle, UnreadableAudio
from earmark.members import Fed, Panel
from earmark.memory import Memory, Neighbour, read_memory
from earmark.prediction import Prediction, Probabilities, Window

Array = NDArray[np.float32]
WINDOW_SECONDS = 30.0
WINDOWS = 3
SHORTEST_SECONDS = 3.0
_ONE_WINDOW_SECONDS = 31.0  # clips "of 30 s" are often a little longer: one window takes them whole
_TOLERANCE_SECONDS = 0.5  # by how much a container may misstate its length
SILENCE = "silence"
"""Why a track is unknown in which nothing is heard."""

_SILENCE = 1e-4  # largest sample of what counts as silent: −80 dB of full scale
_LONG_SILENCE_TENTHS = 10  # of a second


class Classifier:
    """A model ready to judge.

    Attributes:
        bundle: what it is made of.
        memory: the music that it was made from, where the bundle has that.
        threads: how many windows of a long file, and how many members of a blend, judge at once.

    Example:
        >>> from earmark import Classifier
        >>> classifier = Classifier.load()
        >>> prediction = classifier.predict("examples/album/01 Twelve Bars Late.opus")
        >>> round(sum(prediction.genre.values()), 6)
        1.0
    """

    def __init__(self, bundle: Bundle, *, threads: int = 1, wait: bool = True) -> None:
        """Prepare a bundle; `load` says what it takes."""
        self.bundle = bundle
        self.threads = max(1, threads)
        self._panel = Panel(bundle, threads=self.threads)
        self._extension = read_extension(bundle)
        self.memory = read_memory(bundle)
        if wait:
            self._panel.wait()

    @classmethod
    def load(
        cls,
        path: Path | str | None = None,
        *,
        outputs: Collection[str] | None = None,
        threads: int = 1,
        wait: bool = True,
    ) -> Classifier:
        """The classifier of a bundle's folder, of the default bundle if none is given.

        Args:
            path: the folder.
            outputs: the only ones that are wanted; members that have no say in them are not asked.
            threads: how many windows, and how many members of a blend, judge at once.
            wait: until all models are open. Else threads go on opening them while the first sound
                is decoded, and a model that cannot be opened is told when it is asked.

        Raises:
            BadBundle: the bundle is missing, damaged or foreign, or has not these outputs.
        """
        bundle = read_bundle(None if path is None else Path(path))
        if outputs is not None:
            bundle = bundle.asked(outputs)
        return cls(bundle, threads=threads, wait=wait)

    def labels(self, output: str = "genre") -> tuple[str, ...]:
        """The labels that an output chooses from."""
        return self.bundle.outputs[output].labels

    def predict(self, path: Path | str, *, whole: bool = False) -> Prediction:
        """Judge a file: three windows of 30 s spread over it, or all of it.

        Args:
            path: any audio file, or a video with sound.
            whole: judge every stretch of 30 s instead of three (a last one under 3 s is left out).

        Raises:
            UnreadableAudio: it is missing, not audio, or holds less than 3 s of sound.
        """
        path = Path(path)
        with AudioFile(path) as file:
            stated, cut_short = file.duration_seconds, file.cut_short
            if whole:
                windows, length = self._judge_all(file)
            elif stated is None or stated <= _ONE_WINDOW_SECONDS:
                # One window more than it states, to see whether the container tells the truth.
                windows, length = self._judge_head(file)
                whole = length < _ONE_WINDOW_SECONDS
                stated = stated if whole else None
        if not whole:
            length = stated or _measure(path)
            windows = self._judge_spread(path, length)
            if sum(w.duration_seconds for w in windows) < len(windows) * WINDOW_SECONDS - (
                _TOLERANCE_SECONDS
            ):  # it breaks off: spread the windows over what is there
                length = _measure(path)
                windows = self._judge_spread(path, length)
        try:
            return _combine(windows, length, _warnings(length, stated, cut_short))
        except UnreadableAudio as error:
            raise UnreadableAudio(error.reason, path) from None

    def predict_waveform(self, waveform: Array, rate: int) -> Prediction:
        """Judge samples [shape=(samples,) or (samples, channels)] at `rate` Hz, as `predict` does.

        Raises:
            UnreadableAudio: they are not finite, or last less than 3 s.
            ValueError: the array has another number of dimensions.
        """
        waveform = np.asarray(waveform, np.float32)
        if waveform.ndim not in (1, 2):
            raise ValueError(f"a waveform has one or two dimensions, not {waveform.ndim}")
        if waveform.ndim == 2:
            waveform = waveform.mean(axis=1)
        if not np.isfinite(waveform.sum()):
            raise UnreadableAudio("the waveform holds samples that are not finite numbers")
        if rate != self._rate:
            import soxr

            waveform = soxr.resample(waveform, rate, self._rate, quality="HQ")
        length = len(waveform) / self._rate
        starts, seconds = _spread(length)
        size = round(seconds * self._rate)
        windows = [
            self._judge_window(start, waveform[round(start * self._rate) :][:size])
            for start in starts
        ]
        return _combine(windows, length, ())

    def judge(self, feature: Array) -> dict[str, Probabilities]:
        """Judge one feature, such as [shape=(bands, columns)], of the bundle's own kind.

        The probabilities of its clips are averaged, and those of members pooled. An output that is
        a number stands under its own name.
        """
        return self._answers(self._fed(feature))

    def unknown(self, feature: Array) -> str | None:
        """Why a feature of the bundle's kind is none of music as the model knows it.

        None if it is, or if the bundle has no memory, and so cannot tell.
        """
        return self._reason(self._fed(feature))

    def embed(self, feature: Array) -> Array:
        """A feature of the bundle's kind as a unit vector [shape=(numbers,)].

        The cosine of the angle between two says how alike they sound.

        Raises:
            BadBundle: the bundle has no memory.
        """
        memory = self._remembered()
        return memory.embed(self._fed(feature).derived(memory.feature))

    def neighbours(self, embedding: Array, count: int = 10) -> list[Neighbour]:
        """The remembered tracks that sound most like an embedding, the likest first.

        Raises:
            BadBundle: the bundle has no memory.
        """
        return self._remembered().neighbours(embedding, count)

    @property
    def _rate(self) -> int:
        return self.bundle.feature.rate

    def _judge_window(self, start_seconds: float, waveform: Array) -> Window:
        """Judge one stretch; one that is silent or too short has no outputs."""
        seconds = len(waveform) / self._rate
        heard = without_silence(waveform, self._rate)
        if len(heard) < SHORTEST_SECONDS * self._rate:
            return Window(start_seconds, seconds, {})
        fed = self._fed(self.bundle.feature(heard))
        return Window(start_seconds, seconds, self._answers(fed), self._reason(fed))

    def _fed(self, feature: Array) -> Fed:
        """What the models are fed: the feature, with what is expected in bands that it lacks."""
        if self._extension is not None:
            feature = self._extension(feature)
        return Fed(self.bundle.feature, feature)

    def _answers(self, fed: Fed) -> dict[str, Probabilities]:
        return {
            name: _ranked(dict(zip(self.labels(name), scores.tolist(), strict=True)))
            for name, scores in self._panel.scores(fed).items()
        }

    def _reason(self, fed: Fed) -> str | None:
        if self.memory is None:
            return None
        return self.memory.unknown(fed.derived(self.memory.feature))

    def _remembered(self) -> Memory:
        if self.memory is None:
            raise BadBundle(
                f"{self.bundle.path}: has no memory of music; `earmark remember` gives it one"
            )
        return self.memory

    def _judge_head(self, file: AudioFile) -> tuple[list[Window], float]:
        head = file.read(rate=self._rate, duration_seconds=_ONE_WINDOW_SECONDS)
        return [self._judge_window(0.0, head)], len(head) / self._rate

    def _judge_all(self, file: AudioFile) -> tuple[list[Window], float]:
        windows: list[Window] = []
        samples = 0
        for block in _regrouped(file.blocks(rate=self._rate), round(WINDOW_SECONDS * self._rate)):
            windows.append(self._judge_window(samples / self._rate, block))
            samples += len(block)
        return windows, samples / self._rate

    def _judge_spread(self, path: Path, length: float) -> list[Window]:
        starts, seconds = _spread(length)

        def judge(start: float) -> Window:
            with AudioFile(path) as file:
                waveform = file.read(rate=self._rate, start_seconds=start, duration_seconds=seconds)
            return self._judge_window(start, waveform)

        return _map(judge, starts, self.threads)


def without_silence(waveform: Array, rate: int) -> Array:
    """A waveform [shape=(samples,)] without its long silences; where it has none, that very array.

    The gaps between the tracks of a mix are no music, nor is what surrounds them beeps.
    """
    silences = long_silences(waveform, rate)
    if not silences:
        return waveform
    kept = np.ones(len(waveform), bool)
    for silence in silences:
        kept[silence] = False
    return waveform[kept]


def long_silences(waveform: Array, rate: int) -> list[slice]:
    """The samples of each silence in a waveform [shape=(samples,)] of about a second and longer.

    It is looked at by tenths of a second, the last of which may be shorter.
    """
    tenth = max(1, rate // 10)
    starts = np.arange(0, len(waveform), tenth)
    if not len(starts):
        return []
    silent = np.maximum.reduceat(np.abs(waveform), starts) <= _SILENCE
    runs = np.flatnonzero(np.diff(silent.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    return [
        slice(int(a) * tenth, min(int(b) * tenth, len(waveform)))
        for a, b in runs
        if b - a >= _LONG_SILENCE_TENTHS
    ]


def _spread(length_seconds: float) -> tuple[list[float], float]:
    """Where the windows of a track of that length begin, and how long they are, in seconds."""
    if length_seconds <= _ONE_WINDOW_SECONDS:
        return [0.0], _ONE_WINDOW_SECONDS
    step = (length_seconds - WINDOW_SECONDS) / (WINDOWS - 1)
    return [step * i for i in range(WINDOWS)], WINDOW_SECONDS


def _measure(path: Path) -> float:
    """Length in seconds of what can be decoded of a file, by decoding it."""
    with AudioFile(path) as file:
        return sum(len(block) for block in file.blocks(rate=file.rate)) / file.rate


def _regrouped(blocks: Iterator[Array], size: int) -> Iterator[Array]:
    """The same samples in blocks of exactly `size`, but for the last."""
    held: list[Array] = []
    have = 0
    for block in blocks:
        held.append(block)
        have += len(block)
        while have >= size:
            joined = np.concatenate(held)
            yield joined[:size]
            held = [joined[size:]]
            have -= size
    if have:
        yield np.concatenate(held)


def _warnings(length: float, stated: float | None, cut_short: bool) -> tuple[str, ...]:
    if stated is not None and length < stated - _TOLERANCE_SECONDS:
        return (f"breaks off after {length:.1f} s, although it states {stated:.1f} s",)
    if cut_short:
        return (f"seems cut short: its end is missing after {length:.1f} s",)
    return ()


def _combine(
    windows: Sequence[Window], length_seconds: float, warnings: tuple[str, ...]
) -> Prediction:
    """One prediction of all windows, each weighing as much as it lasts."""
    if length_seconds == 0:
        raise UnreadableAudio("no sound could be decoded; it is damaged or not audio")
    if length_seconds < SHORTEST_SECONDS:
        raise UnreadableAudio(
            f"lasts {length_seconds:.2g} s; at least {SHORTEST_SECONDS:g} s are needed"
        )
    heard = [window for window in windows if window.outputs]
    if not heard:
        return Prediction(length_seconds, {}, (), warnings, SILENCE)
    silent = sum(w.duration_seconds >= SHORTEST_SECONDS for w in windows) - len(heard)
    if silent:
        warnings += (f"{silent} of {len(windows)} windows are silent and were not judged",)
    unknown = _commonest_reason(heard)
    believed = heard if unknown else [window for window in heard if window.unknown is None]
    total = sum(window.duration_seconds for window in believed)
    outputs = {}
    for name, labels in believed[0].outputs.items():
        mean = {
            label: sum(w.outputs[name][label] * w.duration_seconds for w in believed) / total
            for label in labels
        }
        outputs[name] = _ranked(mean)
    return Prediction(length_seconds, outputs, tuple(heard), warnings, unknown)


def _commonest_reason(heard: Sequence[Window]) -> str | None:
    """Why most of what was heard is unknown, by its length; None if half of it is known."""
    seconds: dict[str | None, float] = {None: 0.0}
    for window in heard:
        seconds[window.unknown] = seconds.get(window.unknown, 0.0) + window.duration_seconds
    if 2 * seconds.pop(None) >= sum(window.duration_seconds for window in heard):
        return None
    return max(seconds, key=lambda reason: seconds[reason])


def _ranked(probabilities: Mapping[str, float]) -> Probabilities:
    return dict(sorted(probabilities.items(), key=lambda item: -item[1]))


def _map(function: Callable[[float], Window], items: Sequence[float], threads: int) -> list[Window]:
    """Apply to all, in order, on some threads where more than one are wanted."""
    if threads == 1 or len(items) == 1:
        return [function(item) for item in items]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(threads, len(items))) as pool:
        return list(pool.map(function, items))
