"""Music to extract, and what the tests look at stores and processes with."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session")
def music(song, write_sound, tmp_path_factory) -> Path:
    """A data set of two genres: 24 files of two minutes, none like another. Not to be changed."""
    folder = tmp_path_factory.mktemp("music")
    for i in range(24):
        path = folder / ("loud" if i % 2 else "quiet") / f"{i:02}.wav"
        path.parent.mkdir(exist_ok=True)
        sound = np.tile(np.roll(song[::2, i % 2], 9999 * i), 5) / (2 - i % 2)
        write_sound(path, sound, 22050, subtype="PCM_U8")
    return folder


@pytest.fixture(scope="session")
def tree():
    """All files of a folder by their path in it; folders by their path and nothing."""

    def read(folder: Path) -> dict[str, bytes | None]:
        return {
            path.relative_to(folder).as_posix(): None if path.is_dir() else path.read_bytes()
            for path in sorted(folder.rglob("*"))
        }

    return read


@pytest.fixture(scope="session")
def identities():
    """The arrays of a store by name, with what changes when a file is written anew."""

    def read(folder: Path) -> dict[str, tuple[int, int]]:
        paths = folder.glob("arrays/*/*")
        return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in paths}

    return read


@pytest.fixture(scope="session")
def children_of():
    """Processes that a process has started and not yet buried, by number, with their commands."""

    def read(pid: int) -> dict[int, str]:
        if shutil.which("ps") is None:
            pytest.skip("there is no ps to find processes with")
        listing = subprocess.run(
            ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        rows = [line.split(None, 2) for line in listing.splitlines()]
        return {int(row[0]): row[2] for row in rows if len(row) > 2 and int(row[1]) == pid}

    return read


@pytest.fixture(scope="session")
def whole(music, tmp_path_factory) -> Path:
    """The store that one process makes of the music without being disturbed."""
    from earmark.datasets import open_dataset
    from earmark.extraction import Extraction
    from earmark.features import LogMel

    folder = tmp_path_factory.mktemp("stores") / "whole"
    done = list(Extraction(open_dataset("audio", music), LogMel(), folder).run())
    assert [item.row.error for item in done] == [None] * 24
    return folder
