"""A part of GTZAN's audio in several formats, which its index.csv lists, with the tables."""

from __future__ import annotations

import shutil
from pathlib import Path


def make(folder: Path, images: Path, album: list[Path]) -> Path:
    listed = ["path,track,split,what"]
    tracks = ["track,genre,split,n_frames,range_db,peak_db,artist,title"]
    for i, (genre, suffix) in enumerate((("blues", "opus"), ("jazz", "ogg"), ("pop", "oga"))):
        name = f"{genre}.0000{i}"
        (folder / genre).mkdir()
        shutil.copy(album[i], folder / genre / f"{name}.{suffix}")
        listed.append(f'{genre}/{name}.{suffix},{name},train,"Opus, 48,000 Hz"')
        tracks.append(f"{name},{genre},train,1293,80.0,30.0,{genre} band,Song")
    (folder / "index.csv").write_text("\n".join(listed) + "\n", encoding="utf-8")
    (folder / "tracks.csv").write_text("\n".join(tracks) + "\n", encoding="utf-8")
    return folder
