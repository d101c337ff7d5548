"""Mood quadrants (4Q) as log-mel images: four moods, and the genres that the seller's pages give.

The folder holds Q1 … Q4, each with TRACK.png, and `index.csv` (track, quadrant, genres, moods,
artist, gtzan_split, …). Quadrants of valence and arousal: Q1 happy, Q2 tense, Q3 sad, Q4 calm.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from earmark.datasets.base import Dataset, Track, read_csv
from earmark.errors import BadDataset
from earmark.sources import Kind

_AS_GTZAN = {
    "Blues": "blues",
    "Classical": "classical",
    "Country": "country",
    "Jazz": "jazz",
    "Rap": "hiphop",
    "Reggae": "reggae",
}


class QuadrantsMel(Dataset):
    """The clips of the 4Q set, with quadrant and, where the one genre is GTZAN's too, genre."""

    name: ClassVar[str] = "quadrants-mel"
    kind: ClassVar[Kind] = "log-mel"
    citation: ClassVar[str] = (
        "R. Panda, R. Malheiro and R. P. Paiva, Novel audio features for music emotion "
        "recognition, IEEE Transactions on Affective Computing 11(4), 2018"
    )
    licence: ClassVar[str] = "of the recordings: their owners'; used for research on spectrograms"

    def tracks(self) -> Sequence[Track]:
        """All clips; `split` is the side of GTZAN on which the artist stands, if on any."""
        columns = ["track", "quadrant", "genres", "artist", "gtzan_split"]
        rows = read_csv(self.folder / "index.csv", columns)
        found = [
            Track(
                id=row["track"],
                path=self.folder / row["quadrant"] / f"{row['track']}.png",
                labels=_labels(row),
                artist=row["artist"] or None,
                split=row["gtzan_split"] or None,
                duration_seconds=30.0,
            )
            for row in rows
        ]
        if not any(track.path.is_file() for track in found):
            raise BadDataset(f"{self.folder}: holds none of the images that its index.csv names")
        return found


def _labels(row: dict[str, str]) -> dict[str, str]:
    genres = [genre.strip() for genre in row["genres"].split(";")]
    labels = {"quadrant": row["quadrant"]}
    if len(genres) == 1 and genres[0] in _AS_GTZAN:
        labels["genre"] = _AS_GTZAN[genres[0]]
    return labels
