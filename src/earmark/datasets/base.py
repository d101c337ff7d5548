"""What a data set offers and what a track is."""

from __future__ import annotations

import csv
import os
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import ClassVar, Literal

from earmark.datasets.checksums import check_published
from earmark.datasets.index import Index, check_index, committed_index, make_index
from earmark.errors import BadDataset
from earmark.files import AUDIO_SUFFIXES
from earmark.sources import Kind

Group = Literal["artist", "album", "recording"]
"""What several tracks may share, so that a split can keep them together."""

_NAMED_APART = 20  # missing files of a folder; more of them are one line


@dataclass(frozen=True)
class Track:
    """A piece of music of a data set.

    Attributes:
        id: its name, unique in the data set.
        path: its audio or image.
        labels: label by output, such as {"genre": "jazz"}; without those that it lacks.
        artist: who plays, where that is known.
        split: the official side on which it stands, where there is one.
        duration_seconds: its length, where that is known without opening it.
        album: the record it is on, where that is known.
        recording: what it was cut from; clips of one recording share it.
        tags: words that listeners gave it, where a track may have several.
        values: number by name, such as {"valence": 0.7}; without those that it lacks.
        faults: what is known to be wrong with it, in words.
        url: where `path` is fetched from, for a track that lies elsewhere.
        side_in_gtzan: the side of GTZAN's lists on which its artist stands, if on any, so that
            what is learnt from beside GTZAN does not give away what is judged.
    """

    id: str
    path: Path
    labels: Mapping[str, str] = field(default_factory=dict)
    artist: str | None = None
    split: str | None = None
    duration_seconds: float | None = None
    album: str | None = None
    recording: str | None = None
    tags: tuple[str, ...] = ()
    values: Mapping[str, float] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    url: str | None = None
    side_in_gtzan: str | None = None


class Dataset(ABC):
    """A data set in a folder.

    The attributes describe the data set whatever the copy; `tracks`, `notes` and `validate` speak
    of the copy in `folder`.

    Attributes:
        name: what options and recipes call it.
        kind: what its files are.
        summary: what it is, in one line.
        outputs: the questions that its labels answer, such as "genre".
        values: the numbers that its tracks have, such as "valence".
        has_tags: whether its tracks have tags.
        groups: what is known of its tracks that a split can keep together.
        published: number of tracks by output and label, where a whole copy has always the same.
        checksums: those that were published with tables and archives, by file name, such as
            "md5:f04f…"; compared where the file lies in the folder.
        citation: the paper to cite.
        licence: what is known of the licence.
        layout: what the folder holds.
        source: where to get it.
        takes_file: whether `folder` is a file.
    """

    name: ClassVar[str]
    kind: Kind
    summary: ClassVar[str]
    outputs: tuple[str, ...] = ("genre",)
    values: tuple[str, ...] = ()
    has_tags: bool = False
    groups: tuple[Group, ...] = ()
    published: ClassVar[Mapping[str, Mapping[str, int]]] = {}
    checksums: ClassVar[Mapping[str, str]] = {}
    citation: ClassVar[str]
    licence: ClassVar[str]
    layout: ClassVar[str]
    source: ClassVar[str]
    takes_file: ClassVar[bool] = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @abstractmethod
    def tracks(self) -> Sequence[Track]:
        """All tracks, in a fixed order, without opening a single one.

        Raises:
            BadDataset: the folder does not hold this data set.
        """

    def tables(self) -> Sequence[Path]:
        """The files that `tracks` reads."""
        return ()

    def notes(self) -> Sequence[str]:
        """What to know of this copy although nothing is wrong with it, a line each."""
        return ()

    def gather(self) -> str:
        """Write down what `tracks` should know and only the files themselves tell.

        Returns:
            What was written, in a line.

        Raises:
            BadDataset: there is nothing of the kind in this data set, or it cannot be written.
        """
        raise BadDataset(f"{self.name}: its tables say everything; there is nothing to gather")

    def expected(self, tracks: Sequence[Track]) -> Iterable[Path]:
        """Files that a whole copy holds besides those of its tracks."""
        return ()

    def problems(self, tracks: Sequence[Track]) -> Iterator[str]:
        """What only this data set can find missing or doubtful, a line each; part of `validate`."""
        yield from ()

    def index(self) -> Index | None:
        """The committed index of the files that this copy should hold, where there is one."""
        return committed_index(self.name)

    def make_index(self) -> Index:
        """Sizes and checksums of this copy's tracks and tables, to check others by.

        Raises:
            BadDataset: a file is missing or cannot be read.
        """
        files = [*self._local(self.tracks()), *self.tables()]
        inside = [path for path in files if path.is_relative_to(self._root)]
        return make_index(self._root, inside)

    def validate(self, index: Index | None = None) -> Iterator[str]:
        """What is missing or doubtful in this copy, a line each, as it is found.

        Args:
            index: what the copy should hold; None for the committed index, if there is one.

        Raises:
            BadDataset: the folder does not hold this data set.
        """
        tracks = self.tracks()
        index = self.index() if index is None else index
        indexed = dict.fromkeys(self._root / name for name in index or ())
        wanted = dict.fromkeys((*self._local(tracks), *self.expected(tracks), *indexed))
        yield from _missing(path for path in wanted if not is_file(path))
        known = wanted.keys() | self.tables()
        for path in self._music():
            if path not in known:
                yield f"{path}: is no track of {self.name}"
        yield from check_published(self._root, self.checksums)
        yield from self.problems(tracks)
        yield from self._wrong_counts(tracks)
        if index is not None:
            yield from _unindexed(self._local(tracks), indexed)
            yield from check_index(self._root, index)

    @property
    def _root(self) -> Path:
        return self.folder.parent if self.takes_file else self.folder

    def _music(self) -> Iterator[Path]:
        """The files of the copy that look like tracks; those that are none are doubtful."""
        if not self.takes_file:  # a file lists what belongs, and may lie among others
            yield from music_files(self.folder, self.kind)

    def _wrong_counts(self, tracks: Sequence[Track]) -> Iterator[str]:
        for output, published in self.published.items():
            counts = Counter(track.labels.get(output) for track in tracks)
            for label, expected in published.items():
                if counts[label] != expected:
                    yield f"{output} {label}: {counts[label]} tracks; {expected} were published"

    def _local(self, tracks: Sequence[Track]) -> list[Path]:
        return [track.path for track in tracks if track.url is None]


