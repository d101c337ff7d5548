"""The index of a data set: which files a whole copy holds, with size and checksum.

A CSV of three columns: `path`, relative to the data set's folder and with forward slashes;
`bytes`; `sha256`, of which the first 128 bits stand, since they tell damage as surely in half the
room.
For data sets that are at hand to everyone alike, one is committed as `indexes/NAME.csv`.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from earmark.errors import BadDataset

COMMITTED = Path(__file__).parent / "indexes"
_COLUMNS = ["path", "bytes", "sha256"]
_HEX_DIGITS = 32


@dataclass(frozen=True)
class Entry:
    """What is known of a file: its size and the first 128 bits of its SHA-256, in hex."""

    bytes: int
    sha256: str


Index = Mapping[str, Entry]
"""The files of a whole copy, by path relative to its folder."""


def make_index(folder: Path, files: Iterable[Path]) -> dict[str, Entry]:
    """The index of files in a folder, in the order of their paths.

    Raises:
        BadDataset: a file cannot be read.
    """
    entries = {}
    for path in files:
        try:
            entries[path.relative_to(folder).as_posix()] = _entry(path)
        except OSError as error:
            raise BadDataset(f"{path}: cannot be read: {error.strerror}") from error
    return dict(sorted(entries.items()))


def write_index(index: Index, path: Path) -> None:
    """Write an index, all of it or nothing.

    Raises:
        BadDataset: it cannot be written there.
    """
    text = io.StringIO(newline="")
    # A name may hold any character, and csv's own rule leaves a carriage return unquoted.
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(_COLUMNS)
    writer.writerows([name, entry.bytes, entry.sha256] for name, entry in index.items())
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        unfinished.write_bytes(text.getvalue().encode("utf-8", "surrogateescape"))
        unfinished.replace(path)
    except OSError as error:
        raise BadDataset(f"{path}: cannot be written: {error.strerror}") from error


def read_index(path: Path) -> dict[str, Entry]:
    """Read an index.

    Raises:
        BadDataset: it cannot be read, or is none.
    """
    try:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            header, *rows = csv.reader(file)
        if header != _COLUMNS:
            raise ValueError
        index = {name: Entry(int(size), digest) for name, size, digest in rows}
    except OSError as error:
        raise BadDataset(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, csv.Error) as error:
        raise BadDataset(f"{path}: is no index of path, bytes and sha256") from error
    if any(len(entry.sha256) != _HEX_DIGITS for entry in index.values()):
        raise BadDataset(f"{path}: damaged: a checksum has not {_HEX_DIGITS} digits")
    return index


def committed_index(name: str) -> dict[str, Entry] | None:
    """The index that comes with Earmark, where there is one."""
    path = COMMITTED / f"{name}.csv"
    return read_index(path) if path.is_file() else None


def check_index(folder: Path, index: Index) -> Iterator[str]:
    """Which files are not as in the index, a line each, as found; absent ones are left out."""
    for name, expected in index.items():
        path = folder / name
        try:
            size = path.stat().st_size
            if size != expected.bytes:
                yield f"{path}: has {size:,} bytes; {expected.bytes:,} are expected"
            elif _entry(path) != expected:
                yield f"{path}: its content is not the published one: the checksum differs"
        except FileNotFoundError:
            continue
        except OSError as error:
            yield f"{path}: cannot be read: {error.strerror}"


def _entry(path: Path) -> Entry:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Entry(os.fstat(file.fileno()).st_size, digest[:_HEX_DIGITS])
