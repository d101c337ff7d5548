"""The tagger: cold and warm, against librosa + torch, against bare decoding, and two jobs to one.

python benchmarks/tag.py [--json]

The sound is the example album, encoded as mp3 (44.1 kHz stereo).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from music import album_in_stereo, write_mp3
from pairs import Row, compare, main, row
from processes import ROOT, processes

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
    ours, theirs = processes(tag, script, runs=7)
    bare = [sys.executable, "-c", "import typer"]
    help_ours, help_theirs = processes([*EARMARK, "--help"], bare, runs=15)
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
    ours, theirs = processes(two, one, runs=5)
    return [row(f"{CLIPS} clips: --jobs 2 against --jobs 1", ours[0], theirs[0], "ms", 1.7)]


def _make_music(folder: Path) -> tuple[Path, Path, Path]:
    """A 30 s mp3, a 4-minute mp3, and a folder of 15 s mp3 clips."""
    stereo, rate = album_in_stereo()

    def write(path: Path, start: int, seconds: int) -> Path:
        return write_mp3(path, stereo[start : start + seconds * rate], rate)

    clips = folder / "clips"
    clips.mkdir()
    step = (len(stereo) - 15 * rate) // CLIPS
    for i in range(CLIPS):
        write(clips / f"{i:02}.mp3", i * step, 15)
    return write(folder / "one.mp3", 0, 30), write(folder / "four.mp3", 0, 240), clips


if __name__ == "__main__":
    main("The tagger's speed.", measure)
