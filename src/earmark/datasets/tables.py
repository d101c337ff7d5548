"""Wide tables, read a row at a time: only the columns that are wanted are kept.

`base.read_csv` holds every cell of a table; FMA's has 52 columns and 260 MB, MagnaTagATune's 190.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from earmark.errors import BadDataset

_LONGEST_CELL = 1 << 24  # biographies in FMA's table go beyond the csv module's 131,072 characters


def read_rows(path: Path, *, delimiter: str = ",") -> Iterator[list[str]]:
    """Rows of a CSV file, the header's too, all as wide as the first.

    Raises:
        BadDataset: it cannot be read, or a row of it has too many or too few cells.
    """
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter)
            width = 0
            for row in reader:
                if not row:
                    continue  # an empty line, as at the end of some copies
                width = width or len(row)
                if len(row) != width:
                    raise BadDataset(
                        f"{path}: damaged: line {reader.line_num} has {len(row)} cells; "
                        f"{width} are expected"
                    )
                yield row
    except (OSError, UnicodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadDataset(f"{path}: cannot be read: {reason}") from error


def read_columns(
    path: Path, columns: Sequence[str], *, delimiter: str = ",", levels: int = 1
) -> Iterator[tuple[str, ...]]:
    """The cells of some columns, row by row.

    Args:
        path: the table.
        columns: names; those of a table with several header rows are joined by a dot, as in
            "set.split".
        delimiter: what stands between cells.
        levels: how many header rows there are. As pandas writes them, several are followed by
            a row that names the first column and nothing else.

    Raises:
        BadDataset: the table cannot be read, lacks a column, or is damaged.
    """
    rows = read_rows(path, delimiter=delimiter)
    headers = [header for _, header in zip(range(levels), rows, strict=False)]
    names = [".".join(parts) for parts in zip(*headers, strict=True)]
    if levels > 1 and names:
        names[0] = next(rows, names)[0]
    lacking = [column for column in columns if column not in names]
    if lacking:
        raise BadDataset(f"{path}: has no column {', '.join(lacking)}")
    wanted = [names.index(column) for column in columns]
    for row in rows:
        yield tuple([row[i] for i in wanted])
