"""A series of numbers: a column of a CSV file, or the loudness of a track over time.

A CSV file's first line names its columns; the first column holds times where there are several.
Nothing is guessed: a gap or a word in the place of a number is an error that names its line.
"""

from __future__ import annotations

import csv
import difflib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from earmark.audio import AudioFile
from earmark.errors import BadSeries
from earmark.forecast.base import Numbers
from earmark.forecast.times import Times, parse_times

TABLES = (".csv", ".tsv", ".txt")
"""Names of files that are read as text; anything else is sound."""

SECONDS = 0.25
QUIETEST_DB = -100.0
"""What a stretch of digital silence counts as."""


@dataclass(frozen=True)
class Series:
    """Equally spaced values.

    Attributes:
        title: what they are, with their unit where it is known.
        values: finite numbers [shape=(n,)].
        times: when they are.
    """

    title: str
    values: Numbers
    times: Times

    def __len__(self) -> int:
        return len(self.values)

    def until(self, count: int) -> Series:
        """Its first values."""
        return replace(self, values=self.values[:count])


def load_series(path: Path, column: str | None = None, seconds: float = SECONDS) -> Series:
    """The series of a file.

    Args:
        path: a CSV file, or music.
        column: of a CSV file: what is forecast; the only one beside the times if None.
        seconds: of music: how long each value is.

    Raises:
        BadSeries: the file is no such table, or its numbers are no series.
        UnreadableAudio: the music cannot be decoded.
    """
    if path.suffix.lower() not in TABLES:
        return loudness(path, seconds)
    try:
        return _parsed(list(_rows(path)), column)
    except BadSeries as error:
        raise BadSeries(error.reason, path) from None


def loudness(path: Path, seconds: float = SECONDS) -> Series:
    """The level of each stretch of a track: its mean square in dB, full scale being 0.

    Channels are averaged and frequencies not weighted. What is left at the end is dropped, and
    digital silence counts as −100 dB.

    Raises:
        BadSeries: it is shorter than two stretches.
        UnreadableAudio: it cannot be decoded.
    """
    with AudioFile(path) as file:
        size = max(1, round(seconds * file.rate))
        squares: list[Numbers] = []
        rest: Numbers = np.empty(0)
        for block in file.blocks(rate=file.rate):
            samples = np.concatenate([rest, block])
            whole = len(samples) // size * size
            squares.append(np.mean(samples[:whole].reshape(-1, size) ** 2, axis=1))
            rest = samples[whole:]
        step = size / file.rate
    power = np.concatenate([np.empty(0), *squares])
    if len(power) < 2:
        raise BadSeries(f"is shorter than two stretches of {seconds:g} s", path)
    levels = 10 * np.log10(np.maximum(power, 10 ** (QUIETEST_DB / 10)))
    return Series("level in dB", levels, Times("time in s", 0.0, step))


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row; lines at the end that hold nothing are none."""
    try:
        if path.exists() and not path.is_file():
            raise BadSeries("is no regular file")
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            file.seek(0)
            reader = csv.reader(file, delimiter=max(",;\t", key=head.count))
            empty = 0
            for row in reader:
                cells = [cell.strip() for cell in row]
                if not any(cells):
                    empty = empty or reader.line_num
                    continue
                if empty:
                    raise BadSeries(f"line {empty}: is empty; a gap must be filled or cut off")
                yield reader.line_num, cells
    except (OSError, ValueError) as error:
        if isinstance(error, FileNotFoundError):
            raise BadSeries("no such file") from None
        if isinstance(error, UnicodeDecodeError):
            raise BadSeries("is not text in UTF-8") from None
        raise BadSeries((getattr(error, "strerror", None) or str(error)).lower()) from None
    except csv.Error as error:
        raise BadSeries(f"is no CSV file: {error}") from None


def _parsed(rows: Sequence[tuple[int, list[str]]], column: str | None) -> Series:
    if not rows:
        raise BadSeries("is empty")
    (_, names), *lines = rows
    if all(_as_number(name) is not None for name in names):
        raise BadSeries("line 1: holds numbers; the first line must name the columns")
    for line, cells in lines:
        if len(cells) != len(names):
            raise BadSeries(
                f"line {line}: has not {len(names)} cells, as the first line, but {len(cells)}"
            )
    chosen = _chosen(names, column)
    values = [_value(names[chosen], line, cells[chosen]) for line, cells in lines]
    if len(values) < 2:
        raise BadSeries("holds fewer than two values")
    if chosen == 0:
        times = Times("step", 1, 1)
    else:
        times = parse_times(names[0], [(line, cells[0]) for line, cells in lines])
    return Series(names[chosen], np.array(values), times)


def _chosen(names: Sequence[str], column: str | None) -> int:
    """Which column holds the values."""
    if column is None:
        if len(names) > 2:
            raise BadSeries(f"has columns {', '.join(names)}; say which with --column")
        return len(names) - 1
    if column not in names:
        near = difflib.get_close_matches(column, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(names)}"
        raise BadSeries(f"has no column {column!r}; {hint}")
    return names.index(column)


def _value(name: str, line: int, cell: str) -> float:
    if not cell:
        raise BadSeries(f"line {line}: {name} is empty; a gap must be filled or cut off")
    value = _as_number(cell)
    if value is None:
        raise BadSeries(f"line {line}: {name} is {cell!r}, no number")
    if not math.isfinite(value):
        raise BadSeries(f"line {line}: {name} is {cell!r}; a gap must be filled or cut off")
    return value


def _as_number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
