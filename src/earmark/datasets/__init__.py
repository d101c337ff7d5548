"""Data sets: where tracks and their labels are. One file each, registered in `DATASETS`.

A data set is opened on a folder and lists its tracks without touching audio or images. What stands
in `DATASETS` is covered by the contract tests in `tests/datasets/test_contract.py`.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from earmark.datasets.base import Dataset as Dataset
from earmark.datasets.base import Track as Track
from earmark.datasets.base import is_file
from earmark.datasets.emotify import Emotify
from earmark.datasets.fma import FmaMedium, FmaSmall
from earmark.datasets.folder import AudioFolder, LogMelFolder
from earmark.datasets.gtzan import GtzanAudio, GtzanImages, GtzanMel
from earmark.datasets.magnatagatune import (
    MagnaTagATune,
    MagnaTagATuneMerged,
    MagnaTagATuneTop50,
    MagnaTagATuneTop50Merged,
)
from earmark.datasets.manifest import Manifest
from earmark.datasets.quadrants_mel import QuadrantsMel
from earmark.datasets.remote import fetch as fetch
from earmark.errors import BadDataset
from earmark.sources import Kind as Kind

DATASETS: dict[str, type[Dataset]] = {
    kind.name: kind
    for kind in (
        AudioFolder,
        LogMelFolder,
        Manifest,
        GtzanAudio,
        GtzanImages,
        GtzanMel,
        Emotify,
        QuadrantsMel,
        FmaSmall,
        FmaMedium,
        MagnaTagATune,
        MagnaTagATuneTop50,
        MagnaTagATuneMerged,
        MagnaTagATuneTop50Merged,
    )
}
"""Every data set by the name that `--data NAME=DIR` and recipes call it."""


def open_dataset(name: str, folder: Path) -> Dataset:
    """A registered data set in a folder, or, where it is one, a file.

    Raises:
        BadDataset: the name is unknown, or the folder does not exist.
    """
    kind = find_dataset(name)
    is_folder = os.path.isdir(folder)  # noqa: PTH112  (Path's own raises on names that are too long)
    if kind.takes_file and is_folder:
        raise BadDataset(f"{folder}: is a folder; {name} is a file")
    if not (is_file(folder) if kind.takes_file else is_folder):
        raise BadDataset(f"{folder}: no such {'file' if kind.takes_file else 'folder'}")
    return kind(folder)


def find_dataset(name: str) -> type[Dataset]:
    """What is registered under a name.

    Raises:
        BadDataset: nothing is; the message says which name is nearest.
    """
    if name in DATASETS:
        return DATASETS[name]
    near = difflib.get_close_matches(name, DATASETS, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    raise BadDataset(f"unknown data set {name!r}; {meant}known: {', '.join(DATASETS)}")


def parse_data_option(text: str) -> tuple[str, Path]:
    """Name and folder of an option `NAME=DIR`.

    Raises:
        BadDataset: it has another form.
    """
    name, equals, folder = text.partition("=")
    if not equals or not name or not folder:
        names = ", ".join(DATASETS)
        own = "" if equals or text in DATASETS else f", such as audio={text} for your own music"
        raise BadDataset(f"{text!r}: write NAME=DIR{own}; NAME is one of {names}")
    return name, Path(folder)
