"""How a store lies on disk: its settings, its index, the form of an array's file."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from earmark.errors import BadFeature, BadStore
from earmark.features import feature_from_dict, feature_to_dict
from earmark.features.base import Array, Feature
from earmark.sources import Kind

StoredType = Literal["float32", "float16", "uint8"]
"""How numbers are stored."""

Stored = NDArray[Any]

FORMAT = 1
HEADER_BYTES = 128
_DESCRIPTIONS = {"float32": "<f4", "float16": "<f2", "uint8": "|u1"}


@dataclass(frozen=True, kw_only=True)
class StoreSettings:
    """What a store holds: `store.json`.

    Numbers are stored as float32, exactly; as float16 (relative error at most 2⁻¹¹, and 65,504 the
    largest; below 6·10⁻⁵ the error is up to 3·10⁻⁸); or, for a feature whose values lie between two
    known bounds a and b, as one of 256 levels (uint8):

        level = round((value − a) / (b − a) · 255),   value = a + level / 255 · (b − a)

    with an error of at most (b − a) / 510, and none at the bounds.

    Attributes:
        feature: the representation, with its settings.
        dtype: how numbers are stored.
        dataset: name of the data set.
        kind: what its files are.

    Raises:
        BadFeature: uint8 is wanted for a feature whose bounds are not known.
    """

    feature: Feature
    dtype: StoredType
    dataset: str
    kind: Kind

    def __post_init__(self) -> None:
        if self.dtype not in get_args(StoredType):
            raise BadFeature(f"dtype must be one of {get_args(StoredType)}, not {self.dtype!r}")
        if self.dtype == "uint8" and self.feature.value_range is None:
            raise BadFeature(
                f"{self.feature.name} cannot be stored as uint8, because its values have no known "
                "bounds; store it as float16"
            )

    def to_json(self) -> str:
        """The text of `store.json`."""
        return json.dumps({"format": FORMAT, **self._to_dict()}, indent=2, sort_keys=True) + "\n"

    @classmethod
    def read(cls, folder: Path) -> StoreSettings:
        """The settings of the store in a folder.

        Raises:
            BadStore: there is none, or it cannot be understood.
        """
        path = folder / "store.json"
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            if found.pop("format") != FORMAT:
                raise BadStore(f"{folder}: is a store of another version of Earmark")
            feature = feature_from_dict(found.pop("feature"))
            return cls(feature=feature, **found)
        except FileNotFoundError as error:
            raise BadStore(f"{folder}: is not a feature store (it has no store.json)") from error
        except OSError as error:
            raise BadStore(f"{path}: cannot be read: {error.strerror}") from error
        except (ValueError, KeyError, TypeError, AttributeError, BadFeature) as error:
            raise BadStore(f"{path}: damaged: {error}") from error

    def key(self, content: str) -> str:
        """Name of the array of a file whose SHA-256 is `content`."""
        about = {name: value for name, value in self._to_dict().items() if name != "dataset"}
        text = json.dumps(about | {"content": content}, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def encode(self, values: Array) -> Stored:
        """Values as they are stored (same shape)."""
        if self.dtype == "float32":
            return values
        if self.dtype == "float16":
            with np.errstate(over="ignore"):  # what becomes infinite is seen and refused
                return values.astype(np.float16)
        low, high = self._bounds
        levels = np.rint((values - np.float32(low)) * np.float32(255 / (high - low)))
        stored: Stored = np.clip(levels, 0, 255).astype(np.uint8)
        return stored

    def decode(self, stored: Stored) -> Array:
        """Values of what is stored, as float32 (same shape)."""
        if self.dtype != "uint8":
            return stored.astype(np.float32)
        values: Array = self._value_of_level[stored]
        return values

    @cached_property
    def _value_of_level(self) -> Array:
        low, high = self._bounds
        return np.linspace(low, high, 256).astype(np.float32)

    @property
    def _bounds(self) -> tuple[float, float]:
        bounds = self.feature.value_range
        assert bounds is not None  # made sure of at the start
        return bounds

    def stored_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """Shape on disk, time axis first, of an array of this shape."""
        axis = self.feature.time_axis or 0
        return (shape[axis], *shape[:axis], *shape[axis + 1 :])

    def own_shape(self, stored: Sequence[int]) -> tuple[int, ...]:
        """Shape of an array of this shape on disk."""
        axis = self.feature.time_axis or 0
        return (*stored[1 : axis + 1], stored[0], *stored[axis + 1 :])

    def header(self, stored_shape: Sequence[int]) -> bytes:
        """The head of an array's file in numpy's format 1.0; of one length, whatever the shape."""
        about = {
            "descr": _DESCRIPTIONS[self.dtype],
            "fortran_order": False,
            "shape": tuple(stored_shape),
        }
        text = f"{about!s:{HEADER_BYTES - 11}}\n".encode()
        return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text

    def file_size(self, shape: Sequence[int]) -> int:
        """Bytes of the file of an array of this shape."""
        return HEADER_BYTES + math.prod(shape) * np.dtype(self.dtype).itemsize

    def _to_dict(self) -> dict[str, Any]:
        return {
            "feature": feature_to_dict(self.feature),
            "dtype": self.dtype,
            "dataset": self.dataset,
            "kind": self.kind,
        }


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the index: an array, or the reason why there is none.

    Attributes:
        id: the track's name in its data set.
        content: SHA-256 of its file, where the outcome follows from the content.
        key: of the file in `arrays` that holds the array or the reason.
        shape: of the array.
        error: the reason.
    """

    id: str
    content: str | None = None
    key: str | None = None
    shape: tuple[int, ...] | None = None
    error: str | None = None

    def to_json(self) -> str:
        """The line; names of any bytes survive it, since all but ASCII is escaped."""
        return json.dumps({name: value for name, value in vars(self).items() if value is not None})

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> Row:
        """The row that `to_json` wrote.

        Raises:
            TypeError: it is none.
        """
        row = cls(**found)
        if (row.shape is None) == (row.error is None) or (row.shape and not row.key):
            raise TypeError("a row has either key and shape or an error")
        return row if row.shape is None else cls(**{**found, "shape": tuple(row.shape)})


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The lines of an index.

    Raises:
        BadStore: it cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [dict(json.loads(line)) for line in lines]
    except OSError as error:
        raise BadStore(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise BadStore(f"{path}: damaged; the same `earmark extract` writes it anew") from error


def to_rows(path: Path, found: Iterable[dict[str, Any]]) -> list[Row]:
    """The rows of an index that was read.

    Raises:
        BadStore: a line is none.
    """
    try:
        return [Row.from_dict(row) for row in found]
    except TypeError as error:
        raise BadStore(f"{path}: damaged; the same `earmark extract` writes it anew") from error


def array_path(folder: Path, key: str, suffix: str = ".npy") -> Path:
    """Where the array of a key lies, or with ".txt" the reason why there is none."""
    return folder / "arrays" / key[:2] / f"{key}{suffix}"


def part_name(part: int, parts: int) -> str:
    """Name of the index of one part of a store."""
    return f"index-{part}-of-{parts}.jsonl"
