"""The 4Q set as images, with index.csv."""

from __future__ import annotations

import shutil
from pathlib import Path


def make(folder: Path, images: Path, album: list[Path]) -> Path:
    rows = ["track,quadrant,genres,moods,artist,title,n_frames,range_db,peak_db,gtzan_split"]
    for i, genre in enumerate(("blues", "jazz")):
        (folder / f"Q{i + 1}").mkdir()
        shutil.copy(images / genre / f"{genre}.00000.png", folder / f"Q{i + 1}" / f"T{i}.png")
        rows.append(f"T{i},Q{i + 1},{genre.title()},Calm; Mild,Band {i},Song,334,80.0,30.0,")
    (folder / "index.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder
