"""Which files are meant by the paths that a user names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

AUDIO_SUFFIXES = frozenset(
    ".wav .wave .flac .ogg .oga .opus .mp3 .mp2 .m4a .m4b .aac .alac .wma .aiff .aif .aifc .au .snd"
    " .caf .w64 .rf64 .webm .weba .mka .mkv .mp4 .m4v .mov .avi .wmv .asf .flv .ape .wv .tta .ac3"
    " .3gp .ts .mpg .mpeg".split()
)
"""Suffixes, in lower case, of the files that are tried when a folder is walked."""


def find_audio(paths: Iterable[Path]) -> Iterator[Path]:
    """The files to judge, in order: named files as they are, folders walked recursively by name.

    In folders only files with an audio suffix count, and names that begin with a dot are left out.
    Each folder is entered once, so links cannot lead in circles. A folder that cannot be listed
    comes out as itself, so that judging it says why.
    """
    for path in paths:
        # os.path.isdir: Path.is_dir raises on names that are too long.
        yield from _walk(path, set()) if os.path.isdir(path) else [path]  # noqa: PTH112


def _walk(folder: Path, entered: set[tuple[int, int]]) -> Iterator[Path]:
    try:
        status = folder.stat()
        names = sorted(os.listdir(folder))  # noqa: PTH208  (iterdir gives paths, not names)
    except OSError:
        yield folder
        return
    identity = (status.st_dev, status.st_ino)
    if identity in entered:
        return
    entered.add(identity)
    for name in names:
        path = folder / name
        if name.startswith("."):
            continue
        if path.is_dir():
            yield from _walk(path, entered)
        elif path.suffix.lower() in AUDIO_SUFFIXES:
            yield path
