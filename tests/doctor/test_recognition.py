"""Copies made by real encoders are found among the album; `benchmarks/doctor.py` has thousands."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from earmark.datasets import Track
from earmark.doctor.duplicates import Likeness, find_pairs
from earmark.doctor.examination import examine

RATE = 48000
MP3_64K = {"bitrate_mode": "CONSTANT", "compression_level": (320 - 64) / (320 - 32)}


def speed(samples: np.ndarray, factor: float) -> np.ndarray:
    return soxr.resample(samples, RATE * factor, RATE)


def gain(samples: np.ndarray, decibels: float) -> np.ndarray:
    return np.clip(samples * np.float32(10 ** (decibels / 20)), -1, 1)


COPIES = {  # name: (piece, change, the likeness that it must have, if one is sure)
    "excerpt.wav": (0, lambda x: x[5 * RATE :][: 10 * RATE], "near"),
    "late excerpt.wav": (1, lambda x: x[-10 * RATE - 1234 : -1234], "near"),
    "reencoded.mp3": (2, lambda x: x, "repetition"),
    "reencoded.m4a": (3, lambda x: x, "repetition"),
    "reencoded.ogg": (4, lambda x: x, "repetition"),
    "quiet.flac": (5, lambda x: gain(x, -12), "repetition"),
    "loud.flac": (6, lambda x: gain(x, 6), None),
    "fast.flac": (7, lambda x: speed(x, 1.02), "near"),
    "slow.flac": (8, lambda x: speed(x, 0.98), "near"),
    "excerpt.mp3": (9, lambda x: x[8 * RATE :][: 10 * RATE], "near"),
    "fast excerpt.mp3": (0, lambda x: speed(x[9 * RATE :][: 10 * RATE], 1.02), "near"),
    "slow loud excerpt.m4a": (
        1,
        lambda x: gain(speed(x[3 * RATE :][: 10 * RATE], 0.98), 6),
        "near",
    ),
}


@pytest.fixture(scope="module")
def pairs(pieces, write_sound, tmp_path_factory):
    """Second of each pair by the piece's number and the copy's name."""
    folder = tmp_path_factory.mktemp("copies")
    examinations = {}
    for i, piece in enumerate(pieces):
        path = write_sound(folder / f"{i}.flac", piece, RATE)
        examinations[i] = examine(Track(id="", path=path), "audio")
    for name, (i, change, _) in COPIES.items():
        settings = MP3_64K if name.endswith(".mp3") else {}
        path = write_sound(folder / name, change(pieces[i]), RATE, **settings)
        examinations[name] = examine(Track(id="", path=path), "audio")
    return {(pair.first, pair.second): pair for pair in find_pairs(examinations)}


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_found(pairs, name):
    piece, _, likeness = COPIES[name]
    pair = pairs[piece, name]
    assert pair.score > 0.6
    assert likeness is None or pair.likeness == likeness
    if "fast" in name or "slow" in name:
        # What lies at t seconds of the piece lies at t / 1.02 of what was made faster.
        assert pair.speed == pytest.approx(1 / 1.02 if "fast" in name else 1 / 0.98, abs=0.003)


def test_nothing_else_is_found(pairs):
    related = {frozenset((i, name)) for name, (i, _, _) in COPIES.items()}
    related |= {  # two copies of one piece may share a part, too
        frozenset((one, other))
        for one in COPIES
        for other in COPIES
        if COPIES[one][0] == COPIES[other][0]
    }
    assert {frozenset(names) for names in pairs} <= related
    assert all(pair.likeness is not Likeness.IDENTICAL for pair in pairs.values())
