"""A CSV file that lists tracks, wherever they lie.

Only the column `path` must be there: a path, relative to the CSV's folder, or a URL that fsspec
opens (https://…, s3://…, zip://inner.wav::https://…). These columns are known:

    id                  the track's name; without it, the file's
    artist, album, recording, split, duration_seconds
    tags                words, separated by "; "
    kind                audio, log-mel or image, the same in every row; audio without it
    value:NAME          a number
    #NAME               a remark, which is not read

Every other column is an output, and its cells are labels. An empty cell says that it is not known.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, get_args
from urllib.parse import urlsplit

from earmark.datasets.base import Dataset, Group, Track, read_csv
from earmark.datasets.remote import cached_path, file_name
from earmark.errors import BadDataset
from earmark.sources import Kind

_GROUPS = get_args(Group)
_KNOWN = frozenset({"path", "id", *_GROUPS, "split", "duration_seconds", "tags", "kind"})
_VALUE = "value:"


class Manifest(Dataset):
    """The tracks that a CSV file lists."""

    name: ClassVar[str] = "manifest"
    kind: Kind = "audio"
    summary: ClassVar[str] = "any tracks, here or behind URLs, that a CSV file lists"
    outputs: tuple[str, ...] = ()
    citation: ClassVar[str] = "none: your own files"
    licence: ClassVar[str] = "that of the files"
    layout: ClassVar[str] = (
        "a CSV file with a column path (relative to it, or a URL) and, if known, id, artist, "
        "album, recording, split, duration_seconds, tags, kind, value:NAME; any other column is "
        "an output whose cells are labels, and #NAME is a remark"
    )
    source: ClassVar[str] = "your own"
    takes_file: ClassVar[bool] = True

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._rows = [
            {name: (cell or "").strip() for name, cell in row.items()}
            for row in read_csv(folder, ["path"])
        ]
        columns = list(self._rows[0]) if self._rows else []
        self.outputs = tuple(
            name for name in columns if name not in _KNOWN and not name.startswith((_VALUE, "#"))
        )
        self.values = tuple(
            name.removeprefix(_VALUE) for name in columns if name.startswith(_VALUE)
        )
        self.has_tags = any(row.get("tags") for row in self._rows)
        self.groups = tuple(name for name in _GROUPS if any(row.get(name) for row in self._rows))
        self.kind = self._read_kind()

    def tracks(self) -> Sequence[Track]:
        """The tracks, in the order of the rows."""
        if not self._rows:
            raise BadDataset(f"{self.folder}: lists no track")
        shared = Counter(file_name(row["path"]) for row in self._rows)
        found = []
        for number, row in enumerate(self._rows, start=2):
            try:
                name = file_name(row["path"])
                alone = Path(name).stem if shared[name] == 1 else row["path"]
                found.append(self._track(row, row.get("id") or alone))
            except ValueError as error:
                raise BadDataset(f"{self.folder}: row {number}: {error}") from error
        name, count = Counter(track.id for track in found).most_common(1)[0]
        if count > 1:
            raise BadDataset(f"{self.folder}: {count} tracks are called {name!r}; give each an id")
        return found

    def tables(self) -> Sequence[Path]:
        """The CSV file itself."""
        return [self.folder]

    def notes(self) -> Sequence[str]:
        """How many tracks are not checked because they lie elsewhere."""
        remote = sum(track.url is not None for track in self.tracks())
        return [f"{remote} tracks lie elsewhere and are not checked"] if remote else []

    def _track(self, row: Mapping[str, str], name: str) -> Track:
        place = row["path"]
        if not place:
            raise ValueError("its path is empty")
        url = place if "://" in place and not _is_local(place) else None
        if _is_local(place):
            from urllib.request import url2pathname

            place = url2pathname(urlsplit(place).path)
        duration = row.get("duration_seconds")
        return Track(
            id=name,
            path=self.folder.parent / place if url is None else cached_path(url),
            url=url,
            labels={output: row[output] for output in self.outputs if row[output]},
            values={
                value: _number(f"{_VALUE}{value}", cell)
                for value in self.values
                if (cell := row[f"{_VALUE}{value}"])
            },
            tags=tuple(tag for part in row.get("tags", "").split(";") if (tag := part.strip())),
            duration_seconds=_number("duration_seconds", duration) if duration else None,
            split=row.get("split") or None,
            artist=row.get("artist") or None,
            album=row.get("album") or None,
            recording=row.get("recording") or None,
        )

    def _read_kind(self) -> Any:
        kinds = {row.get("kind") or "audio" for row in self._rows} or {"audio"}
        kind = kinds.pop()
        if kinds or kind not in get_args(Kind):
            choices = ", ".join(get_args(Kind))
            raise BadDataset(f"{self.folder}: column kind: write one of {choices} in every row")
        return kind


def _is_local(place: str) -> bool:
    return place.startswith("file://") and "::" not in place


def _number(column: str, cell: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{column} is {cell!r}, which is no number")
    return number
