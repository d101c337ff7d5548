"""Folders of audio files."""

from __future__ import annotations

import shutil
from pathlib import Path


def make(folder: Path, images: Path, album: list[Path]) -> Path:
    for genre, path in zip(("blues", "jazz", "rock"), album[:3], strict=True):
        (folder / genre).mkdir()
        shutil.copy(path, folder / genre)
    return folder
