"""One track → its array in the store, or the reason why there is none."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earmark.datasets import Track
from earmark.datasets.remote import fetch
from earmark.errors import BadFeature, EarmarkError, UnreadableFile
from earmark.extraction.writer import StoreWriter
from earmark.features.base import Array
from earmark.sources import feature_blocks
from earmark.store import Row, StoreSettings


@dataclass(frozen=True)
class Extracted:
    """What became of a track: its row of the index, and whether it was worked out just now."""

    row: Row
    new: bool

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {"row": vars(self.row), "new": self.new}

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> Extracted:
        """What `to_dict` gave."""
        return cls(Row.from_dict(found["row"]), found["new"])


class _Unlucky(EarmarkError):
    """A failure that does not follow from the file's content, so that it is tried again."""


def extract_track(track: Track, writer: StoreWriter) -> Extracted:
    """Extract a track, unless its content was extracted or refused before.

    Raises:
        EarmarkError: the store cannot be written.
        MissingExtra: the track lies elsewhere, and what fetches it is not installed.
    """
    try:
        path = fetch(track)
        status = path.stat()
        content = _content_of(path, status)
    except UnreadableFile as error:
        return Extracted(Row(id=track.id, error=error.reason), new=True)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        return Extracted(Row(id=track.id, error=reason), new=True)
    key = writer.settings.key(content)
    found = writer.find(key)
    new = found is None
    if found is None:
        try:
            found = writer.write(key, _blocks(path, status, writer.settings))
        except _Unlucky as error:
            return Extracted(Row(id=track.id, error=str(error)), new=True)
        except (UnreadableFile, BadFeature) as error:
            found = getattr(error, "reason", None) or str(error)
            writer.refuse(key, found)
    if isinstance(found, str):
        return Extracted(Row(id=track.id, content=content, key=key, error=found), new)
    return Extracted(Row(id=track.id, content=content, key=key, shape=found), new)


def extracting_job(store: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What a worker process does: a track in, what became of it out.

    Raises:
        BadStore: there is no such store.
    """
    writer = StoreWriter.reopen(Path(store))

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        track = Track(id=request["id"], path=Path(request["path"]), url=request["url"])
        try:
            return extract_track(track, writer).to_dict()
        except EarmarkError as error:
            return {"stop": str(error)}

    return answer


def as_request(track: Track) -> dict[str, Any]:
    """What `extracting_job` needs to know of a track, as JSON can hold it."""
    return {"id": track.id, "path": str(track.path), "url": track.url}


def _content_of(path: Path, status: os.stat_result) -> str:
    """SHA-256 of a file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no file, and to open it may wait for ever.
    """
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("is not a regular file")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _blocks(path: Path, status: os.stat_result, settings: StoreSettings) -> Iterator[Array]:
    """The feature of a file that had this status when its content was hashed."""
    try:
        yield from feature_blocks(path, settings.kind, settings.feature)
        now = path.stat()
    except (OSError, MemoryError, RuntimeError, ValueError, ArithmeticError) as error:
        # Decoders have their own ways to fail on odd files; none may stop the others.
        text = " ".join(str(error).replace(str(path), path.name).split())
        raise _Unlucky(f"cannot be extracted: {type(error).__name__}: {text}") from error
    if (now.st_mtime_ns, now.st_size) != (status.st_mtime_ns, status.st_size):
        raise _Unlucky("was changed while it was read")
