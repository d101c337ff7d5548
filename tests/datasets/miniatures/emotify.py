"""Emotify: a clip of each genre, with labels.csv."""

from __future__ import annotations

import shutil
from pathlib import Path


def make(folder: Path, images: Path, album: list[Path]) -> Path:
    rows = [
        "path,genre,track_id,n_raters,amazement,solemnity,tenderness,nostalgia,calmness,power,"
        "joyful_activation,tension,sadness,start_seconds,duration_seconds,artist,album,title,"
        "magnatune_genre"
    ]
    for i, genre in enumerate(("classical", "rock", "electronic", "pop")):
        (folder / genre).mkdir()
        shutil.copy(album[i], folder / genre / "001.opus")
        rows.append(
            f"{genre}/001.opus,{genre},{i + 1},20,0.1,0.2,0.3,0.4,0.5,0.6,0.{3 * i},0.05,0.25,"
            f'15.01,30.0,Band {i},"Album, {i}",Song,Alternative Rock'
        )
    (folder / "labels.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder
