"""The timeline: change points found in joined real music, and three hours in flat memory.

python benchmarks/timeline.py EMOTIFY [--model BUNDLE] [--choose] [--json]

EMOTIFY is the data set's folder. Its clips are joined into two mixes whose borders are known:
`clips` has another clip every 12 to 30 s; in `artists` one to four clips of each artist follow each
other with no border between them. Artists whom the model has met are left out, as far as its bundle
says. The others are halved: `--choose` tries windows and prices on one half, by which those of
`earmark.timeline` were chosen; without it the other half is judged, against cutting wherever the
likeliest genre changes, which is theirs; ratios of shares are ours / theirs.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, groupby, pairwise
from pathlib import Path
from statistics import median
from typing import Any

from earmark import Classifier, load_audio
from earmark.datasets import Track
from earmark.datasets.emotify import Emotify
from earmark.evaluation.acquaintance import unmet
from earmark.prediction import Window
from earmark.timeline import (
    PRICE,
    STEP_SECONDS,
    WINDOW_SECONDS,
    beliefs,
    change_points,
    judge_step,
    windows_around,
)
from pairs import Row, main_with, row  # first: one thread each, before numpy
from processes import process

CLIPS = 100  # in each mix
TOLERANCE_SECONDS = 10
WINDOWS = (5, 15, 25)
PRICES = (1.0, 1.4, 2.0, 2.8)


@dataclass(frozen=True)
class Mix:
    """Joined music [shape=(samples,)], where its pieces meet, and what genre each has."""

    name: str
    waveform: Any
    borders: list[float]
    genres: list[str]


@dataclass(frozen=True)
class Found:
    """How good some change points are: within 10 s of a border, each border counted once."""

    mix: str
    window_seconds: int
    price: float | None  # None: cut wherever the likeliest genre changes
    borders: int
    found: int
    precision: float
    recall: float
    recall_of_genre_changes: float
    median_error_seconds: float

    @property
    def f_measure(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.precision * self.recall / max(self.precision + self.recall, 1e-9)


def measure(wanted: argparse.Namespace) -> list[Row]:
    classifier = Classifier.load(wanted.model)
    known = Emotify(wanted.emotify).tracks()
    tracks = unmet(known, classifier.bundle.manifest)
    print(f"{len(known) - len(tracks)} of {len(known)} tracks are met, left out", file=sys.stderr)
    if not tracks:
        sys.exit("all tracks are met: say another --model, that has not learnt from Emotify")
    chosen = [track for track in tracks if _half(track) == (not wanted.choose)]
    rows: list[Row] = []
    for mix in (join("clips", chosen, classifier), join("artists", chosen, classifier)):
        if wanted.choose:
            choose(mix, classifier)
            continue
        steps = judge(mix, classifier, WINDOW_SECONDS)
        ours, theirs = (score(mix, steps, classifier, WINDOW_SECONDS, p) for p in (PRICE, None))
        print(f"{ours}\n{theirs}", file=sys.stderr)
        for name in ("precision", "recall", "f_measure"):
            better, worse = getattr(ours, name), getattr(theirs, name)
            what = f"change points of {mix.name}: {name.replace('_', '-')}"
            target = 1.0 if name == "f_measure" else 0.0
            ratio = round(better / max(worse, 1e-9), 2)
            rows.append(Row(what, round(better, 3), round(worse, 3), ratio, "share", target))
    return rows if wanted.choose else [*rows, *memory(classifier, chosen, wanted.model)]


def choose(mix: Mix, classifier: Classifier) -> None:
    """Try windows and prices."""
    for window in WINDOWS:
        steps = judge(mix, classifier, window)
        for price in PRICES:
            print(score(mix, steps, classifier, window, price), file=sys.stderr)


def join(name: str, tracks: Sequence[Track], classifier: Classifier) -> Mix:
    """Clips one after the other, by artists in random order."""
    rng = random.Random(name)
    pool = sorted(tracks, key=lambda track: (track.artist or "", track.labels["genre"], track.id))
    pieces = [list(group) for _, group in groupby(pool, lambda t: (t.artist, t.labels["genre"]))]
    if name == "clips":
        pieces = [[track] for piece in pieces for track in piece]
    rng.shuffle(pieces)
    waveforms, borders, genres = [], [], []
    rate = classifier.bundle.feature.rate
    seconds = clips = 0.0
    for piece in pieces:
        if clips >= CLIPS:
            break
        for track in piece[:4]:
            length = rng.uniform(12, 30)
            waveforms.append(load_audio(track.path, rate=rate, duration_seconds=length))
            seconds, clips = seconds + len(waveforms[-1]) / rate, clips + 1
        borders.append(seconds)
        genres.append(piece[0].labels["genre"])
    import numpy as np

    return Mix(name, np.concatenate(waveforms), borders[:-1], genres)


def judge(mix: Mix, classifier: Classifier, window_seconds: int) -> list[Window]:
    """What the model says of each step, heard through a window of that length."""
    rate = classifier.bundle.feature.rate
    windows = windows_around([mix.waveform], step=STEP_SECONDS * rate, size=window_seconds * rate)
    return [judge_step(classifier, a / rate, (b - a) / rate, sound) for a, b, sound in windows]


def score(
    mix: Mix, steps: Sequence[Window], classifier: Classifier, window: int, price: float | None
) -> Found:
    """Hold change points to the borders; pairs of the two are made by the least distance."""
    if price is None:
        likeliest = [next(iter(step.outputs.get("genre", {"": 1}))) for step in steps]
        cuts = [i + 1 for i, (a, b) in enumerate(pairwise(likeliest)) if a != b]
    else:
        outputs = classifier.bundle.outputs.items()
        classes = [name for name, output in outputs if output.kind == "classes"]
        cuts = change_points(beliefs(steps, classes), price)
    found = dict(_pairs([steps[cut].start_seconds for cut in cuts], mix.borders))
    changing = [b for b, (x, y) in zip(mix.borders, pairwise(mix.genres), strict=True) if x != y]
    return Found(
        mix=mix.name,
        window_seconds=window,
        price=price,
        borders=len(mix.borders),
        found=len(cuts),
        precision=round(len(found) / max(1, len(cuts)), 3),
        recall=round(len(found) / len(mix.borders), 3),
        recall_of_genre_changes=round(sum(b in found for b in changing) / len(changing), 3),
        median_error_seconds=round(median(found.values()), 2) if found else float("nan"),
    )


def memory(classifier: Classifier, tracks: Sequence[Track], model: Path | None) -> list[Row]:
    """Whole processes: `earmark tag --timeline` over ten minutes and over three hours."""
    import soundfile

    rate = classifier.bundle.feature.rate
    clips = [load_audio(track.path, rate=rate) for track in tracks[:CLIPS]]
    taken: dict[int, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for minutes in (10, 180):
            path = Path(folder) / f"{minutes}.flac"
            with soundfile.SoundFile(path, "w", rate, 1) as file:
                for clip in cycle(clips):
                    file.write(clip[: minutes * 60 * rate - file.frames])
                    if file.frames == minutes * 60 * rate:
                        break
            options = [] if model is None else ["--model", str(model)]
            command = [sys.executable, "-m", "earmark", "tag", str(path), "--timeline", *options]
            taken[minutes] = process([*command, "--format", "csv"])
    (short, little), (long, much) = taken.values()
    return [
        row("peak memory, three hours against ten minutes", much, little, "MiB", 0.8),
        row("time, three hours against eighteen times ten minutes", long, 18 * short, "s", 0.9),
        row("time, three hours against listening to it", long, 180 * 60, "s", 0),
    ]


def _half(track: Track) -> bool:
    return hashlib.sha256((track.artist or "").encode()).digest()[0] % 2 == 0


def _pairs(points: Sequence[float], borders: Sequence[float]) -> Iterator[tuple[float, float]]:
    """(border, error) of those that have a point of their own near them."""
    near = sorted((abs(p - b), p, b) for p in points for b in borders)
    taken: set[tuple[str, float]] = set()
    for error, point, border in near:
        if error > TOLERANCE_SECONDS:
            return
        if taken.isdisjoint({("point", point), ("border", border)}):
            taken |= {("point", point), ("border", border)}
            yield border, error


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Change points in joined real music.")
    parser.add_argument("emotify", type=Path)
    parser.add_argument("--model", type=Path, help="folder of a bundle; the built-in one if none")
    parser.add_argument("--choose", action="store_true", help="try windows and prices")
    main_with(parser, measure)
