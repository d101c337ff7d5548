"""Folders of log-mel images."""

from __future__ import annotations

import shutil
from pathlib import Path


def make(folder: Path, images: Path, album: list[Path]) -> Path:
    for genre in ("blues", "jazz"):
        shutil.copytree(images / genre, folder / genre)
    return folder