def _missing(paths: Iterable[Path]) -> Iterator[str]:
    for folder, files in groupby(paths, key=lambda path: path.parent):
        first, *others = files
        if len(others) < _NAMED_APART:
            yield from (f"{path}: missing" for path in (first, *others))
        else:
            yield f"{folder}: {len(others) + 1} files are missing, the first of them {first.name}"


def _unindexed(paths: Sequence[Path], indexed: Container[Path]) -> Iterator[str]:
    unchecked = [path for path in paths if path not in indexed and is_file(path)]
    if unchecked:
        others = f"; so are {len(unchecked) - 1} others" if len(unchecked) > 1 else ""
        yield f"{unchecked[0]}: not in the index, so its content is unchecked{others}"


def is_file(path: Path) -> bool:
    """Whether there is such a file; none has an impossible name, where Path's own raises."""
    return os.path.isfile(path)  # noqa: PTH113  (Path.is_file raises on names that are too long)


def music_files(folder: Path, kind: Kind) -> Iterator[Path]:
    """The files below a folder whose suffix fits the kind, by name, hidden ones left out."""
    suffixes = AUDIO_SUFFIXES if kind == "audio" else {".png"}
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in suffixes and not hidden and path.is_file():
            yield path


def read_csv(path: Path, columns: Sequence[str], *, delimiter: str = ",") -> list[dict[str, str]]:
    """Rows of a CSV file with a header.

    Raises:
        BadDataset: it is missing, unreadable, lacks one of the columns, or a row of it does; or a
            row has more cells than the header.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter=delimiter)
            header = reader.fieldnames or ()
            rows = list(reader)
    except (OSError, UnicodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadDataset(f"{path}: cannot be read: {reason}") from error
    lacking = [column for column in columns if column not in header]
    if lacking:
        raise BadDataset(f"{path}: has no column {', '.join(lacking)}")
    if any(row[column] is None for row in rows for column in columns):
        raise BadDataset(f"{path}: damaged: a row has too few cells")
    for number, row in enumerate(rows, start=2):
        if None in row:
            raise BadDataset(
                f"{path}: row {number} has too many cells: a comma in a cell wants quotes around it"
            )
    return rows
