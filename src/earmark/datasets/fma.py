"""FMA, the Free Music Archive's data set, in its small and its medium size: clips of 30 s.

As published, `fma_metadata.zip` unpacks to `fma_metadata` with three tables, and `fma_small.zip` or
`fma_medium.zip` to a folder of that name:

    fma_metadata/tracks.csv    53 columns under two header rows (set, split; track, genre_top; …)
                               and a third row that says track_id; all 106,574 tracks of FMA
    fma_metadata/genres.csv    genre_id, #tracks, parent, title, top_level
    fma_metadata/echonest.csv  250 columns under three header rows, and a fourth that says track_id;
                               Echo Nest's (now Spotify's) numbers for 13,129 of the tracks
    fma_small/000/000002.mp3   … and `checksums`, a list of the SHA-1 of every mp3

The official split keeps every artist on one side. Clips were cut from the middle of tracks, whose
length was now and then recorded wrongly: of the medium size, 15 hold no sound and 6 too little.

`yu2018` cuts valence into Sad, Neutral and Happy without saying where. The guess here is thirds of
its range, and a setting. Its six genres are Rock, Hip-Hop, Pop, Folk, Instrumental and Electronic,
75 songs each; which songs is not said: they can only be drawn among those that have a mood.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from earmark.datasets.base import Dataset, Group, Track
from earmark.datasets.checksums import check_published, read_sha1_list
from earmark.datasets.tables import read_columns
from earmark.errors import BadDataset
from earmark.sources import Kind

THIRDS = (1 / 3, 2 / 3)
"""Where valence is cut into moods: our guess of what `yu2018` did."""

_VALUES = (
    "acousticness danceability energy instrumentalness liveness speechiness tempo valence".split()
)
_SIDES = {"training": "train", "validation": "valid", "test": "test"}
_TOO_SHORT = frozenset({98565, 98566, 98567, 98568, 98569, 108924})
_SILENT = frozenset(
    {1486, 5574, 65753, 80391, 98558, 98559, 98560, 98571, 99134, 105247, 108925, 126981, 127336}
    | {133297, 143992}
)
"""Of small and medium: github.com/mdeff/fma/issues/8 lists them with their recorded and their true
lengths; those are silent whose middle, as recorded, lies a second or more beyond their end."""


def mood(valence: float, bounds: tuple[float, float] = THIRDS) -> str:
    """Sad below the first bound, happy from the second on, neutral between (`yu2018`)."""
    sad, happy = bounds
    return "sad" if valence < sad else "happy" if valence >= happy else "neutral"


class FmaSmall(Dataset):
    """The 8,000 clips of FMA's small size.

    Artists and albums are told apart by FMA's numbers, which stand behind their names.
    """

    name: ClassVar[str] = "fma-small"
    kind: Kind = "audio"
    summary: ClassVar[str] = "FMA small: 8,000 clips of 30 s, 1,000 in each of 8 genres"
    outputs: tuple[str, ...] = ("genre", "mood")
    values: tuple[str, ...] = tuple(_VALUES)
    has_tags: bool = True
    groups: tuple[Group, ...] = ("artist", "album")
    published: ClassVar[Mapping[str, Mapping[str, int]]] = {
        "genre": dict.fromkeys(
            "Electronic|Experimental|Folk|Hip-Hop|Instrumental|International|Pop|Rock".split("|"),
            1000,
        )
    }
    checksums: ClassVar[Mapping[str, str]] = {
        "fma_metadata.zip": "sha1:f0df49ffe5f2a6008d7dc83c6915b31835dfe733",
        "fma_small.zip": "sha1:ade154f733639d52e35e32f5593efe5be76c6d70",
    }
    citation: ClassVar[str] = (
        "M. Defferrard, K. Benzi, P. Vandergheynst and X. Bresson, FMA: A dataset for music "
        "analysis, 18th International Society for Music Information Retrieval Conference, 2017, "
        "arXiv:1612.01840"
    )
    licence: ClassVar[str] = (
        "of the metadata: Creative Commons Attribution 4.0; of each recording: the one that its "
        "artist chose (column track, license); meant for research"
    )
    layout: ClassVar[str] = "fma_metadata and fma_small, unpacked beside each other"
    source: ClassVar[str] = "https://github.com/mdeff/fma"

    _subsets: ClassVar[tuple[str, ...]] = ("small",)
    _audio_name: ClassVar[str] = "fma_small"

    def __init__(self, folder: Path, *, mood_bounds: tuple[float, float] = THIRDS) -> None:
        super().__init__(folder)
        self.mood_bounds = mood_bounds

    def tracks(self) -> Sequence[Track]:
        """The tracks of this size, in the order of `tracks.csv`."""
        audio, path = self._audio(), self._table("tracks")
        genres, values = self._genres(), self._echonest()
        found = []
        for row in read_columns(path, _COLUMNS, levels=2):
            if row[_SUBSET] in self._subsets:
                try:
                    found.append(self._track(row, audio, genres, values))
                except ValueError as error:
                    raise BadDataset(f"{path}: damaged: track {row[0]}: {error}") from error
        if not any(track.path.is_file() for track in found):
            raise BadDataset(
                f"{audio}: holds none of the mp3 that tracks.csv names (000/000002.mp3)"
            )
        return found

    def tables(self) -> Sequence[Path]:
        """The three tables of the metadata."""
        return [self._table(name) for name in ("tracks", "genres", "echonest")]

    def notes(self) -> Sequence[str]:
        """How many tracks have numbers."""
        tracks = self.tracks()
        with_mood = sum("mood" in track.labels for track in tracks)
        return [f"{with_mood} of {len(tracks)} tracks have Echo Nest's numbers, and so a mood"]

    def problems(self, tracks: Sequence[Track]) -> Iterator[str]:
        """Which clips are not as the published list of checksums says, where that is there."""
        audio = self._audio()
        if (audio / "checksums").is_file():
            yield from check_published(audio, read_sha1_list(audio / "checksums"))

    def _audio(self) -> Path:
        """The folder of the mp3: in the data set's folder, or that itself."""
        if (self.folder / self._audio_name).is_dir():
            return self.folder / self._audio_name
        if any(self.folder.glob("[0-9][0-9][0-9]")):
            return self.folder
        raise BadDataset(f"{self.folder}: holds no folder {self._audio_name} with the mp3")

    def _table(self, name: str) -> Path:
        for folder in (self.folder, self.folder.parent):
            path = folder / "fma_metadata" / f"{name}.csv"
            if path.is_file():
                return path
        raise BadDataset(
            f"{self.folder}: fma_metadata/{name}.csv is neither in it nor beside it; "
            "unpack fma_metadata.zip there"
        )

    def _music(self) -> Iterator[Path]:
        # Another size may lie in the same folder.
        yield from sorted(self._audio().rglob("*.mp3"))

    def _genres(self) -> dict[str, str]:
        rows = read_columns(self._table("genres"), ["genre_id", "title"])
        return {number: title for number, title in rows}  # noqa: C416  (dict() hides the pair)

    def _echonest(self) -> dict[int, dict[str, float]]:
        path = self._table("echonest")
        columns = [f"echonest.audio_features.{name}" for name in _VALUES]
        values = {}
        for number, *cells in read_columns(path, ["track_id", *columns], levels=3):
            try:
                named = zip(_VALUES, cells, strict=True)
                values[int(number)] = {name: float(cell) for name, cell in named if cell}
            except ValueError as error:
                raise BadDataset(f"{path}: damaged: track {number}: {error}") from error
        return values

    def _track(
        self,
        row: tuple[str, ...],
        audio: Path,
        genres: Mapping[str, str],
        values: Mapping[int, Mapping[str, float]],
    ) -> Track:
        track_id, split, _, genre, tags, artist_id, artist, album_id, album = row
        number = int(track_id)
        numbers = values.get(number, {})
        labels = {"genre": genre} if genre else {}
        if "valence" in numbers:
            labels["mood"] = mood(numbers["valence"], self.mood_bounds)
        faults = _faults(number)
        return Track(
            id=f"{number:06}",
            path=audio / f"{number // 1000:03}" / f"{number:06}.mp3",
            labels=labels,
            artist=_named(artist, artist_id),
            split=_SIDES.get(split),
            duration_seconds=None if faults else 30.0,
            album=_named(album, album_id),
            tags=_titles(tags, genres),
            values=numbers,
            faults=faults,
        )


