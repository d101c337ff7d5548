"""The circulated pictures of GTZAN: all 999 names, with the tables in the folder."""

from __future__ import annotations

from pathlib import Path

GENRES = "blues classical country disco hiphop jazz metal pop reggae rock".split()


def make(folder: Path, images: Path, album: list[Path]) -> Path:
    rows = ["track,genre,split,n_frames,range_db,peak_db,artist,title"]
    for genre in GENRES:
        (folder / "images_original" / genre).mkdir(parents=True)
        for i in range(100):
            rows.append(f"{genre}.{i:05},{genre},train,1293,80.0,30.0,{genre} band {i},Song")
            if (genre, i) != ("jazz", 54):
                path = folder / "images_original" / genre / f"{genre}{i:05}.png"
                path.write_bytes(b"\x89PNG%d" % i)
    (folder / "tracks.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder
