"""From files to a feature store: against librosa, stage by stage, by cores, in memory, and reading.

python benchmarks/extract.py [--json]

The sound is the example album as wav and mp3 (44.1 kHz stereo). Ours and librosa work in processes
of their own, so that ours has what a worker of `earmark extract` has: numpy's FFT, not scipy's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from music import album_in_stereo, write_mp3, write_wav
from pairs import Row, compare, main, row
from processes import process, processes

EARMARK = [sys.executable, "-m", "earmark"]
EVERY_FRAME = ["--set", "frames_per_column=[1,1]"]
PIECES, COPIES = 16, 12
BATCH = 32
COLUMNS = 128


def measure() -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stereo, rate = album_in_stereo()
        thirty = stereo[: 30 * rate]
        wav = write_wav(folder / "one.wav", thirty, rate)
        mp3 = write_mp3(folder / "one.mp3", thirty, rate)
        clips = write_clips(folder / "clips", stereo, rate)
        return [
            *against_librosa(wav, mp3),
            *stages(wav),
            *stages(mp3),
            *side_by_side(clips, folder),
            *memory(stereo[: 180 * rate], rate, folder),
            *reading(clips, folder),
        ]


def write_clips(folder: Path, stereo: Any, rate: int) -> Path:
    """A data set of clips of 30 s, each piece in copies that differ in their tag alone."""
    (folder / "x").mkdir(parents=True)
    step = (len(stereo) - 30 * rate) // PIECES
    for i in range(PIECES):
        clip = stereo[i * step : i * step + 30 * rate]
        sound = write_mp3(folder / "piece.mp3", clip, rate).read_bytes()
        for copy in range(COPIES):
            id3v1 = b"TAG" + f"{copy:<125}".encode()
            (folder / "x" / f"{i:02}-{copy:02}.mp3").write_bytes(sound + id3v1)
    (folder / "piece.mp3").unlink()
    return folder


def ours() -> Callable[[str], list[float]]:
    """A file → its log-mel; what comes back of it is size, mean and deviation."""
    from earmark.features import LogMel
    from earmark.sources import load_feature

    feature = LogMel(frames_per_column=(1, 1))
    return lambda path: _about(load_feature(Path(path), "audio", feature))


def theirs() -> Callable[[str], list[float]]:
    """The same by librosa."""
    import librosa
    import numpy as np

    def log_mel(path: str) -> list[float]:
        waveform, rate = librosa.load(path)
        power = librosa.feature.melspectrogram(y=waveform, sr=rate)
        return _about(librosa.power_to_db(power, ref=np.max))

    return log_mel


def _about(log_mel: Any) -> list[float]:
    return [float(log_mel.size), float(log_mel.mean()), float(log_mel.std())]


@contextmanager
def resident(function: str, extra: Mapping[str, str]) -> Iterator[Callable[[Path], list[float]]]:
    """A process that does one of the two above for every path it is asked.

    `extra` is what its environment has besides ours.
    """
    command = [sys.executable, "-m", "earmark.worker", f"extract:{function}", "{}"]
    here = {"PYTHONPATH": str(Path(__file__).parent)}
    environment = {**os.environ, **extra, **here}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        questions, answers = worker.stdin, worker.stdout
        assert json.loads(answers.readline()) == {"ready": True}

        def ask(path: Path) -> list[float]:
            print(json.dumps(str(path)), file=questions, flush=True)
            answer: list[float] = json.loads(answers.readline())
            return answer

        yield ask
        questions.close()


def against_librosa(wav: Path, mp3: Path) -> list[Row]:
    """File to log-mel, every frame; and against real time, which one core is that many times."""
    from earmark.crew import WORKER_ENVIRONMENT

    rows = []
    with (
        resident("ours", WORKER_ENVIRONMENT) as mine,
        resident("theirs", {}) as librosa,
        resident("theirs", WORKER_ENVIRONMENT) as eased,
    ):
        for path, target in ((wav, 2.2), (mp3, 2.0)):
            kind = path.suffix[1:]
            for one, other in zip(mine(path), librosa(path), strict=True):
                assert abs(one - other) <= 1e-3 * abs(other), (one, other)
            for whom, ask in (
                ("librosa", librosa),
                ("librosa with our workers' allocator settings", eased),
            ):
                timed = compare(
                    f"30 s of {kind} to log-mel, against {whom}",
                    partial(mine, path),
                    partial(ask, path),
                    target=target,
                    runs=25,
                )
                rows.append(timed)
            speed = f"30 s of {kind} to log-mel, against playing them (seconds of music per second)"
            rows.append(row(speed, timed.ours, 30_000, "ms", 0))
    return rows


def stages(path: Path) -> list[Row]:
    """What each stage takes of all; the first is the floor that the decoder sets.

    scipy is not loaded here, and so numpy's FFT works, as in a worker.
    """
    import numpy as np
    import soundfile
    import soxr

    from earmark.decoders import _average
    from earmark.features import LogMel
    from earmark.sources import load_feature

    feature = LogMel(frames_per_column=(1, 1))
    stereo, rate = soundfile.read(path, dtype="float32")
    mono = np.ascontiguousarray(_average(stereo.T))
    waveform = soxr.resample(mono, rate, feature.rate)
    kind = path.suffix[1:]
    parts: list[tuple[str, Callable[[], object]]] = [
        ("decode", lambda: soundfile.read(path, dtype="float32")),
        ("downmix", lambda: _average(stereo.T)),
        ("resample", lambda: soxr.resample(mono, rate, feature.rate)),
        ("transform", lambda: feature(waveform)),
    ]
    return [
        compare(
            f"30 s of {kind} to log-mel: {name}, of all",
            part,
            lambda: load_feature(path, "audio", feature),
            target=0,
            runs=25,
        )
        for name, part in parts
    ]


def side_by_side(clips: Path, folder: Path) -> list[Row]:
    """The whole command, two jobs against one; each into a new store."""
    script = (
        "import shutil, sys, subprocess; shutil.rmtree(sys.argv[1], ignore_errors=True);"
        "sys.exit(subprocess.call(sys.argv[2:]))"
    )

    def command(jobs: int) -> list[str]:
        store = str(folder / f"store-{jobs}")
        extract = [*EARMARK, "extract", f"audio={clips}", "--out", store, *EVERY_FRAME]
        return [sys.executable, "-S", "-c", script, store, *extract, "--jobs", str(jobs)]

    (two, _), (one, _) = processes(command(2), command(1), runs=3)
    name = f"earmark extract, {PIECES * COPIES} clips of 30 s of mp3: --jobs 2 against --jobs 1"
    return [row(name, two, one, "ms", 1.8)]


def memory(three_minutes: Any, rate: int, folder: Path) -> list[Row]:
    """Peak memory of the whole command on three hours of music and on three minutes."""
    peaks = []
    for name, repeats in (("hours", 60), ("minutes", 1)):
        music = folder / name / "x"
        music.mkdir(parents=True)
        write_wav(music / "one.wav", three_minutes, rate, repeats=repeats)
        store = folder / f"store-{name}"
        extract = [*EARMARK, "extract", f"audio={music.parent}", "--out", str(store), "--jobs", "1"]
        peaks.append(process([*extract, *EVERY_FRAME])[1])
        (array,) = store.glob("arrays/*/*.npy")
        assert array.stat().st_size > 0.99 * repeats * 180 * 22050 / 512 * 128 * 2
    three_hours, three = peaks
    name = "earmark extract, peak memory: 3 hours of wav (ours) against 3 minutes (theirs)"
    return [row(name, three_hours, three, "MiB", 0.75)]


def reading(clips: Path, folder: Path) -> list[Row]:
    """A batch of clips from the store, against extracting the tracks they are cut from."""
    import numpy as np

    from earmark.sources import load_feature
    from earmark.store import Store

    store = Store.open(folder / "store-1")
    ids = store.ids[:BATCH]
    starts = np.random.default_rng(0).integers(0, 1000, BATCH).tolist()

    def extract() -> object:
        paths = [clips / "x" / f"{name}.mp3" for name in ids]
        whole = [load_feature(path, "audio", store.feature) for path in paths]
        cut = [one[:, i : i + COLUMNS] for one, i in zip(whole, starts, strict=True)]
        return np.stack(cut)

    def read() -> object:
        return store.batch(ids, starts=starts, columns=COLUMNS)

    assert np.abs(np.asarray(read()) - np.asarray(extract())).max() < 0.04
    name = f"a batch of {BATCH} clips of {COLUMNS} columns: from the store, against extracting"
    return [compare(name, read, extract, target=20, runs=7)]


if __name__ == "__main__":
    main("Extraction: speed, memory, and what reading saves.", measure)
