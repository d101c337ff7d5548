"""GTZAN as images, with tracks.csv in the folder."""

from __future__ import annotations

import shutil
from pathlib import Path


def make(folder: Path, images: Path, album: list[Path]) -> Path:
    return shutil.copytree(images, folder, dirs_exist_ok=True)
