"""The tagger: cold and warm, against librosa + torch, against bare decoding, and two jobs to one.

python benchmarks/tag.py [--json]

The sound is the example album, encoded as mp3 (44.1 kHz stereo).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from pairs import Row, compare, main, row

ROOT = Path(__file__).parents[1]
ALBUM = ROOT / "examples" / "album"
CLIPS = 89
EARMARK = [sys.executable, "-m", "earmark"]


def measure() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        one, four, clips = _make_music(Path(folder))
        return [*cold(one), *warm(one, four), *profile(one, four), *side_by_side(clips)]


def cold(one: Path) -> list[Row]:
    """Whole processes: wall time and peak memory."""
    tag = [*EARMARK, "tag", str(one)]
    script = [sys.executable, str(ROOT / "benchmarks" / "librosa_torch.py"), str(one)]
    ours, theirs = _processes(tag, script, runs=7)
    bare = [sys.executable, "-c", "import typer"]
    help_ours, help_theirs = _processes([*EARMARK, "--help"], bare, runs=15)
    return [
        row("earmark tag one.mp3, cold, against librosa + torch", ours[0], theirs[0], "ms", 10),
        row("the same, peak memory (150 MiB is the limit)", ours[1], theirs[1], "MiB", 1),
        row(
            "earmark --help against python -c 'import typer'",
            help_ours[0],
            help_theirs[0],
            "ms",
            0.5,
        ),
    ]


def warm(one: Path, four: Path) -> list[Row]:
    """Inside one process: everything against merely decoding."""
    import soundfile

    from earmark import Classifier

    single, double = Classifier.load(), Classifier.load(threads=2)

    def decode(path: Path) -> object:
        return soundfile.read(path, dtype="float32")

    return [
        compare(
            "30 s of mp3, warm, one core, against bare decoding",
            lambda: single.predict(one),
            lambda: decode(one),
            target=0.5,
        ),
        compare(
            "4 minutes of mp3, one thread, against decoding all of it",
            lambda: single.predict(four),
            lambda: decode(four),
            target=2,
        ),
        compare(
            "4 minutes of mp3, two threads, against decoding all of it",
            lambda: double.predict(four),
            lambda: decode(four),
            target=2,
        ),
    ]


def profile(one: Path, four: Path) -> list[Row]:
    """Where the time goes: each stage against all of them, and the floor that seeking sets."""
    import soundfile
    import soxr

    from earmark import Classifier

    classifier = Classifier.load()
    stereo, rate = soundfile.read(one, dtype="float32")
    mono = stereo.mean(axis=1)
    feature = classifier.bundle.feature
    waveform = soxr.resample(mono, rate, feature.rate)
    image = feature(waveform)
    stages: list[tuple[str, Callable[[], object]]] = [
        ("decode", lambda: soundfile.read(one, dtype="float32")),
        ("resample", lambda: soxr.resample(mono, rate, feature.rate)),
        ("log-mel", lambda: feature(waveform)),
        ("model", lambda: classifier.judge(image)),
    ]

    def three_windows() -> None:
        with soundfile.SoundFile(four) as file:
            for start in (0, (len(file) - 30 * rate) // 2, len(file) - 30 * rate):
                file.seek(start)
                file.read(30 * rate, dtype="float32")

    return [
        *(
            compare(
                f"30 s of mp3, warm: {name}, of all stages",
                stage,
                lambda: classifier.predict(one),
                target=0,
            )
            for name, stage in stages
        ),
        compare(
            "4 minutes of mp3: merely decoding the three windows",
            three_windows,
            lambda: soundfile.read(four, dtype="float32"),
            target=0,
        ),
    ]


def side_by_side(clips: Path) -> list[Row]:
    """The whole command over many clips, two jobs against one."""
    two = [*EARMARK, "tag", str(clips), "--jobs", "2"]
    one = [*EARMARK, "tag", str(clips), "--jobs", "1"]
    ours, theirs = _processes(two, one, runs=5)
    return [row(f"{CLIPS} clips: --jobs 2 against --jobs 1", ours[0], theirs[0], "ms", 1.7)]


def _processes(
    ours: list[str], theirs: list[str], runs: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """(milliseconds, MiB) of two commands run in turn: median time, greatest memory."""
    seconds: tuple[list[float], list[float]] = ([], [])
    memory = [0.0, 0.0]
    for counted in range(runs + 1):
        for i, command in enumerate((ours, theirs)):
            elapsed, mebibytes = _process(command)
            if counted:
                seconds[i].append(elapsed)
                memory[i] = max(memory[i], mebibytes)
    first, second = (1e3 * statistics.median(kept) for kept in seconds)
    return (first, memory[0]), (second, memory[1])


_LAUNCHER = """
import json, os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
if hasattr(os, "wait4"):
    _, status, usage = os.wait4(process.pid, 0)
    code, memory = os.waitstatus_to_exitcode(status), usage.ru_maxrss
else:  # Windows tells no peak memory here
    code, memory = process.wait(), float("nan")
print(json.dumps([time.perf_counter() - start, memory, code]))
"""


def _process(command: list[str]) -> tuple[float, float]:
    """Wall seconds and peak MiB of one command.

    Started from a small process: the peak of a child counts what its parent held when it forked.
    """
    launched = subprocess.run(
        [sys.executable, "-S", "-c", _LAUNCHER, *command],
        stdout=subprocess.PIPE,
        check=True,
        cwd=ROOT,
    )
    seconds, memory, code = json.loads(launched.stdout)
    if code != 0:
        raise SystemExit(f"{' '.join(command)} ended with exit code {code}")
    return seconds, memory / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def _make_music(folder: Path) -> tuple[Path, Path, Path]:
    """A 30 s mp3, a 4-minute mp3, and a folder of 15 s mp3 clips."""
    import numpy as np
    import soundfile

    from earmark.audio import load_audio

    rate = 44100
    pieces = [load_audio(path, rate=rate) for path in sorted(ALBUM.glob("*.opus"))]
    music = np.concatenate(pieces)
    stereo = np.stack([music, np.roll(music, 300)], axis=1)

    def write(path: Path, start: int, seconds: int) -> Path:
        sound = stereo[start : start + seconds * rate]
        with soundfile.SoundFile(path, "w", rate, 2, format="MP3") as file:
            for i in range(0, len(sound), 5 * rate):
                file.write(sound[i : i + 5 * rate])
        return path

    clips = folder / "clips"
    clips.mkdir()
    step = (len(stereo) - 15 * rate) // CLIPS
    for i in range(CLIPS):
        write(clips / f"{i:02}.mp3", i * step, 15)
    return write(folder / "one.mp3", 0, 30), write(folder / "four.mp3", 0, 240), clips


if __name__ == "__main__":
    main("The tagger's speed.", measure)
