"""GTZAN as audio, as pictures and as log-mel images, with artists, faults and filtered lists.

1000 excerpts of 30 s in ten genres, of which the filtered lists keep 930 (443 train, 197 valid,
290 test), without repetitions, distortions and mislabelled tracks, and with no artist on two lists.

What is known of the recordings comes from files that lie in the folder or in a folder `gtzan-meta`
in it or beside it: `tracks.csv` (track, genre, split, artist, …; without it no artist is known),
else the three lists `train_filtered.txt`, `valid_filtered.txt`, `test_filtered.txt` (without them
no side either), and `repetitions.csv` (track, same_as).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from earmark.datasets.base import Dataset, Track, music_files, read_csv
from earmark.datasets.index import Index
from earmark.errors import BadDataset
from earmark.files import AUDIO_SUFFIXES
from earmark.sources import Kind

GENRES = (
    "blues classical country disco hiphop jazz metal pop reggae rock".split()
)  # the order that everyone uses
UNREADABLE = "jazz.00054"
"""The track whose file is damaged in common copies, and absent from others."""

_FAULTS = {
    UNREADABLE: "unreadable in common copies",
    "reggae.00086": "noise from its eighth second on",
}
_LISTS = ("train", "valid", "test")
_ID = re.compile(rf"({'|'.join(GENRES)})\.([0-9]{{5}})")


class _Gtzan(Dataset):
    groups = ("artist",)
    citation: ClassVar[str] = (
        "G. Tzanetakis and P. Cook, Musical genre classification of audio signals, IEEE "
        "Transactions on Speech and Audio Processing 10(5), 2002; faults and artists: B. L. Sturm, "
        "The GTZAN dataset, arXiv:1306.1461; lists: C. Kereliuk, B. L. Sturm and J. Larsen, Deep "
        "learning and music adversaries, IEEE Transactions on Multimedia 17(11), 2015"
    )
    licence: ClassVar[str] = "of the recordings: unknown; used for research on genre"
    suffixes: ClassVar[frozenset[str]]
    inner: ClassVar[tuple[str, ...]]
    """Folders in which archives hold the genre folders."""
    separator: ClassVar[str] = "."
    """What stands between genre and number in a file's name."""

    def tracks(self) -> Sequence[Track]:
        """The tracks whose file is in the folder, in the order of their ids."""
        found = self._files()
        if not found:
            raise BadDataset(f"{self.folder}: holds none of GTZAN's files; expected: {self.layout}")
        known = self._known()
        return [
            Track(
                id=name,
                path=path,
                labels={"genre": name.partition(".")[0]},
                artist=known.artists.get(name),
                split=known.splits.get(name),
                duration_seconds=30.0,
                faults=known.faults(name),
            )
            for name, path in found.items()
        ]

    def tables(self) -> Sequence[Path]:
        """What tells artists, sides, faults and, of a part of GTZAN, its files."""
        return [path for path in (*self._known().tables, self._part()) if path.is_file()]

    def expected(self, tracks: Sequence[Track]) -> Iterator[Path]:
        """All 1000 files but the one that copies may lack, or those of the copy's index.csv."""
        if self._part().is_file():
            yield from (self.folder / row["path"] for row in read_csv(self._part(), ["path"]))
            return
        known = {track.id for track in tracks} | {UNREADABLE}
        suffix = Counter(track.path.suffix for track in tracks).most_common(1)[0][0]
        root = tracks[0].path.parents[1]
        for genre in GENRES:
            for i in range(100):
                if f"{genre}.{i:05}" not in known:
                    yield root / genre / f"{genre}{self.separator}{i:05}{suffix}"

    def notes(self) -> Sequence[str]:
        """What is not known, and what is known to be wrong."""
        tracks = self.tracks()
        known = self._known()
        notes = []
        if self._part().is_file():
            notes.append(f"a part of GTZAN: index.csv lists {len(tracks)} of its 1000 tracks")
        if not known.artists:
            notes.append(
                "no artist is known, so no split can keep artists apart but the filtered lists: "
                "put tracks.csv into the folder or into gtzan-meta beside it"
            )
        if not known.splits:
            notes.append(
                "no official side is known: put train_filtered.txt, valid_filtered.txt and "
                "test_filtered.txt into the folder or into gtzan-meta beside it"
            )
        return notes

    def _music(self) -> Iterator[Path]:
        inner = [self.folder / name for name in self.inner if (self.folder / name).is_dir()]
        for root in inner or [self.folder]:
            yield from music_files(root, self.kind)

    def _files(self) -> dict[str, Path]:
        """The file of each track; of several the first by name."""
        for root in (self.folder, *(self.folder / name for name in self.inner)):
            found: dict[str, Path] = {}
            for genre in GENRES:
                start = f"{genre}{self.separator}"
                for path in sorted((root / genre).glob(f"{start}*")):
                    name = f"{genre}.{path.stem.removeprefix(start)}"
                    fits = _ID.fullmatch(name) and path.suffix.lower() in self.suffixes
                    if fits and path.is_file():
                        found.setdefault(name, path)
            if found:
                return found
        return {}

    def _part(self) -> Path:
        return self.folder / "index.csv"

    def _known(self) -> _Known:
        return _read_known(self.folder)


