"""What every data set in `DATASETS` must offer, shown on a miniature in its published layout."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from earmark.datasets import DATASETS, open_dataset, parse_data_option
from earmark.errors import BadDataset


@pytest.fixture(params=DATASETS)
def name(request) -> str:
    return request.param


@pytest.fixture
def folder(name, miniature, album, tmp_path) -> Path:
    """A miniature of the data set; a new data set needs one here."""
    folder = tmp_path / name
    if name in ("gtzan-mel", "log-mel"):
        shutil.copytree(miniature, folder)
    elif name == "audio":
        for genre, path in zip(("blues", "jazz", "rock"), album[:3], strict=True):
            (folder / genre).mkdir(parents=True)
            shutil.copy(path, folder / genre)
    else:
        assert name == "quadrants-mel", f"make a miniature of {name} here"
        rows = ["track,quadrant,genres,moods,artist,gtzan_split"]
        for i, genre in enumerate(("blues", "jazz")):
            (folder / f"Q{i + 1}").mkdir(parents=True)
            shutil.copy(
                miniature / genre / f"{genre}.00000.png", folder / f"Q{i + 1}" / f"T{i}.png"
            )
            rows.append(f"T{i},Q{i + 1},{genre.title()},Calm,Band {i},")
        (folder / "index.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def test_it_says_what_it_is(name):
    kind = DATASETS[name]
    assert kind.name == name
    assert kind.kind in ("audio", "log-mel")
    assert kind.citation.strip()
    assert kind.licence.strip()
    assert kind.__doc__


def test_tracks_come_in_a_fixed_order_and_are_files_with_labels(name, folder):
    tracks = open_dataset(name, folder).tracks()
    assert tracks
    assert list(tracks) == list(open_dataset(name, folder).tracks())
    for track in tracks:
        assert track.path.is_file()
        assert track.path.is_relative_to(folder)
        assert track.labels
        assert all(isinstance(label, str) and label for label in track.labels.values())


def test_ids_are_unique(name, folder):
    ids = [track.id for track in open_dataset(name, folder).tracks()]
    assert len(ids) == len(set(ids))


def test_tracks_are_listed_without_opening_one(name, folder):
    before = open_dataset(name, folder).tracks()
    for track in before:
        track.path.write_bytes(b"")
    assert list(open_dataset(name, folder).tracks()) == list(before)


def test_a_whole_copy_is_valid(name, folder):
    assert open_dataset(name, folder).validate() == []


def test_an_empty_folder_is_refused(name, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadDataset, match="empty"):
        open_dataset(name, tmp_path / "empty").tracks()


def test_a_missing_folder_is_refused(name, tmp_path):
    with pytest.raises(BadDataset, match="absent: no such folder"):
        open_dataset(name, tmp_path / "absent")


def test_an_unknown_name_lists_the_known_ones(tmp_path):
    with pytest.raises(BadDataset, match=r"unknown data set 'gtzan'; known: .*gtzan-mel"):
        open_dataset("gtzan", tmp_path)


def test_the_option_is_a_name_and_a_folder():
    assert parse_data_option("audio=/a=b") == ("audio", Path("/a=b"))


@pytest.mark.parametrize("text", ["", "audio", "audio=", "=folder", "="])
def test_another_form_of_the_option_is_refused(text):
    with pytest.raises(BadDataset, match="write NAME=DIR"):
        parse_data_option(text)
