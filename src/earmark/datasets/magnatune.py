"""The genres that Magnatune, the seller, gave its albums: those of `duthoit2018`.

The paper looked songs up by their names and lost half of the clips, because names differ between
the catalogue and the clips. An album's `sku` does not, the last part of its address: that is looked
up first, and the names of artist and album where it is not found.

Magnatune published its catalogue in two layouts, either of which may be used:

    song_info.csv          a row per song with artist, albumname, albumsku, magnatunegenres, …;
                           genres as "Electronica,Euro-Techno", the main one first; a table of
                           your own needs these four columns and a row per album
    sqlite_normalized.db   tables albums (album_id, artist_id, name, sku, …), artists (artists_id,
                           name, …), genres (genre_id, name), genres_albums (genre_id, album_id)
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from earmark.errors import BadDataset

GENRES = (
    "Alt Rock",
    "Ambient",
    "Classical",
    "Electro Rock",
    "Electronica",
    "Hard Rock",
    "Hip-Hop",
    "Jazz",
    "New Age",
    "World",
)
"""The ten genres of `duthoit2018`."""

CATALOGUES = ("song_info.csv", "sqlite_normalized.db")
"""Names of the files that hold Magnatune's catalogue."""

_OTHER_SPELLINGS = {
    "alternative rock": "Alt Rock",  # in Emotify, besides "Alt. Rock"
    "alternrock": "Alt Rock",  # number 40 of ID3
    "electronic": "Electronica",  # in Emotify, and number 52 of ID3
}
_COLUMNS = ("artist", "albumname", "albumsku", "magnatunegenres")
_QUERY = """
    SELECT artists.name, albums.name, albums.sku, genres.name
    FROM albums JOIN artists ON artists.artists_id = albums.artist_id
    JOIN genres_albums ON genres_albums.album_id = albums.album_id
    JOIN genres ON genres.genre_id = genres_albums.genre_id
    ORDER BY albums.album_id, genres_albums.rowid
"""


@dataclass(frozen=True)
class Catalogue:
    """What Magnatune's catalogue says of albums.

    Attributes:
        genres: one of the ten genres by what `sku_key` and `name_key` make of an album.
        damaged: rows that could not be read.
    """

    genres: Mapping[str, str]
    damaged: int = 0


def main_genre(words: str) -> str | None:
    """The first of the ten genres in a list such as "Euro-Techno, Electronic", if one is there."""
    for word in words.replace(";", ",").split(","):
        genre = _SPELLINGS.get(_letters(word))
        if genre:
            return genre
    return None


def elect_genres(named: Iterable[tuple[str, str]]) -> dict[str, str]:
    """One genre for each key: the one that is named most often, in a tie the one named first.

    Args:
        named: pairs of a key, such as an album, and a list of genres in words.
    """
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for key, words in named:
        genre = main_genre(words)
        if genre:
            votes[key][genre] += 1
    return {key: counts.most_common(1)[0][0] for key, counts in votes.items()}


def sku_key(address: str) -> str:
    """An album by the last part of its address, or by its sku."""
    return f"sku {address.rstrip('/').rpartition('/')[2].casefold()}"


def name_key(artist: str, album: str) -> str:
    """An album by the letters of its artist and name."""
    return f"name {_letters(artist)} {_letters(album)}"


def read_catalogue(folder: Path) -> Catalogue | None:
    """Magnatune's catalogue, where a folder holds it.

    Raises:
        BadDataset: the file cannot be read, or is not Magnatune's catalogue.
    """
    paths = [folder / name for name in CATALOGUES if (folder / name).is_file()]
    if not paths:
        return None
    rows, damaged = _read_csv(paths[0]) if paths[0].suffix == ".csv" else (_read_db(paths[0]), 0)
    named = [(sku_key(sku), words) for _, _, sku, words in rows if sku]
    named += [(name_key(artist, album), words) for artist, album, _, words in rows]
    return Catalogue(elect_genres(named), damaged)


def _read_csv(path: Path) -> tuple[list[tuple[str, ...]], int]:
    """Rows of `_COLUMNS`, and how many rows have too many or too few cells.

    In the published file quotes inside a cell are escaped by a backslash, and now and then not.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            reader = csv.DictReader(file, escapechar="\\")
            header = reader.fieldnames or ()
            rows = list(reader)
    except (OSError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadDataset(f"{path}: cannot be read: {reason}") from error
    lacking = [column for column in _COLUMNS if column not in header]
    if lacking:
        raise BadDataset(f"{path}: has no column {', '.join(lacking)}")
    # DictReader puts cells beyond the last column under None, and None in cells that lack.
    whole = [row for row in rows if None not in row and None not in row.values()]
    return [tuple(row[column] for column in _COLUMNS) for row in whole], len(rows) - len(whole)


def _read_db(path: Path) -> list[tuple[str, ...]]:
    import sqlite3
    from contextlib import closing

    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            rows = database.execute(_QUERY).fetchall()
    except sqlite3.Error as error:
        raise BadDataset(f"{path}: is not Magnatune's catalogue: {error}") from error
    return [tuple(str(cell or "") for cell in row) for row in rows]


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


_SPELLINGS = {_letters(genre): genre for genre in GENRES} | {
    _letters(words): genre for words, genre in _OTHER_SPELLINGS.items()
}
