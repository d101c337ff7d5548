"""The data doctor's fingerprint: what it finds of planted copies, what it takes for one wrongly.

python benchmarks/doctor.py [--json]

Copies are planted of real recordings (Emotify, and GTZAN's audio) and looked for among all of them.
The fingerprint's settings were chosen with copies of Emotify's tracks of even number; the report
plants copies of those of odd number and of GTZAN's audio only. Strangers are pairs of tracks by
different artists; they are counted between originals, and between copies and originals. (Pairs of
originals were looked at when the threshold was chosen.)

Scaling is shown on stored log-mels of all data sets, each moved by bands, stretched and maybe
reversed, so that it is a stranger to what it was made of; one in twenty has a copy.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="The data doctor's fingerprint.")
    parser.add_argument("--json", action="store_true", help="print one JSON object per row")
    wanted = parser.parse_args()
    if not (DATA / "emotify").is_dir():
        sys.exit(f"no recordings at {DATA}; say where they are with EARMARK_DATA")
    for row in (*recognition(np.random.default_rng(0)), *scaling(np.random.default_rng(1))):
        print(json.dumps(row) if wanted.json else _as_text(row), flush=True)


def recognition(random: np.random.Generator) -> Iterable[dict[str, Any]]:
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


def _judge(items: Sequence[Item]) -> Iterable[dict[str, Any]]:
    """Rows of what was found, against what is known of the items."""
    scores: dict[int, float] = {}
    strangers, relatives = [], set()
    for match in find_matches([item.fingerprint for item in items], threshold=0.0):
        one, other = items[match.first], items[match.second]  # copies stand behind originals
        if one.source == other.source:
            if one.kind is None and other.kind is not None:
                scores[match.second] = match.score
        elif one.artist != other.artist and one.kind is None:
            strangers.append(match.score)
        elif one.artist == other.artist and match.score >= SAME_RECORDING:
            relatives.add(tuple(sorted((one.source, other.source))))
    for kind in KINDS:
        planted = [i for i, item in enumerate(items) if item.kind == kind]
        yield _recall(kind, [scores.get(i, 0.0) for i in planted])
    copies = [i for i, item in enumerate(items) if item.kind is not None]
    yield _recall("all of them", [scores.get(i, 0.0) for i in copies])
    found = sum(score >= SAME_RECORDING for score in scores.values())
    wrong = sum(score >= SAME_RECORDING for score in strangers)
    originals = [item for item in items if item.kind is None]
    yield {
        "row": "strangers",
        "pairs": sum(
            one.artist != other.artist
            for i, other in enumerate(items)
            for one in originals[: min(i, len(originals))]
        ),
        "wrong": wrong,
        "precision": round(found / (found + wrong), 4),
        "scores_above_0.25": len(strangers),
    }
    yield {"row": "same artist, two tracks, yet found", "pairs": sorted(relatives)}


def _recall(kind: str, scores: Sequence[float]) -> dict[str, Any]:
    found = [score for score in scores if score >= SAME_RECORDING]
    return {
        "row": "planted",
        "kind": kind,
        "planted": len(scores),
        "found": len(found),
        "recall": round(len(found) / len(scores), 4),
        "lowest_score": round(min(scores), 3),
        "median_score": round(float(np.median(scores)), 3),
    }


def scaling(random: np.random.Generator) -> Iterable[dict[str, Any]]:
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
    for crowd in (small, large):
        tracemalloc.start()
        found = find_matches(crowd)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        planted = {(i, i + 1) for i in range(0, len(crowd), 20)}
        yield {
            "row": "scaling",
            "items": len(crowd),
            "cpu_seconds": round(float(np.mean(seconds[len(crowd)])), 2),
            "peak_mib": round(peak / 2**20),
            "planted": len(planted),
            "found": len(planted & {(match.first, match.second) for match in found}),
        }
    ratio = np.mean(seconds[SCALES[1]]) / np.mean(seconds[SCALES[0]])
    yield {"row": "ratio", "items": SCALES[1] // SCALES[0], "cpu_seconds": round(float(ratio), 1)}


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


def _as_text(row: dict[str, Any]) -> str:
    name, *values = row.values()
    if name == "planted":
        kind, planted, found, recall, lowest, median = values
        return (
            f"{kind:34} planted {planted:4}  found {found:4}  recall {recall:6.1%}  "
            f"score {lowest:5.2f} or more, median {median:4.2f}"
        )
    facts = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in list(row.items())[1:])
    return f"{name}: {facts}"


if __name__ == "__main__":
    main()
