"""A few seconds of a track to hear and to look at: sound, spectrograms, periodogram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from earmark.audio import AudioFile
from earmark.datasets import Track
from earmark.errors import UnreadableFile
from earmark.explore.collection import Collection, Numbers
from earmark.explore.correlation import MOST_LABELS
from earmark.features import Gabor, LinearSpectrogram, LogMel, Periodogram
from earmark.features.base import Array
from earmark.media import RATE, as_mp3, as_png
from earmark.sources import load_feature

SECONDS = 8.0
SECONDS_OF_OUTLIERS = 5.0

GABOR_HZ = 2700.0
"""Up to where Gabor transforms are drawn: beyond is hardly anything on a linear scale."""


@dataclass(frozen=True)
class Picture:
    """A spectrogram as a picture.

    Attributes:
        kind: "mel", "linear" or "gabor".
        png: as a data URI, time to the right and frequency upwards.
        seconds: its length.
        hz: its highest frequency.
    """

    kind: str
    png: str
    seconds: float
    hz: float


@dataclass(frozen=True)
class Example:
    """The most typical track of a label: the one nearest to the mean of all.

    Attributes:
        label: of which.
        row: the track, as a row of the collection.
        mp3: what is heard, as a data URI; None where there is no audio.
        begin_seconds: where in the track that begins.
        pictures: of what is heard; the stored log-mel where there is no audio.
        periodogram: frequencies in Hz and levels in dB [shape=(2, points)]; None without audio.
    """

    label: str
    row: int
    mp3: str | None
    begin_seconds: float
    pictures: Sequence[Picture]
    periodogram: Numbers | None


def find_examples(collection: Collection, ground: Numbers) -> list[Example]:
    """An example of each label, of the largest ones if there are many; none of pictures."""
    labels, codes = collection.labels[:MOST_LABELS], collection.codes
    if not collection.labelled:
        labels, codes = ["all tracks"], np.zeros(len(ground), np.int64)
    found = []
    for code, label in enumerate(labels):
        rows = np.flatnonzero(codes == code)
        gaps = np.linalg.norm(ground[rows] - ground[rows].mean(axis=0), axis=1)
        row = int(rows[gaps.argmin()])
        example = _example(collection, label, row)
        if example is not None:
            found.append(example)
    return found


def excerpt_of(collection: Collection, row: int, seconds: float) -> str | None:
    """The middle of a track as a data URI; None where it cannot be heard."""
    if collection.kind != "audio":
        return None
    try:
        waveform, _ = _middle(collection.tracks[row], seconds)
    except (UnreadableFile, OSError):
        return None
    return as_mp3(waveform)


def _example(collection: Collection, label: str, row: int) -> Example | None:
    track = collection.tracks[row]
    try:
        if collection.kind == "audio":
            waveform, begin = _middle(track, SECONDS)
            drawn, density = _pictures(waveform), _density(waveform)
            return Example(label, row, as_mp3(waveform), begin, drawn, density)
        if collection.kind == "log-mel":
            stored = load_feature(track.path, collection.kind, LogMel())
            seconds = LogMel().seconds_of(stored.shape[1])
            picture = Picture("mel", as_png(1 + stored / 80), seconds, LogMel().f_max)
            return Example(label, row, None, 0.0, [picture], None)
    except (UnreadableFile, OSError, ValueError):
        pass  # it was readable when its feature was extracted; the page goes without it
    return None


def _middle(track: Track, seconds: float) -> tuple[Array, float]:
    """The middle of a track, and where it begins."""
    with AudioFile(track.path) as file:
        whole = file.duration_seconds or track.duration_seconds or 0.0
        begin = max(0.0, (whole - seconds) / 2)
        return file.read(rate=RATE, start_seconds=begin, duration_seconds=seconds), begin


def _pictures(waveform: Array) -> list[Picture]:
    mel = LogMel(frames_per_column=(1, 1))
    linear, gabor = LinearSpectrogram(), Gabor()
    seconds = len(waveform) / RATE
    paired = linear(waveform)[1:].reshape(256, 2, -1).max(axis=1)
    lowest = gabor(waveform)[: round(GABOR_HZ * gabor.n_fft / RATE)]
    return [
        Picture("mel", as_png(1 + mel(waveform) / 80), seconds, mel.f_max),
        Picture("linear", as_png(1 + paired / 80), seconds, RATE / 2),
        Picture("gabor", as_png(np.sqrt(lowest)), seconds, GABOR_HZ),
    ]


def _density(waveform: Array) -> Numbers:
    """The periodogram in steps of a twelfth of an octave [shape=(2, points)]."""
    levels = Periodogram()(waveform).astype(np.float64)
    hz = np.arange(len(levels)) * (RATE / 2 / (len(levels) - 1))
    edges = 30.0 * 2 ** (np.arange(0, 12 * np.log2(RATE / 2 / 30) + 1) / 12)
    step = np.digitize(hz, edges)
    inside = [i for i in range(1, len(edges)) if (step == i).any()]
    power = 10 ** (levels / 10)
    return np.array(
        [
            [hz[step == i].mean() for i in inside],
            [10 * np.log10(power[step == i].mean()) for i in inside],
        ]
    )
