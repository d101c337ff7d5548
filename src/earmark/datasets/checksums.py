"""Checksums that a data set's publishers gave out, checked where the file lies in the copy."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from earmark.errors import BadDataset


def check_published(folder: Path, published: Mapping[str, str]) -> Iterator[str]:
    """Which files in a folder are not as published, a line each; absent files are left out.

    Args:
        folder: where the files lie.
        published: checksums by name, such as {"fma_small.zip": "sha1:ade154f7…"}.
    """
    for name, checksum in published.items():
        algorithm, _, expected = checksum.partition(":")
        path = folder / name
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, algorithm).hexdigest()
        except FileNotFoundError:
            continue
        except OSError as error:
            yield f"{path}: cannot be read: {error.strerror}"
            continue
        if found != expected:
            yield f"{path}: is not the published file: {algorithm} {found}, not {expected}"


def read_sha1_list(path: Path) -> dict[str, str]:
    """Checksums by name from a list as `sha1sum` writes it: digest, two spaces, name.

    Raises:
        BadDataset: it cannot be read, or is no such list.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadDataset(f"{path}: cannot be read: {reason}") from error
    checksums = {}
    for number, line in enumerate(lines, start=1):
        digest, _, name = line.partition("  ")
        if len(digest) != 40 or not name:
            raise BadDataset(f"{path}: damaged: line {number} is no checksum and name")
        checksums[name] = f"sha1:{digest.lower()}"
    return checksums