class FmaMedium(FmaSmall):
    """The 25,000 clips of FMA's medium size, the small one's among them."""

    name: ClassVar[str] = "fma-medium"
    summary: ClassVar[str] = "FMA medium: 25,000 clips of 30 s in 16 genres of unlike size"
    published: ClassVar[Mapping[str, Mapping[str, int]]] = {
        "genre": {
            "Rock": 7103,
            "Electronic": 6314,
            "Experimental": 2251,
            "Hip-Hop": 2201,
            "Folk": 1519,
            "Instrumental": 1350,
            "Pop": 1186,
            "International": 1018,
            "Classical": 619,
            "Old-Time / Historic": 510,
            "Jazz": 384,
            "Country": 178,
            "Soul-RnB": 154,
            "Spoken": 118,
            "Blues": 74,
            "Easy Listening": 21,
        }
    }
    checksums: ClassVar[Mapping[str, str]] = {
        "fma_metadata.zip": "sha1:f0df49ffe5f2a6008d7dc83c6915b31835dfe733",
        "fma_medium.zip": "sha1:c67b69ea232021025fca9231fc1c7c1a063ab50b",
    }
    layout: ClassVar[str] = "fma_metadata and fma_medium, unpacked beside each other"

    _subsets: ClassVar[tuple[str, ...]] = ("small", "medium")
    _audio_name: ClassVar[str] = "fma_medium"


_COLUMNS = (
    "track_id set.split set.subset track.genre_top track.genres "
    "artist.id artist.name album.id album.title".split()
)
_SUBSET = _COLUMNS.index("set.subset")


def _named(name: str, number: str) -> str | None:
    return f"{name} ({number})" if name else None


def _titles(cell: str, genres: Mapping[str, str]) -> tuple[str, ...]:
    """Titles of the genres in a cell such as "[21, 103]"."""
    numbers = cell.strip("[]").replace(",", " ").split()
    unknown = [number for number in numbers if number not in genres]
    if unknown:
        raise ValueError(f"genre {unknown[0]!r} is not in genres.csv")
    return tuple(genres[number] for number in numbers)


def _faults(number: int) -> tuple[str, ...]:
    if number in _SILENT:
        return ("holds no sound: cut beyond the end of the track",)
    return ("much shorter than 30 s",) if number in _TOO_SHORT else ()