class GtzanAudio(_Gtzan):
    """GTZAN's recordings, in the formats of all the copies around."""

    name: ClassVar[str] = "gtzan"
    kind: Kind = "audio"
    summary: ClassVar[str] = "GTZAN's audio: 10 genres, artists, known faults, filtered lists"
    layout: ClassVar[str] = (
        "GENRE/GENRE.00000.wav, .au or any other audio, in the folder or in genres or "
        "genres_original in it; tracks.csv or the lists *_filtered.txt in it or in gtzan-meta"
    )
    source: ClassVar[str] = "genres.tar.gz, as found in archives: the authors' page is gone"
    suffixes = AUDIO_SUFFIXES
    inner = ("genres", "genres_original")


class GtzanImages(_Gtzan):
    """The widely circulated pictures of GTZAN's mel spectrograms: 432 × 288, colours, white border.

    Each is named without the dot, GENRE/genre00000.png; jazz.00054 has none.
    """

    name: ClassVar[str] = "gtzan-images"
    kind: Kind = "image"
    summary: ClassVar[str] = "GTZAN as 999 coloured pictures of 432 × 288 with a white border"
    layout: ClassVar[str] = (
        "GENRE/genre00000.png, in the folder or in images_original in it; tracks.csv or the lists "
        "*_filtered.txt in it or in gtzan-meta"
    )
    source: ClassVar[str] = (
        "kaggle.com/datasets/andradaolteanu/gtzan-dataset-music-genre-classification"
    )
    published: ClassVar[Mapping[str, Mapping[str, int]]] = {
        "genre": dict.fromkeys(GENRES, 100) | {"jazz": 99}
    }
    suffixes = frozenset({".png"})
    inner = ("images_original",)
    separator = ""


