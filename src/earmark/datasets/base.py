"""What a data set offers and what a track is."""

from __future__ import annotations

import csv
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from earmark.errors import BadDataset
from earmark.sources import Kind


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

    @property
    def group(self) -> str:
        """What must not stand on two sides of a split: the artist, else the track itself."""
        return f"artist:{self.artist.casefold()}" if self.artist else f"track:{self.id}"


class Dataset(ABC):
    """A data set in a folder.

    Attributes:
        name: what options and recipes call it.
        kind: what its files are.
        citation: the paper to cite.
        licence: what is known of the licence.
    """

    name: ClassVar[str]
    kind: ClassVar[Kind]
    citation: ClassVar[str]
    licence: ClassVar[str]

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @abstractmethod
    def tracks(self) -> Sequence[Track]:
        """All tracks, in a fixed order, without opening a single one.

        Raises:
            BadDataset: the folder does not hold this data set.
        """

    def validate(self) -> list[str]:
        """What is missing or doubtful in this copy, a line each; empty if nothing is."""
        missing = [track for track in self.tracks() if not track.path.is_file()]
        return [f"{track.path}: missing" for track in missing]


def read_csv(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Rows of a CSV file with a header.

    Raises:
        BadDataset: it is missing, unreadable, lacks one of the columns, or a row of it does.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
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
    return rows
