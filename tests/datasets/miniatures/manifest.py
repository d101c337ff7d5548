"""A manifest of two local files, with every column that it knows but `recording`."""

from __future__ import annotations

import shutil
from pathlib import Path


def make(folder: Path, images: Path, album: list[Path]) -> Path:
    rows = ["path,id,artist,album,split,duration_seconds,tags,genre,mood,value:valence,#remark"]
    (folder / "music").mkdir()
    for i, genre in enumerate(("blues", "jazz")):
        shutil.copy(album[i], folder / "music" / f"{i}.opus")
        rows.append(f"music/{i}.opus,one {i},Band {i},Record,train,20.5,slow; blue,{genre},,0.5,no")
    rows[-1] = rows[-1].replace("jazz,,", "jazz,calm,")
    (folder / "tracks.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder / "tracks.csv"
