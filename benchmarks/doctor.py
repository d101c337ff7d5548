"""The data doctor's fingerprint: what it finds of planted copies, what it takes for one wrongly.

python benchmarks/doctor.py [--json]

Copies are planted of real recordings (Emotify, and GTZAN's audio) and looked for among all of them.
The fingerprint's settings were chosen with copies of Emotify's tracks of even number; the report
plants copies of those of odd number and of GTZAN's audio only. Strangers are pairs of tracks by
different artists; they are counted between originals, and between copies and originals. (Pairs of
originals were looked at when the threshold was chosen.)

In rows of copies, `ours` is how many are found, `theirs` how many were planted, and the ratio is
recall; in the row of strangers they are the pairs taken for copies and all pairs, and the ratio is
precision.

Scaling is shown on stored log-mels of all data sets, each moved by bands, stretched and maybe
reversed, so that it is a stranger to what it was made of; one in twenty has a copy.
"""

from __future__ import annotations

import csv
import io
import os
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import av
import numpy as np
import soxr
from numpy.typing import NDArray

from earmark import load_audio
from earmark.doctor.fingerprint import Fingerprint, take_fingerprint
from earmark.doctor.matching import SAME_RECORDING, find_matches
from earmark.features import LogMel
from earmark.features.log_mel_image import read_log_mel_image
from pairs import Row, main, row

Array = NDArray[np.float32]

DATA = Path(os.environ.get("EARMARK_DATA", Path(__file__).parents[2] / "shared" / "data"))
RATE = 22050
EXCERPT = 10 * RATE
PER_KIND = 40
SCALES = (1_000, 10_000)


@dataclass(frozen=True)
class Item:
    """A recording or a planted copy of one; copies have a kind."""

    source: str
    artist: str
    fingerprint: Fingerprint
    kind: str | None = None


def measure() -> list[Row]:
    if not (DATA / "emotify").is_dir():
        sys.exit(f"no recordings at {DATA}; say where they are with EARMARK_DATA")
    return [*recognition(np.random.default_rng(0)), *scaling(np.random.default_rng(1))]


def recognition(random: np.random.Generator) -> Iterable[Row]:
    """Plant copies, look for them, and count."""
    items = []
    held_out = {}
    for path, artist, may_be_copied in _recordings():
        waveform = load_audio(path, rate=RATE)
        items.append(Item(f"{path.parent.name}/{path.name}", artist, _of_sound(waveform)))
        if may_be_copied:
            held_out[path] = artist
    for kind, change in KINDS.items():
        for index in random.choice(len(held_out), PER_KIND, replace=False):
            path, artist = list(held_out.items())[index]
            copy = change(load_audio(path, rate=RATE), random)
            items.append(Item(f"{path.parent.name}/{path.name}", artist, _of_sound(copy), kind))
    yield from _judge(items)


def _judge(items: Sequence[Item]) -> Iterable[Row]:
    """Rows of what was found, against what is known of the items."""
    scores: dict[int, float] = {}
    strangers = []
    for match in find_matches([item.fingerprint for item in items], threshold=0.0):
        one, other = items[match.first], items[match.second]  # copies stand behind originals
        if one.source == other.source:
            if one.kind is None and other.kind is not None:
                scores[match.second] = match.score
        elif one.artist != other.artist and one.kind is None:
            strangers.append(match.score)
    for kind in KINDS:
        planted = [i for i, item in enumerate(items) if item.kind == kind]
        yield _recall(kind, [scores.get(i, 0.0) for i in planted])
    copies = [i for i, item in enumerate(items) if item.kind is not None]
    yield _recall("all of them", [scores.get(i, 0.0) for i in copies])
    found = sum(score >= SAME_RECORDING for score in scores.values())
    wrong = sum(score >= SAME_RECORDING for score in strangers)
    originals = [item for item in items if item.kind is None]
    pairs = sum(
        one.artist != other.artist
        for i, other in enumerate(items)
        for one in originals[: min(i, len(originals))]
    )
    name = "pairs by different artists taken for copies"
    yield Row(name, wrong, pairs, round(found / (found + wrong), 4), "pairs", 0.99)


def _recall(kind: str, scores: Sequence[float]) -> Row:
    found = sum(score >= SAME_RECORDING for score in scores)
    name = f"copies found: {kind} (lowest score {min(scores):.2f})"
    return Row(name, found, len(scores), round(found / len(scores), 4), "copies", 0.95)


def scaling(random: np.random.Generator) -> Iterable[Row]:
    """Time and memory of finding all pairs, in turn; the larger collection against the smaller.

    Time is the processor's, so that others on the machine change it little.
    """
    folders = [DATA / name for name in ("gtzan-mel", "quadrants-mel")]
    images = [read_log_mel_image(path) for f in folders for path in sorted(f.rglob("*.png"))]
    small, large = (_crowd(images, size, random) for size in SCALES)
    seconds: dict[int, list[float]] = {size: [] for size in SCALES}
    for crowd in (small, large, small):
        start = time.process_time()
        found = find_matches(crowd)
        seconds[len(crowd)].append(time.process_time() - start)
    peaks = {}
    for crowd in (small, large):
        tracemalloc.start()
        found = find_matches(crowd)
        peaks[len(crowd)] = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        planted = {(i, i + 1) for i in range(0, len(crowd), 20)}
        hits = len(planted & {(match.first, match.second) for match in found})
        name = f"copies found among {len(crowd):,} items"
        yield Row(name, hits, len(planted), round(hits / len(planted), 4), "copies", 0.95)
    times = [float(np.mean(seconds[size])) for size in SCALES]
    growth = SCALES[1] // SCALES[0]
    yield row(
        f"all pairs of {SCALES[1]:,} items, against {growth}² times that of {SCALES[0]:,}",
        times[1],
        growth**2 * times[0],
        "s",
        1,
    )
    yield row(
        f"its peak memory, against {growth} times that of {SCALES[0]:,}",
        peaks[SCALES[1]],
        growth * peaks[SCALES[0]],
        "MiB",
        0.8,
    )


