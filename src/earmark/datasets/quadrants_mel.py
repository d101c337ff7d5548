"""Mood quadrants (4Q) as log-mel images: four moods, and the genres that the seller's pages give.

The folder holds Q1 … Q4, each with TRACK.png, and `index.csv` (track, quadrant, genres, moods,
artist, gtzan_split, …). Quadrants of valence and arousal: Q1 happy, Q2 tense, Q3 sad, Q4 calm.
Arousal as a number is all that the quadrant says of it: 1 in Q1 and Q2, 0 in Q3 and Q4.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from earmark.datasets.base import Dataset, Track, is_file, read_csv
from earmark.errors import BadDataset
from earmark.sources import Kind

_AS_GTZAN = {
    "blues": "blues",
    "classical": "classical",
    "country": "country",
    "jazz": "jazz",
    "rap": "hiphop",
    "reggae": "reggae",
}


class QuadrantsMel(Dataset):
    """The clips of the 4Q set, with quadrant and, where the one genre is GTZAN's too, genre."""

    name: ClassVar[str] = "quadrants-mel"
    kind: Kind = "log-mel"
    summary: ClassVar[str] = "mood quadrants (4Q) as log-mel images: 4 moods, mood words, genres"
    outputs = ("quadrant", "genre")
    values = ("arousal",)
    has_tags = True
    groups = ("artist",)
    layout: ClassVar[str] = "Q1 … Q4/TRACK.png and index.csv"
    source: ClassVar[str] = "made from the audio of http://mir.dei.uc.pt/downloads.html"
    citation: ClassVar[str] = (
        "R. Panda, R. Malheiro and R. P. Paiva, Novel audio features for music emotion "
        "recognition, IEEE Transactions on Affective Computing 11(4), 2018"
    )
    licence: ClassVar[str] = "of the recordings: their owners'; used for research on spectrograms"

    def tables(self) -> Sequence[Path]:
        """index.csv."""
        return [self.folder / "index.csv"]

    def tracks(self) -> Sequence[Track]:
        """All clips, with the side of GTZAN on which their artist stands, if on any.

        Their tags are the mood words and the genres of the seller's page, in lower case.
        """
        columns = ["track", "quadrant", "genres", "moods", "artist", "gtzan_split"]
        rows = read_csv(self.folder / "index.csv", columns)
        found = [
            Track(
                id=row["track"],
                path=self.folder / row["quadrant"] / f"{row['track']}.png",
                labels=_labels(row),
                artist=row["artist"] or None,
                side_in_gtzan=row["gtzan_split"] or None,
                duration_seconds=30.0,
                values={"arousal": float(row["quadrant"] in ("Q1", "Q2"))},
                tags=tuple(dict.fromkeys((*_words(row["moods"]), *_words(row["genres"])))),
            )
            for row in rows
        ]
        if not any(is_file(track.path) for track in found):
            raise BadDataset(f"{self.folder}: holds none of the images that its index.csv names")
        return found


def _words(cell: str) -> list[str]:
    return [word for part in cell.split(";") if (word := part.strip().casefold())]


def _labels(row: dict[str, str]) -> dict[str, str]:
    genres = _words(row["genres"])
    labels = {"quadrant": row["quadrant"]}
    if len(genres) == 1 and genres[0] in _AS_GTZAN:
        labels["genre"] = _AS_GTZAN[genres[0]]
    return labels
