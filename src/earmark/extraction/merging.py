"""Parts of a store → the store that one process would have written, byte for byte."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from earmark.errors import BadStore
from earmark.extraction.writer import StoreWriter, difference
from earmark.store.layout import Row, StoreSettings, array_path, read_rows, to_rows

_PART_NAME = re.compile(r"index-(\d+)-of-(\d+)\.jsonl")


def part_head(names: Sequence[str]) -> str:
    """First line of a part's index: of which tracks, all told, it is a part."""
    checksum = hashlib.sha256(json.dumps(names).encode()).hexdigest()
    return json.dumps({"tracks": len(names), "checksum": checksum})


def merge(folders: Sequence[Path], out: Path) -> list[Row]:
    """Join the parts in some folders into one store, and give its rows.

    A folder may hold several parts, and `out` may be one of the folders.

    Raises:
        BadStore: a part is missing, damaged, there twice, or of another store.
        EarmarkError: the store cannot be written.
    """
    settings = _common_settings(folders)
    indexes = _indexes(folders)
    heads: dict[int, dict[str, Any]] = {}
    rows_of: dict[int, list[Row]] = {}
    for part, path in indexes.items():
        heads[part], *found = read_rows(path) or [{}]
        rows_of[part] = to_rows(path, found)
    rows = _interleaved(rows_of, heads, indexes)
    writer = StoreWriter.create(out, settings)
    for part, path in indexes.items():
        for row in rows_of[part]:
            if row.key is not None:
                _adopt(writer, row, row.key, path.parent)
    writer.finish(rows)
    return rows


def _common_settings(folders: Sequence[Path]) -> StoreSettings:
    first, *others = [StoreSettings.read(folder) for folder in folders]
    for folder, settings in zip(folders[1:], others, strict=True):
        if settings != first:
            raise BadStore(f"{folder}: {difference(settings, first)}, which {folders[0]} holds")
    return first


def _indexes(folders: Sequence[Path]) -> dict[int, Path]:
    """The index of every part by its number, in order."""
    found: dict[int, Path] = {}
    counts: dict[int, Path] = {}
    for folder in folders:
        matches = [(_PART_NAME.fullmatch(path.name), path) for path in sorted(folder.iterdir())]
        parts = [(int(match[1]), int(match[2]), path) for match, path in matches if match]
        if not parts:
            raise BadStore(
                f"{folder}: holds no finished part (`earmark extract --shard` makes one)"
            )
        for part, count, path in parts:
            counts[count] = path
            if part in found:
                raise BadStore(f"{path} and {found[part]} are the same part; give one of them")
            found[part] = path
    if len(counts) > 1:
        raise BadStore(f"{' and '.join(map(str, counts.values()))} are cut differently")
    (count,) = counts
    missing = [str(part) for part in range(1, count + 1) if part not in found]
    if missing:
        raise BadStore(
            f"part {', '.join(missing)} of {count} is missing; "
            f"make it by `earmark extract --shard {missing[0]}/{count}`"
        )
    return dict(sorted(found.items()))


def _interleaved(
    rows_of: dict[int, list[Row]], heads: dict[int, dict[str, Any]], indexes: dict[int, Path]
) -> list[Row]:
    """All rows in the data set's order: each part holds every n-th."""
    for part, head in heads.items():
        if head != heads[1]:
            raise BadStore(
                f"{indexes[part]}: was made from other tracks than {indexes[1]}; "
                "extract both from the same state of the data set"
            )
    total = sum(map(len, rows_of.values()))
    parts = len(rows_of)
    try:
        rows = [rows_of[i % parts + 1][i // parts] for i in range(total)]
        whole = json.loads(part_head([row.id for row in rows])) == heads[1]
    except IndexError:
        whole = False
    if not whole:
        raise BadStore(f"{indexes[1].parent}: damaged: the parts do not make up the whole")
    return rows


def _adopt(writer: StoreWriter, row: Row, key: str, folder: Path) -> None:
    suffix = ".npy" if row.error is None else ".txt"
    source = array_path(folder, key, suffix)
    size = writer.settings.file_size(row.shape) if row.shape else None
    if not source.is_file() or size not in (None, source.stat().st_size):
        raise BadStore(
            f"{source}: what it holds of {row.id} is missing or damaged; "
            "the same `earmark extract` writes it anew"
        )
    writer.adopt(key, suffix, source)