def _crowd(images: Sequence[Array], size: int, random: np.random.Generator) -> list[Fingerprint]:
    """Fingerprints of strangers made of real log-mels; every twentieth is followed by its copy."""
    crowd: list[Fingerprint] = []
    while len(crowd) < size:
        log_mel = images[int(random.integers(len(images)))]
        log_mel = np.roll(log_mel, random.integers(8, 120), axis=0)
        columns = np.arange(0, log_mel.shape[1] - 1, random.uniform(0.6, 1.6)).astype(np.intp)
        stranger = log_mel[:, columns[:: random.choice((-1, 1))]]
        if len(crowd) % 20 == 0:
            crowd.append(take_fingerprint(stranger))
            noise = random.normal(0, 2, stranger.shape).astype(np.float32)
            stranger = (stranger + noise)[:, random.integers(5, 60) :]
        crowd.append(take_fingerprint(stranger))
    return crowd


def _recordings() -> Iterable[tuple[Path, str, bool]]:
    """Path and artist of each recording, and whether copies of it are planted."""
    with (DATA / "emotify" / "labels.csv").open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            yield DATA / "emotify" / row["path"], row["artist"], number % 2 == 1
    with (DATA / "gtzan-meta" / "tracks.csv").open(encoding="utf-8", newline="") as file:
        artists = {row["track"]: row["artist"] or row["track"] for row in csv.DictReader(file)}
    with (DATA / "gtzan-audio" / "index.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield DATA / "gtzan-audio" / row["path"], artists[row["track"]], True


def _of_sound(waveform: Array) -> Fingerprint:
    return take_fingerprint(LogMel()(waveform))


def _excerpt(waveform: Array, random: np.random.Generator) -> Array:
    start = random.integers(0, len(waveform) - EXCERPT)
    return waveform[start : start + EXCERPT]


def _speed(waveform: Array, factor: float) -> Array:
    """Played faster by a factor, the pitch with it."""
    changed: Array = soxr.resample(waveform, round(RATE * factor), RATE)
    return changed


def _gain(waveform: Array, decibels: float) -> Array:
    changed: Array = np.clip(waveform * np.float32(10 ** (decibels / 20)), -1, 1)
    return changed


def _mp3(waveform: Array) -> Array:
    return _encoded(waveform, 44_100, "libmp3lame", "mp3")


def _opus(waveform: Array) -> Array:
    return _encoded(waveform, 48_000, "libopus", "ogg")


def _encoded(waveform: Array, rate: int, codec: str, container: str) -> Array:
    """There and back through an encoder at 64 kbit/s."""
    samples = soxr.resample(waveform, RATE, rate).astype(np.float32).reshape(1, -1)
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream: Any = out.add_stream(codec, rate=rate, layout="mono")
        stream.bit_rate = 64_000
        frame = av.AudioFrame.from_ndarray(samples, format="flt", layout="mono")
        frame.rate, frame.pts = rate, 0
        size = stream.codec_context.frame_size or None
        resampler = av.AudioResampler(stream.format.name, "mono", rate, frame_size=size)
        for part in resampler.resample(frame):
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, "r") as back:
        planar = av.AudioResampler("flt", "mono", RATE)
        parts = [p for frame in back.decode(audio=0) for p in planar.resample(frame)]
        parts += planar.resample(None)
    return np.concatenate([part.to_ndarray()[0] for part in parts])


Change = Callable[[Array, np.random.Generator], Array]
KINDS: dict[str, Change] = {
    "excerpt of 10 s": _excerpt,
    "mp3, 64 kbit/s": lambda x, _: _mp3(x),
    "opus, 64 kbit/s": lambda x, _: _opus(x),
    "gain -12 dB": lambda x, _: _gain(x, -12),
    "gain +6 dB, clipped": lambda x, _: _gain(x, 6),
    "speed +2 %": lambda x, _: _speed(x, 1.02),
    "speed -2 %": lambda x, _: _speed(x, 0.98),
    "excerpt, mp3": lambda x, r: _mp3(_excerpt(x, r)),
    "excerpt, speed +2 %": lambda x, r: _speed(_excerpt(x, r), 1.02),
    "excerpt, speed -2 %": lambda x, r: _speed(_excerpt(x, r), 0.98),
    "excerpt, speed -2 %, +6 dB, opus": lambda x, r: _opus(_gain(_speed(_excerpt(x, r), 0.98), 6)),
}


if __name__ == "__main__":
    main("The data doctor's fingerprint.", measure)
