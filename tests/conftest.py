"""What the tests share: the example album, the data beside the project, the command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import hypothesis
import numpy as np
import pytest

from .browser import Browser, find_browser

# Several test processes share the processor: how long an example takes says nothing.
hypothesis.settings.register_profile("earmark", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("earmark")

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("EARMARK_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def album() -> list[Path]:
    """The ten rendered pieces of examples/album."""
    return sorted((ROOT / "examples" / "album").glob("*.opus"))


@pytest.fixture(scope="session")
def data() -> Path:
    """The real data; a test that asks for it is skipped where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"the real data is not at {DATA} (EARMARK_DATA can say where it is)")
    return DATA


@pytest.fixture(scope="session")
def earmark():
    """Run the command in a process of its own; gives the finished process, output as text."""

    def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "earmark", *map(str, arguments)]
        settings = {"capture_output": True, "encoding": "utf-8", "timeout": 120, **options}
        return subprocess.run(command, check=False, **settings)

    return run


@pytest.fixture(scope="session")
def log_mels(album) -> dict[str, np.ndarray]:
    """The album's log-mels [shape=(bands, columns)] by the GTZAN genre that each piece is in."""
    from earmark import load_audio
    from earmark.datasets.gtzan import GENRES
    from earmark.features import LogMel

    feature = LogMel()
    return {
        genre: feature(load_audio(path, rate=feature.rate))
        for genre, path in zip(GENRES, album, strict=True)
    }


@pytest.fixture(scope="session")
def miniature(log_mels, tmp_path_factory) -> Path:
    """GTZAN in small, in its published layout: per genre three train images and a valid one.

    They are cut from the album, since the real images are not everywhere. Tests may not change it.
    """
    from earmark.features.log_mel_image import write_log_mel_image

    folder = tmp_path_factory.mktemp("data") / "gtzan-mel"
    rows = ["track,genre,split,n_frames,artist"]
    for genre, log_mel in log_mels.items():
        (folder / genre).mkdir(parents=True)
        for i, split in enumerate(["train", "train", "train", "valid"]):
            track = f"{genre}.{i:05}"
            columns = log_mel[:, 60 * i : 60 * i + 100]
            write_log_mel_image(folder / genre / f"{track}.png", columns, range_db=80)
            rows.append(f"{track},{genre},{split},334,{genre} band {i}")
    (folder / "tracks.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def recipe(tmp_path_factory) -> Path:
    """A recipe whose training takes a second or two, and whose valid loss falls to the end."""
    path = tmp_path_factory.mktemp("recipes") / "tiny.toml"
    path.write_text(
        """
        [model.settings]
        channels = [4, 4, 8, 8]
        head_channels = 8
        [training]
        epochs = 6
        batch = 8
        crop_columns = 32
        learning_rate = 0.01
        average_decay = 0.5
        precision = "32"
        threads = 1
        """,
        encoding="utf-8",
    )
    return path


@pytest.fixture(scope="session")
def finished(earmark, recipe, miniature, tmp_path_factory) -> Path:
    """The run of that recipe on the miniature, by the command. Tests may not change it."""
    run = tmp_path_factory.mktemp("runs") / "finished"
    process = earmark("train", recipe, "--data", f"gtzan-mel={miniature}", "--out", run)
    assert process.returncode == 0, process.stderr
    assert process.stdout == f"{run / 'bundle'}\n"
    return run


@pytest.fixture(scope="session")
def earmark_without():
    """Run the command in a process in which some packages cannot be imported."""

    def run(packages: list[str], *arguments: object) -> subprocess.CompletedProcess[str]:
        code = (
            f"import sys; sys.modules.update(dict.fromkeys({packages}));"
            "from earmark.cli import main; main()"
        )
        command = [sys.executable, "-c", code, *map(str, arguments)]
        return subprocess.run(
            command, check=False, capture_output=True, encoding="utf-8", timeout=120
        )

    return run


@pytest.fixture(scope="session")
def song(album) -> np.ndarray:
    """26 s of real music at 44.1 kHz, another piece in each channel [shape=(samples, 2)]."""
    from earmark import load_audio

    pieces = [load_audio(album[i], rate=44100, duration_seconds=26) for i in (9, 0)]
    return np.stack(pieces, axis=1) * np.float32(0.8)


@pytest.fixture(scope="session")
def write_sound():
    """Encode samples [shape=(samples,) or (samples, channels)] by suffix; gives the path back."""
    return _write_sound


_AV_CODECS = {
    ".aac": "aac",
    ".m4a": "aac",
    ".mka": "alac",
    ".mkv": "libopus",
    ".mp4": "aac",
    ".webm": "libopus",
    ".wma": "wmav2",
}
_LAYOUTS = {1: "mono", 2: "stereo", 4: "quad", 6: "5.1", 8: "7.1"}


def _write_sound(path: Path, samples: np.ndarray, rate: int, **settings) -> Path:
    """`settings` go to soundfile; those of `_encode` where soundfile cannot write the suffix."""
    import soundfile

    samples = samples.reshape(len(samples), -1)
    if path.suffix in _AV_CODECS:
        _encode(path, samples, rate, **settings)
        return path
    if path.suffix == ".opus":
        settings = {"format": "OGG", "subtype": "OPUS", **settings}
    with soundfile.SoundFile(
        os.fsencode(path), "w", samplerate=rate, channels=samples.shape[1], **_named(path, settings)
    ) as file:
        for start in range(0, len(samples), 1 << 14):  # libsndfile crashes on one long Vorbis write
            file.write(samples[start : start + (1 << 14)])
    return path


def _named(path: Path, settings: dict) -> dict:
    """Bytes as a name say no format, so that the suffix must be spelt out."""
    import soundfile

    formats = {".aif": "AIFF", ".aifc": "AIFF"}
    wanted = formats.get(path.suffix, path.suffix[1:].upper())
    return {"format": wanted, **settings} if wanted in soundfile.available_formats() else settings


def _encode(
    path: Path,
    samples: np.ndarray,
    rate: int,
    *,
    picture: bool = False,
    sound: bool = True,
    options: dict[str, str] | None = None,
) -> None:
    """Encode by FFmpeg [shape of samples=(samples, channels)], with a moving picture if wanted."""
    import av

    layout = _LAYOUTS[samples.shape[1]]
    with av.open(os.fspath(path), "w", options=options or {}) as out:
        if picture:
            video = out.add_stream("vp8" if path.suffix == ".webm" else "mpeg4", rate=5)
            video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        if sound:
            audio = out.add_stream(_AV_CODECS[path.suffix], rate=rate, layout=layout)
            audio.bit_rate = 64_000 * samples.shape[1]
        if picture:
            for second in range(5 * len(samples) // rate):
                pixels = np.full((64, 64, 3), 40 * second % 256, np.uint8)
                out.mux(video.encode(av.VideoFrame.from_ndarray(pixels)))
            out.mux(video.encode(None))
        if sound:
            interleaved = np.ascontiguousarray(samples, np.float32).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(interleaved, format="flt", layout=layout)
            frame.rate, frame.pts = rate, 0
            for part in av.AudioResampler(audio.format.name, layout, rate).resample(frame):
                out.mux(audio.encode(part))
            out.mux(audio.encode(None))


@pytest.fixture(scope="module")
def browser():
    """A real browser, for the tests of one file."""
    program = find_browser()
    if program is None:
        pytest.skip("no Chromium is installed")
    with Browser(program) as opened:
        yield opened
