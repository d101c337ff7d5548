"""Emotify: 400 recordings, and what listeners felt when they heard them.

The folder holds GENRE/001.opus … and `labels.csv`: path, genre, the share of raters who felt each
of the nine emotions of the Geneva scale, duration_seconds, artist, album, magnatune_genre, ….

Valence, one number from −1 to 1, is joyful_activation − sadness. Cut at −0.1 and 0.23, which are
the tertiles of the whole set (133, 134 and 133 tracks), it gives the moods sad, neutral and happy:
fixed bounds, so that a part of the set or another model's valence is cut alike.

Single ratings are not published, but how many there are: a share p of n raters would be another one
with other raters, with a variance of p (1 − p) / (n − 1). That says how far the shares can be
foretold at all: see `highest_r`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from earmark.datasets.base import Dataset, Group, Track, is_file, read_csv
from earmark.datasets.fma import mood
from earmark.datasets.magnatune import main_genre
from earmark.errors import BadDataset
from earmark.sources import Kind

Array = NDArray[Any]

EMOTIONS = (
    "amazement solemnity tenderness nostalgia calmness power joyful_activation tension sadness"
).split()
TERTILES = (-0.1, 0.23)
"""Where valence is cut: sad below the first, happy from the second on."""

_OTHER_COLUMNS = ["path", "genre", "duration_seconds", "artist", "album", "magnatune_genre"]


class Emotify(Dataset):
    """The clips of 30 s of Emotify.

    The output `magnatune-genre` is what the seller calls the album's genre, in the words of
    `duthoit2018` (Alt Rock and Electronica for all spellings).
    """

    name: ClassVar[str] = "emotify"
    kind: Kind = "audio"
    summary: ClassVar[str] = "Emotify: 400 clips, 4 genres, 9 emotions, mood, seller's genre"
    outputs: tuple[str, ...] = ("genre", "mood", "magnatune-genre")
    values: tuple[str, ...] = (*EMOTIONS, "valence")
    groups: tuple[Group, ...] = ("artist", "album")
    published: ClassVar[Mapping[str, Mapping[str, int]]] = {
        "genre": dict.fromkeys(("classical", "electronic", "pop", "rock"), 100)
    }
    citation: ClassVar[str] = (
        "A. Aljanaki, F. Wiering and R. C. Veltkamp, Studying emotion induced by music through a "
        "crowdsourcing game, Information Processing and Management 52(1), 2016"
    )
    licence: ClassVar[str] = (
        "of the recordings: Creative Commons Attribution-NonCommercial-ShareAlike (Magnatune)"
    )
    layout: ClassVar[str] = "classical, electronic, pop, rock/001.opus and labels.csv"
    source: ClassVar[str] = "http://www2.projects.science.uu.nl/memotion/emotifydata"

    def tracks(self) -> Sequence[Track]:
        """All clips, in the order of labels.csv."""
        (table,) = self.tables()
        rows = read_csv(table, [*_OTHER_COLUMNS, *EMOTIONS])
        found = []
        for row in rows:
            try:
                found.append(self._track(row))
            except ValueError as error:
                raise BadDataset(f"{table}: damaged: {row['path']}: {error}") from error
        if not any(is_file(track.path) for track in found):
            raise BadDataset(f"{self.folder}: holds none of the clips that its labels.csv names")
        return found

    def tables(self) -> Sequence[Path]:
        """labels.csv."""
        return [self.folder / "labels.csv"]

    def notes(self) -> Sequence[str]:
        """How far the raters agree, as the highest correlation that their number allows."""
        (table,) = self.tables()
        rows = read_csv(table, ["n_raters", *EMOTIONS])
        try:
            raters = np.array([float(row["n_raters"]) for row in rows])
            shares = {name: np.array([float(row[name]) for row in rows]) for name in EMOTIONS}
        except ValueError as error:
            raise BadDataset(f"{table}: damaged: {error}") from error
        if len(rows) < 2 or raters.min() < 2:
            return []
        found = ", ".join(f"{name} {r:.2f}" for name, r in highest_r(raters, shares).items())
        return [
            f"raters are few: even what all listeners feel would reach no higher r than {found}"
        ]

    def _track(self, row: Mapping[str, str]) -> Track:
        values = {emotion: float(row[emotion]) for emotion in EMOTIONS}
        values["valence"] = round(values["joyful_activation"] - values["sadness"], 4)
        seller = row["magnatune_genre"]
        labels = {
            "genre": row["genre"],
            "mood": mood(values["valence"], TERTILES),
            "magnatune-genre": main_genre(seller) or seller,
        }
        return Track(
            id=row["path"].rpartition(".")[0],
            path=self.folder / row["path"],
            labels={output: label for output, label in labels.items() if label},
            artist=row["artist"] or None,
            album=row["album"] or None,
            duration_seconds=float(row["duration_seconds"]),
            values=values,
        )


def highest_r(raters: Array, shares: Mapping[str, Array]) -> dict[str, float]:
    """The correlation with each number that what all listeners would say can be expected to have.

    √(1 − mean noise / variance), where noise is a number's variance over draws of raters (Spearman
    1904); 0 where tracks differ no more than raters do. The noise of valence, joyful activation
    minus sadness, is the less the more raters felt both. Nobody is taken to have done so, which
    gives the lowest r.

    Args:
        raters: how many rated each track, two or more [shape=(tracks,)].
        shares: of them who felt it, by emotion [shape=(tracks,)].
    """
    joy, sadness = shares["joyful_activation"], shares["sadness"]
    valence = joy - sadness
    spreads = {name: (share, share * (1 - share)) for name, share in shares.items()}
    spreads["valence"] = (valence, joy + sadness - valence**2)
    found = {}
    for name, (value, spread) in spreads.items():
        variance, noise = value.var(ddof=1), (spread / (raters - 1)).mean()
        found[name] = float(np.sqrt(1 - noise / variance)) if variance > noise else 0.0
    return found
