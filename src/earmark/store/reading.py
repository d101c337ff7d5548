"""A feature store, opened for reading."""

from __future__ import annotations

import math
import mmap
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from earmark.errors import BadStore
from earmark.features.base import Array, Feature
from earmark.store.layout import (
    HEADER_BYTES,
    Row,
    Stored,
    StoreSettings,
    array_path,
    read_rows,
    to_rows,
)


class Store:
    """A feature store, opened for reading.

    Attributes:
        path: its folder.
        settings: what it holds.
        ids: the tracks that have an array, in the data set's order.
        failures: the reason by track of those that have none.

    Example:
        >>> from earmark.store import Store
        >>> store = Store.open("features")                                   # doctest: +SKIP
        >>> clips = store.batch(store.ids[:32], columns=128)                 # doctest: +SKIP
    """

    def __init__(self, path: Path, settings: StoreSettings, rows: Sequence[Row]) -> None:
        self.path = path
        self.settings = settings
        self._rows = {row.id: row for row in rows if row.error is None}
        self.ids = tuple(self._rows)
        self.failures = {row.id: row.error for row in rows if row.error is not None}

    @classmethod
    def open(cls, path: Path | str) -> Store:
        """Open a store, and make sure that every array of its index is there at its full size.

        Raises:
            BadStore: it is missing, unfinished, or damaged; the message says what to do.
        """
        folder = Path(path)
        settings = StoreSettings.read(folder)
        index = folder / "index.jsonl"
        if not index.is_file():
            hint = (
                f"join its parts: earmark merge {folder} --out {folder}"
                if any(folder.glob("index-*-of-*.jsonl"))
                else "the same `earmark extract` goes on"
            )
            raise BadStore(f"{folder}: is not finished; {hint}")
        store = cls(folder, settings, to_rows(index, read_rows(index)))
        bad = [row.id for row in store._rows.values() if not store._is_whole(row)]
        if bad:
            others = f" and of {len(bad) - 1} others" if len(bad) > 1 else ""
            raise BadStore(
                f"{folder}: the array of {bad[0]}{others} is missing or damaged; "
                "the same `earmark extract` writes it anew"
            )
        return store

    @property
    def feature(self) -> Feature:
        """The representation, with its settings."""
        return self.settings.feature

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, track_id: object) -> bool:
        return track_id in self._rows

    def __getitem__(self, track_id: str) -> Stored:
        """The array of a track as it is stored, memory-mapped and read-only, in its own shape.

        `settings.decode` gives its values; so does `read`.

        Raises:
            BadStore: there is none, or its file is damaged.
        """
        return np.moveaxis(self._map(track_id), 0, self.feature.time_axis or 0)

    def row(self, track_id: str) -> Row:
        """What the index says of a track that has an array: content, key and shape.

        Raises:
            BadStore: it has none; the message says why.
        """
        if track_id not in self._rows:
            reason = self.failures.get(track_id, "no such track")
            raise BadStore(f"{self.path}: holds no array of {track_id}: {reason}")
        return self._rows[track_id]

    def columns(self, track_id: str) -> int:
        """Length of a track's array along its time axis; 1 for a feature that has none.

        Raises:
            BadStore: there is no such array.
        """
        axis, shape = self.feature.time_axis, self.row(track_id).shape or ()
        return 1 if axis is None else shape[axis]

    def read(self, track_id: str, start: int = 0, columns: int | None = None) -> Array:
        """The values of a track, or of a stretch of it, as float32.

        Args:
            track_id: the track.
            start: the first column.
            columns: how many, fewer where the track ends; None for all from `start` on.

        Raises:
            BadStore: there is no such array, or its file is damaged.
            ValueError: `start` is negative, or the feature has no time axis to take a stretch of.
        """
        axis = self.feature.time_axis
        if start < 0:
            raise ValueError(f"a stretch cannot start at column {start}")
        if axis is None and (start, columns) != (0, None):
            raise ValueError(f"{self.feature.name} has no time axis to take columns of")
        stop = None if columns is None else start + columns
        values = self.settings.decode(self._map(track_id)[start:stop])
        return np.moveaxis(values, 0, axis or 0)

    def batch(
        self,
        track_ids: Sequence[str],
        *,
        starts: Sequence[int] | None = None,
        columns: int | None = None,
    ) -> Array:
        """Equally long stretches of tracks, one array [shape=(tracks, bands, columns)].

        Args:
            track_ids: the tracks; one may come several times.
            starts: the first column of each; 0 where it is None.
            columns: how many of each; None for whole arrays of one shape.

        Raises:
            BadStore: there is no such array, or its file is damaged.
            ValueError: not all have the same shape, or a stretch reaches beyond a track's end.
        """
        offsets = starts if starts is not None else [0] * len(track_ids)
        clips = [
            self.read(track_id, int(start), columns)
            for track_id, start in zip(track_ids, offsets, strict=True)
        ]
        if columns is not None and self.feature.time_axis is not None:
            for track_id, clip in zip(track_ids, clips, strict=True):
                if clip.shape[self.feature.time_axis] != columns:
                    raise ValueError(
                        f"{track_id} has {self.columns(track_id)} columns, too few for the "
                        f"{columns} that are wanted"
                    )
        return np.stack(clips)

    def _is_whole(self, row: Row) -> bool:
        try:
            size = array_path(self.path, row.key or "").stat().st_size
        except OSError:
            return False
        return size == self.settings.file_size(row.shape or ())

    def _map(self, track_id: str) -> Stored:
        """The array as it lies on disk, time axis first."""
        row = self.row(track_id)
        shape = self.settings.stored_shape(row.shape or ())
        path = array_path(self.path, row.key or "")
        try:
            with path.open("rb") as file:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            if mapped[:HEADER_BYTES] != self.settings.header(shape):
                raise ValueError("its head is not what the index says")
            flat = np.frombuffer(mapped, self.settings.dtype, math.prod(shape), HEADER_BYTES)
            return flat.reshape(shape)
        except (OSError, ValueError) as error:
            raise BadStore(
                f"{path}: the array of {track_id} is missing or damaged; "
                "the same `earmark extract` writes it anew"
            ) from error
