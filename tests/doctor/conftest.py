"""Two collections of real music: one in good health, one with a fault of every kind planted."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from earmark import load_audio
from earmark.datasets import open_dataset
from earmark.doctor import Diagnosis, diagnose

RATE = 48000
HEADER = ["id", "path", "genre", "artist", "split"]


@pytest.fixture(scope="session")
def pieces(album) -> list[np.ndarray]:
    """25 s of each piece of the album at 48 kHz."""
    return [load_audio(path, rate=RATE, duration_seconds=25) for path in album]


@pytest.fixture(scope="session")
def healthy(pieces, write_sound, tmp_path_factory) -> Path:
    """A manifest of ten pieces by ten artists on two sides. Tests may not change it."""
    folder = tmp_path_factory.mktemp("healthy")
    rows = []
    for i, piece in enumerate(pieces):
        write_sound(folder / f"{i}.flac", piece, RATE)
        side = "train" if i < 5 else "test"
        rows.append([f"piece {i}", f"{i}.flac", "ab"[i % 2], f"band {i}", side])
    return write_manifest(folder, rows)


@pytest.fixture(scope="session")
def sick(healthy, pieces, write_sound, tmp_path_factory) -> Path:
    """The same with planted faults, all on the side "test". Tests may not change it."""
    folder = tmp_path_factory.mktemp("sick")
    for path in healthy.parent.iterdir():
        shutil.copy(path, folder)
    write_sound(folder / "truncated.wav", pieces[0], RATE)
    with (folder / "truncated.wav").open("r+b") as file:
        file.truncate((folder / "truncated.wav").stat().st_size * 2 // 3)
    write_sound(folder / "silent.wav", np.zeros(25 * RATE, np.float32), RATE)
    pause = pieces[1].copy()
    pause[10 * RATE : 15 * RATE] = 0
    write_sound(folder / "pause.wav", pause, RATE)
    write_sound(folder / "clipped.wav", np.clip(pieces[2] * 8, -1, 1), RATE)
    (folder / "text.mp3").write_text("This is not music.\n", encoding="utf-8")
    write_sound(folder / "rate.wav", soxr.resample(pieces[3], RATE, 22050), 22050)
    shutil.copy(folder / "4.flac", folder / "copy.flac")
    write_sound(folder / "container.wav", soundfile.read(folder / "4.flac", dtype="int16")[0], RATE)
    constant = {"bitrate_mode": "CONSTANT", "compression_level": (320 - 64) / (320 - 32)}
    write_sound(folder / "encoded.mp3", pieces[5], RATE, **constant)
    assert (folder / "encoded.mp3").stat().st_size == pytest.approx(25 * 64_000 / 8, rel=0.03)
    write_sound(folder / "excerpt.wav", pieces[6][7 * RATE : 17 * RATE], RATE)
    with healthy.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    planted = ["truncated.wav", "silent.wav", "pause.wav", "clipped.wav", "text.mp3", "rate.wav"]
    planted += ["copy.flac", "container.wav", "encoded.mp3", "excerpt.wav"]
    rows += [[Path(name).stem, name, "b", "The Planted", "test"] for name in planted]
    rows[0][3] = " the PLANTED"  # one artist, spelt twice: on train here, on test there
    return write_manifest(folder, rows)


@pytest.fixture(scope="session")
def health(healthy) -> Diagnosis:
    return diagnose([open_dataset("manifest", healthy)], jobs=2)


@pytest.fixture(scope="session")
def sickness(sick) -> Diagnosis:
    return diagnose([open_dataset("manifest", sick)], jobs=2)


def write_manifest(folder: Path, rows: list[list[str]]) -> Path:
    """The manifest of a folder."""
    with (folder / "tracks.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return folder / "tracks.csv"
