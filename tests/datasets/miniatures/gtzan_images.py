"""A part of the circulated pictures of GTZAN, which its index.csv lists, with tracks.csv."""

from __future__ import annotations

from pathlib import Path

from PIL import Image


def make(folder: Path, images: Path, album: list[Path]) -> Path:
    listed = ["path,track"]
    tracks = ["track,genre,split,n_frames,range_db,peak_db,artist,title"]
    for i, genre in enumerate(("blues", "jazz", "pop")):
        path = folder / "images_original" / genre / f"{genre}0000{i}.png"
        path.parent.mkdir(parents=True)
        Image.new("RGB", (432, 288), (255, 255, 80 * i)).save(path)
        listed.append(f"{path.relative_to(folder).as_posix()},{genre}.0000{i}")
        tracks.append(f"{genre}.0000{i},{genre},train,1293,80.0,30.0,{genre} band,Song")
    (folder / "index.csv").write_text("\n".join(listed) + "\n", encoding="utf-8")
    (folder / "tracks.csv").write_text("\n".join(tracks) + "\n", encoding="utf-8")
    return folder
