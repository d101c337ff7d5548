"""The writing side of a store: finished files appear at once or not at all."""

from __future__ import annotations

import hashlib
import os
import platform
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from earmark.errors import BadStore, EarmarkError, UnreadableFile
from earmark.features.base import Array
from earmark.store.layout import HEADER_BYTES, Row, StoreSettings, array_path, part_name

_LONGEST_SECONDS = 86_400  # an unfinished file that nobody wrote to for a day is nobody's


class StoreWriter:
    """A store that arrays are written into.

    Any number of processes may write into one folder, and each may be killed at any moment. An
    array is written beside its place under a name of its own process and then moved there.
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
            elif folder.exists() and any(folder.iterdir()):
                raise BadStore(f"{folder}: is neither empty nor a feature store")
            (folder / "unfinished").mkdir(parents=True, exist_ok=True)
            (folder / "arrays").mkdir(exist_ok=True)
            writer._write_text(folder / "store.json", settings.to_json())
            writer.sweep()
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
        path = self._unfinished(f"{key}.npy")
        try:
            with self._saying_what_fails():
                shape = self._fill(path, blocks)
                self._move(path, array_path(self.folder, key))
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return shape

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
            self.sweep()
            self._write_lines("index.jsonl", [row.to_json() for row in rows])
            for part in self.folder.glob("index-*-of-*.jsonl"):
                part.unlink(missing_ok=True)  # the whole says what the parts said

    def finish_part(self, part: int, parts: int, head: str, rows: Sequence[Row]) -> None:
        """Write the index of one part of the store, under a line that says of what.

        Raises:
            EarmarkError: the store cannot be written.
        """
        with self._saying_what_fails():
            self.sweep()
            lines = [head, *(row.to_json() for row in rows)]
            self._write_lines(part_name(part, parts), lines)

    def adopt(self, key: str, suffix: str, source: Path) -> None:
        """Take a finished file over from another store: a link where the system allows it.

        Raises:
            EarmarkError: the store cannot be written, or the other one not read.
        """
        target = array_path(self.folder, key, suffix)
        if target.exists():
            return
        path = self._unfinished(target.name)
        with self._saying_what_fails():
            try:
                path.hardlink_to(source)
            except OSError:  # another disk, or a system without links
                path.write_bytes(source.read_bytes())
            self._move(path, target)

    def sweep(self) -> None:
        """Remove what dead processes left unfinished."""
        for path in (self.folder / "unfinished").iterdir():
            try:
                if _is_abandoned(path):
                    path.unlink()
            except OSError:
                continue  # finished meanwhile, or not ours to remove

    def _fill(self, path: Path, blocks: Iterable[Array]) -> tuple[int, ...]:
        length, rest = 0, None
        with path.open("wb") as file:
            file.write(bytes(HEADER_BYTES))
            for block in blocks:
                values = np.moveaxis(block, self.settings.feature.time_axis or 0, 0)
                stored = self.settings.encode(np.ascontiguousarray(values))
                seen = stored if stored.dtype.kind == "f" else values
                if not np.isfinite(seen).all():
                    raise UnreadableFile(f"gives values that {stored.dtype} cannot hold")
                file.write(stored.data)
                length, rest = length + len(stored), stored.shape[1:]
            if rest is None:
                raise UnreadableFile("gives no values")
            file.seek(0)
            file.write(self.settings.header((length, *rest)))
        return self.settings.own_shape((length, *rest))

    def _write_lines(self, name: str, lines: Sequence[str]) -> None:
        self._write_text(self.folder / name, "".join(f"{line}\n" for line in lines))

    def _write_text(self, target: Path, text: str) -> None:
        path = self._unfinished(target.name)
        path.write_text(text, encoding="utf-8", newline="\n")
        self._move(path, target)

    def _unfinished(self, name: str) -> Path:
        """A name that no other process writes to, and that says which process does."""
        return self.folder / "unfinished" / f"{os.getpid()}.{_host()}.{name}"

    def _move(self, path: Path, target: Path) -> None:
        target.parent.mkdir(exist_ok=True)
        path.replace(target)

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


def _host() -> str:
    """The machine's name, as a part of a file's name."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def _is_abandoned(path: Path) -> bool:
    """Whether the process that wrote an unfinished file is dead, as far as can be known."""
    pid, host, _ = path.name.split(".", 2) if path.name.count(".") > 1 else ("", "", "")
    if host == _host() and pid.isdecimal() and os.name == "posix":
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            return True
        except OSError:
            return False  # another user's
    return time.time() - path.stat().st_mtime > _LONGEST_SECONDS
