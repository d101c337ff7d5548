"""GTZAN's audio: all 1000 names, as genres.tar.gz holds them, with the tables beside."""

from __future__ import annotations

from pathlib import Path

GENRES = "blues classical country disco hiphop jazz metal pop reggae rock".split()


def make(folder: Path, images: Path, album: list[Path]) -> Path:
    rows = ["track,genre,split,n_frames,range_db,peak_db,artist,title"]
    for genre in GENRES:
        (folder / "genres" / genre).mkdir(parents=True)
        for i in range(100):
            (folder / "genres" / genre / f"{genre}.{i:05}.au").write_bytes(b".snd%d" % i)
            side = ("train", "valid", "test", "faulty")[i % 4]
            rows.append(f"{genre}.{i:05},{genre},{side},1293,80.0,30.0,{genre} band {i},Song")
    (folder / "tracks.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "repetitions.csv").write_text(
        "track,same_as,splits\npop.00003,pop.00004,faulty train\n", encoding="utf-8"
    )
    return folder
