"""The writing side of a store: finished files appear at once or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO

import numpy as np

from earmark.errors import BadStore, EarmarkError, UnreadableFile
from earmark.extraction.unfinished import new_file, sweep
from earmark.features.base import Array
from earmark.store.layout import HEADER_BYTES, Row, Stored, StoreSettings, array_path, part_name

_FOLDERS = frozenset({"arrays", "unfinished"})  # they come first, and then store.json


class StoreWriter:
    """A store that arrays are written into.

    Any number of processes may write into one folder, and each may be killed at any moment.
    """

    def __init__(self, folder: Path, settings: StoreSettings) -> None:
        self.folder = folder
        self.settings = settings

    @classmethod
    def create(cls, folder: Path, settings: StoreSettings) -> StoreWriter:
        """Begin a store, or go on with one of the same settings.

        Raises:
            BadStore: the folder holds something else.
            EarmarkError: it cannot be written.
        """
        writer = cls(folder, settings)
        with writer._saying_what_fails():
            if (folder / "store.json").exists():
                found = StoreSettings.read(folder)
                if found != settings:
                    raise BadStore(f"{folder}: {difference(found, settings)}; take another folder")
            elif folder.exists() and {path.name for path in folder.iterdir()} - _FOLDERS:
                raise BadStore(f"{folder}: is neither empty nor a feature store")
            for name in _FOLDERS:
                (folder / name).mkdir(parents=True, exist_ok=True)
            writer._write_text(folder / "store.json", settings.to_json())
            sweep(folder / "unfinished")
        return writer

    @classmethod
    def reopen(cls, folder: Path) -> StoreWriter:
        """The writer of a store that was begun.

        Raises:
            BadStore: there is none.
        """
        return cls(folder, StoreSettings.read(folder))

    def find(self, key: str) -> tuple[int, ...] | str | None:
        """What is known of a key: the shape of its finished array, the reason that there is none.

        None where nothing is, or where its file was damaged since.
        """
        try:
            with array_path(self.folder, key).open("rb") as file:
                np.lib.format.read_magic(file)
                stored, _, _ = np.lib.format.read_array_header_1_0(file)
                file.seek(0)
                head, size = file.read(HEADER_BYTES), os.fstat(file.fileno()).st_size
            shape = self.settings.own_shape(stored)
            whole = size == self.settings.file_size(shape) and head == self.settings.header(stored)
            return shape if whole else None
        except FileNotFoundError:
            pass
        except (OSError, ValueError, IndexError):
            return None
        try:
            return array_path(self.folder, key, ".txt").read_text(encoding="utf-8")
        except (OSError, ValueError):
            return None

    def write(self, key: str, blocks: Iterable[Array]) -> tuple[int, ...]:
        """Write an array block by block, and give its shape.

        Raises:
            UnreadableFile: a value cannot be stored.
            EarmarkError: the store cannot be written. What `blocks` raises comes through.
        """
        with self._saying_what_fails(), self._new_file(array_path(self.folder, key)) as file:
            return self._fill(file, blocks)

    def refuse(self, key: str, reason: str) -> None:
        """Write down why content gives no array, so that it is not tried again.

        Raises:
            EarmarkError: the store cannot be written.
        """
        with self._saying_what_fails():
            self._write_text(array_path(self.folder, key, ".txt"), reason)

    def finish(self, rows: Sequence[Row]) -> None:
        """Write the index of the whole store, in the data set's order.

        Raises:
            EarmarkError: the store cannot be written.
        """
        with self._saying_what_fails():
            sweep(self.folder / "unfinished")
            self._write_lines("index.jsonl", [row.to_json() for row in rows])
            for part in self.folder.glob("index-*-of-*.jsonl"):
                part.unlink(missing_ok=True)  # the whole says what the parts said

    def finish_part(self, part: int, parts: int, head: str, rows: Sequence[Row]) -> None:
        """Write the index of one part of the store, under a line that says of what.

        Raises:
            EarmarkError: the store cannot be written.
        """
        with self._saying_what_fails():
            sweep(self.folder / "unfinished")
            lines = [head, *(row.to_json() for row in rows)]
            self._write_lines(part_name(part, parts), lines)

    def adopt(self, key: str, suffix: str, source: Path) -> None:
        """Take a finished file over from another store: a link where the system allows it.

        Raises:
            EarmarkError: the store cannot be written, or the other one not read.
        """
        target = array_path(self.folder, key, suffix)
        with self._saying_what_fails():
            target.parent.mkdir(exist_ok=True)
            try:
                target.hardlink_to(source)
            except FileExistsError:
                return
            except OSError:  # another disk, or a system without links
                with self._new_file(target) as copy, source.open("rb") as original:
                    shutil.copyfileobj(original, copy)

    def _fill(self, file: IO[bytes], blocks: Iterable[Array]) -> tuple[int, ...]:
        length, rest = 0, None
        file.write(bytes(HEADER_BYTES))
        for block in blocks:
            values = np.moveaxis(block, self.settings.feature.time_axis or 0, 0)
            stored = self._stored(np.ascontiguousarray(values))
            file.write(stored.data)
            length, rest = length + len(stored), stored.shape[1:]
        if rest is None:
            raise UnreadableFile("gives no values")
        file.seek(0)
        file.write(self.settings.header((length, *rest)))
        return self.settings.own_shape((length, *rest))

    def _stored(self, values: Array) -> Stored:
        if np.isfinite(values).all():
            stored = self.settings.encode(values)
            if np.isfinite(stored).all():
                return stored
        raise UnreadableFile(f"gives values that {self.settings.dtype} cannot hold")

    def _write_lines(self, name: str, lines: Sequence[str]) -> None:
        self._write_text(self.folder / name, "".join(f"{line}\n" for line in lines))

    def _write_text(self, target: Path, text: str) -> None:
        with self._new_file(target) as file:
            file.write(text.encode())

    def _new_file(self, target: Path) -> AbstractContextManager[IO[bytes]]:
        return new_file(self.folder / "unfinished", target)

    @contextmanager
    def _saying_what_fails(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise EarmarkError(
                f"{self.folder}: cannot be written: {(error.strerror or str(error)).lower()}; "
                "what is finished stays, and the same command goes on from there"
            ) from error


def difference(found: StoreSettings, wanted: StoreSettings) -> str:
    """In what a store differs from what is wanted, in words."""
    said = []
    for name in ("dataset", "kind", "dtype", "feature"):
        here, there = getattr(found, name), getattr(wanted, name)
        if here != there:
            said.append(f"{name} {here} instead of {there}")
    return f"holds {', '.join(said)}"
