"""GTZAN as log-mel images, with its artists and the fault-filtered, artist-disjoint lists.

1000 excerpts of 30 s in ten genres, of which the filtered lists keep 929 (443 train, 197 valid,
290 test), without repetitions, distortions and mislabelled tracks, and with no artist on two lists.
The folder holds GENRE/TRACK.png; `tracks.csv` (track, genre, split, artist, …) lies in it or in a
folder `gtzan-meta` beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from earmark.datasets.base import Dataset, Track, read_csv
from earmark.errors import BadDataset
from earmark.sources import Kind

GENRES = (
    "blues classical country disco hiphop jazz metal pop reggae rock".split()
)  # the order that everyone uses


class GtzanMel(Dataset):
    """GTZAN's tracks that are present as images, with split and artist."""

    name: ClassVar[str] = "gtzan-mel"
    kind: Kind = "log-mel"
    summary: ClassVar[str] = "GTZAN as log-mel images: 10 genres, artist-disjoint filtered lists"
    groups = ("artist",)
    layout: ClassVar[str] = "GENRE/GENRE.00000.png; tracks.csv in it or in gtzan-meta beside it"
    source: ClassVar[str] = "made from GTZAN's audio"
    citation: ClassVar[str] = (
        "G. Tzanetakis and P. Cook, Musical genre classification of audio signals, IEEE "
        "Transactions on Speech and Audio Processing 10(5), 2002; faults and artists: B. L. Sturm, "
        "The GTZAN dataset, arXiv:1306.1461; lists: C. Kereliuk, B. L. Sturm and J. Larsen, Deep "
        "learning and music adversaries, IEEE Transactions on Multimedia 17(11), 2015"
    )
    licence: ClassVar[str] = "of the recordings: unknown; used for research on spectrograms"

    def tracks(self) -> Sequence[Track]:
        """The tracks of `tracks.csv` whose image is in the folder."""
        rows = read_csv(self._table(), ["track", "genre", "split", "artist"])
        found = [
            Track(
                id=row["track"],
                path=path,
                labels={"genre": row["genre"]},
                artist=row["artist"] or None,
                split=row["split"],
                duration_seconds=30.0,
            )
            for row in rows
            if (path := self.folder / row["genre"] / f"{row['track']}.png").is_file()
        ]
        if not found:
            raise BadDataset(f"{self.folder}: holds none of GTZAN's images (GENRE/GENRE.00000.png)")
        return found

    def tables(self) -> Sequence[Path]:
        """tracks.csv."""
        return [self._table()]

    def problems(self, tracks: Sequence[Track]) -> Iterator[str]:
        """Which tracks of the filtered train and valid lists are missing."""
        present = {track.id for track in tracks}
        for row in read_csv(self._table(), ["track", "split"]):
            if row["split"] in ("train", "valid") and row["track"] not in present:
                yield f"{row['track']} of the {row['split']} list is missing"

    def _table(self) -> Path:
        for folder in (self.folder, self.folder.parent / "gtzan-meta"):
            if (folder / "tracks.csv").is_file():
                return folder / "tracks.csv"
        raise BadDataset(
            f"{self.folder}: tracks.csv is neither in it nor in gtzan-meta beside it; "
            "to judge images without it, use --data log-mel=DIR"
        )
