"""Miniatures of the data sets, each made by `make` of its own file in `miniatures/`."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "miniatures"


@pytest.fixture
def make_miniature(miniature, album, tmp_path):
    """Make the miniature of a data set by its name; gives what to open.

    `miniatures/NAME.py` (with _ for -) has `make(folder, images, album)`, which fills a new folder
    in the published layout and gives the path to open. `images` is a folder GENRE/GENRE.00000.png
    of log-mel images, `album` a list of short audio files. Copies are free to be damaged.
    """

    def make(name: str) -> Path:
        path = HERE / f"{name.replace('-', '_')}.py"
        if not path.is_file():
            pytest.fail(f"{name} has no miniature: write {path} with make(folder, images, album)")
        spec = importlib.util.spec_from_file_location(f"miniature_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        folder = tmp_path / "miniature" / name
        folder.mkdir(parents=True)
        return module.make(folder, miniature, album)

    return make


@pytest.fixture
def no_committed_index(monkeypatch):
    """Validate without the committed indexes: a miniature has none of the files they list."""
    monkeypatch.setattr("earmark.datasets.base.committed_index", lambda name: None)
