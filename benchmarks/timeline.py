"""The timeline: change points found in joined real music, and three hours in flat memory.

python benchmarks/timeline.py EMOTIFY [--model BUNDLE] [--choose] [--json]

EMOTIFY is the data set's folder. Its clips are joined into two mixes whose borders are known:
`clips` has another clip every 12 to 30 s; in `artists` one to four clips of each artist follow each
other with no border between them. Artists whom the model has met are left out, as far as its bundle
says. The others are halved: `--choose` tries windows and prices on one half, by which those of
`earmark.timeline` were chosen; without it the other half is judged, against cutting wherever the
likeliest genre changes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle, groupby, pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pairs  # noqa: F401  (one thread each: before numpy)
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
class Row:
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


def main() -> None:
    parser = argparse.ArgumentParser(description="Change points in joined real music.")
    parser.add_argument("emotify", type=Path)
    parser.add_argument("--model", type=Path, help="folder of a bundle; the built-in one if none")
    parser.add_argument("--choose", action="store_true", help="try windows and prices")
    parser.add_argument("--json", action="store_true", help="print one JSON object per row")
    wanted = parser.parse_args()
    classifier = Classifier.load(wanted.model)
    known = Emotify(wanted.emotify).tracks()
    tracks = unmet(known, classifier.bundle.manifest)
    print(f"{len(known) - len(tracks)} of {len(known)} tracks are met, left out", file=sys.stderr)
    chosen = [track for track in tracks if _half(track) == (not wanted.choose)]
    for mix in (join("clips", chosen, classifier), join("artists", chosen, classifier)):
        for window in WINDOWS if wanted.choose else (WINDOW_SECONDS,):
            steps = judge(mix, classifier, window)
            for price in PRICES if wanted.choose else (PRICE, None):
                _print(score(mix, steps, classifier, window, price), wanted.json)
    if not wanted.choose:
        measure_memory(classifier, chosen, wanted.model, wanted.json)


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
) -> Row:
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
    return Row(
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


def measure_memory(
    classifier: Classifier, tracks: Sequence[Track], model: Path | None, as_json: bool
) -> None:
    """Whole processes: `earmark tag --timeline` over ten minutes and over three hours."""
    import soundfile

    rate = classifier.bundle.feature.rate
    clips = [load_audio(track.path, rate=rate) for track in tracks[:CLIPS]]
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
            taken, mebibytes = process([*command, "--format", "csv"])
            about = {
                "minutes": minutes,
                "peak_mib": round(mebibytes),
                "times_real_time": round(minutes * 60 / taken),
            }
            print(json.dumps(about) if as_json else "  ".join(f"{k} {v}" for k, v in about.items()))


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


def _print(row: Row, as_json: bool) -> None:
    about = asdict(row)
    print(json.dumps(about) if as_json else "  ".join(f"{k} {v}" for k, v in about.items()))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