class GtzanMel(_Gtzan):
    """GTZAN's tracks that are present as log-mel images, with side and artist.

    The folder is one of images, or holds the folders gtzan-mel and gtzan-mel-faulty and is then
    both together. The side of tracks that the fault filter leaves out is "faulty".
    """

    name: ClassVar[str] = "gtzan-mel"
    kind: Kind = "log-mel"
    summary: ClassVar[str] = "GTZAN as log-mel images: 10 genres, artists, filtered lists"
    layout: ClassVar[str] = (
        "GENRE/GENRE.00000.png, in the folder or in gtzan-mel and gtzan-mel-faulty in it; "
        "tracks.csv in it or in gtzan-meta"
    )
    source: ClassVar[str] = "made from GTZAN's audio by earmark.features.log_mel_image"
    suffixes = frozenset({".png"})
    inner = ("gtzan-mel", "gtzan-mel-faulty")

    def expected(self, tracks: Sequence[Track]) -> Iterator[Path]:
        """All images of the lists of which some are present; train and valid come together."""
        present = {track.id: track for track in tracks}
        roots = {track.split: track.path.parents[1] for track in tracks}
        for sides in (("train", "valid"), ("valid", "train")):
            if sides[0] in roots:
                roots.setdefault(sides[1], roots[sides[0]])
        for name, side in self._known().splits.items():
            if side in roots and name not in present:
                yield roots[side] / name.partition(".")[0] / f"{name}.png"

    def index(self) -> Index | None:
        """The committed index as far as it is of the folders that are here.

        It is that of the two folders together, and one of them may be opened alone.
        """
        index = super().index()
        if index is None:
            return None
        rows = [(*name.partition("/")[::2], entry) for name, entry in index.items()]
        if self._is_both():
            here = {folder for folder, _, _ in rows if (self.folder / folder).is_dir()}
            return {f"{folder}/{name}": entry for folder, name, entry in rows if folder in here}
        here = {folder for folder, name, _ in rows if (self.folder / name).is_file()}
        return {name: entry for folder, name, entry in rows if folder in here}

    def _is_both(self) -> bool:
        return any((self.folder / name).is_dir() for name in self.inner)

    def _files(self) -> dict[str, Path]:
        known = self._known()
        roots = [self.folder / name for name in self.inner] if self._is_both() else [self.folder]
        paths = {
            name: path
            for root in roots
            for name in known.splits
            if (path := root / name.partition(".")[0] / f"{name}.png").is_file()
        }
        return {name: paths[name] for name in known.splits if name in paths}

    def _known(self) -> _Known:
        known = super()._known()
        if all(path.name == "repetitions.csv" for path in known.tables):
            raise BadDataset(
                f"{self.folder}: tracks.csv is neither in it nor in gtzan-meta beside it; "
                "to judge images without it, use --data log-mel=DIR"
            )
        return known


@dataclass(frozen=True)
class _Known:
    """What the tables tell of the tracks, by id."""

    tables: tuple[Path, ...]
    artists: Mapping[str, str]
    splits: Mapping[str, str]
    repetitions: Mapping[str, tuple[str, ...]]

    def faults(self, track: str) -> tuple[str, ...]:
        """What is known to be wrong with a track."""
        faults = [_FAULTS[track]] if track in _FAULTS else []
        faults += [f"an exact repetition of {other}" for other in self.repetitions.get(track, ())]
        if not faults and self.splits.get(track) == "faulty":
            faults.append("left out by the fault filter: repeated, distorted or mislabelled")
        return tuple(faults)


def _read_known(folder: Path) -> _Known:
    found: dict[str, Path] = {}
    for place in (folder.parent / "gtzan-meta", folder / "gtzan-meta", folder):
        for name in ("tracks.csv", "repetitions.csv", *(f"{s}_filtered.txt" for s in _LISTS)):
            if (place / name).is_file():
                found[name] = place / name
    artists: dict[str, str] = {}
    splits: dict[str, str] = {}
    if "tracks.csv" in found:
        for row in read_csv(found["tracks.csv"], ["track", "genre", "split", "artist"]):
            splits[row["track"]] = row["split"]
            if row["artist"]:
                artists[row["track"]] = row["artist"]
    elif all(f"{side}_filtered.txt" in found for side in _LISTS):
        splits = _read_lists({side: found[f"{side}_filtered.txt"] for side in _LISTS})
    repetitions: dict[str, tuple[str, ...]] = {}
    if "repetitions.csv" in found:
        for row in read_csv(found["repetitions.csv"], ["track", "same_as"]):
            for one, other in ((row["track"], row["same_as"]), (row["same_as"], row["track"])):
                repetitions[one] = (*repetitions.get(one, ()), other)
    return _Known(tuple(found.values()), artists, splits, repetitions)


def _read_lists(paths: Mapping[str, Path]) -> dict[str, str]:
    """Side by track, of all tracks; those on no list are faulty."""
    splits = {f"{genre}.{i:05}": "faulty" for genre in GENRES for i in range(100)}
    for side, path in paths.items():
        try:
            lines = path.read_text(encoding="utf-8").split()
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or "not a text file"
            raise BadDataset(f"{path}: cannot be read: {reason}") from error
        for line in lines:  # blues.00029, blues.00029.wav or blues/blues.00029.wav
            match = _ID.match(line.rpartition("/")[2])
            if match is None:
                raise BadDataset(f"{path}: {line!r} is no track of GTZAN")
            splits[f"{match[1]}.{match[2]}"] = side
    return splits
