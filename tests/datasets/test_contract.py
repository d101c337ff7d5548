"""What every data set in `DATASETS` must offer, shown on a miniature in its published layout."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import get_args

import pytest

from earmark.datasets import DATASETS, open_dataset, parse_data_option
from earmark.datasets.base import Group
from earmark.errors import BadDataset
from earmark.sources import Kind

OWN_FILES = ("audio", "log-mel")
"""What these hold, nobody published: without an index nothing can be missing."""


@pytest.fixture(params=DATASETS)
def name(request) -> str:
    return request.param


@pytest.fixture
def place(name, make_miniature, no_committed_index, monkeypatch) -> Path:
    """A miniature, whose counts and checksums are not the published ones."""
    monkeypatch.setattr(DATASETS[name], "published", {})
    monkeypatch.setattr(DATASETS[name], "checksums", {})
    return make_miniature(name)


@pytest.fixture
def local_files(name, place) -> list[Path]:
    """The files of its tracks."""
    return [track.path for track in open_dataset(name, place).tracks() if track.url is None]


def test_it_says_what_it_is(name):
    dataset = DATASETS[name]
    assert dataset.name == name
    assert dataset.kind in get_args(Kind)
    assert set(dataset.groups) <= set(get_args(Group))
    for words in (dataset.summary, dataset.layout, dataset.source, dataset.licence):
        assert words.strip()
    assert dataset.citation.strip()
    assert dataset.__doc__
    assert len(dataset.summary) <= 90
    assert "\n" not in dataset.summary


def test_tracks_come_in_a_fixed_order_and_are_files(name, place):
    tracks = open_dataset(name, place).tracks()
    assert tracks
    assert list(tracks) == list(open_dataset(name, place).tracks())
    for track in tracks:
        assert track.url or track.path.is_file()
        assert track.duration_seconds is None or track.duration_seconds > 0


def test_labels_values_and_tags_are_those_that_it_declares(name, place):
    dataset = open_dataset(name, place)
    tracks = dataset.tracks()
    assert set(chain(*(track.labels for track in tracks))) == set(dataset.outputs)
    assert set(chain(*(track.values for track in tracks))) == set(dataset.values)
    assert any(track.tags for track in tracks) == dataset.has_tags
    for track in tracks:
        assert all(isinstance(label, str) and label for label in track.labels.values())
        assert all(isinstance(value, float) for value in track.values.values())
        assert all(isinstance(tag, str) and tag for tag in track.tags)


def test_groups_are_known_as_it_declares(name, place):
    dataset = open_dataset(name, place)
    filled = {
        group for group in get_args(Group) if any(getattr(t, group) for t in dataset.tracks())
    }
    assert filled == set(dataset.groups)


def test_ids_are_unique(name, place):
    ids = [track.id for track in open_dataset(name, place).tracks()]
    assert len(ids) == len(set(ids))


def test_tracks_are_listed_without_opening_one(name, place, local_files):
    before = list(open_dataset(name, place).tracks())
    for path in local_files:
        path.write_bytes(b"")
    assert list(open_dataset(name, place).tracks()) == before


def test_a_whole_copy_is_valid(name, place):
    dataset = open_dataset(name, place)
    assert list(dataset.validate()) == []
    assert list(dataset.validate(dataset.make_index())) == []


def test_the_index_covers_every_file(name, place, local_files):
    dataset = open_dataset(name, place)
    root = place.parent if dataset.takes_file else place
    tables = [path for path in dataset.tables() if path.is_relative_to(root)]
    assert {root / name for name in dataset.make_index()} == {*local_files, *tables}


def test_a_deleted_file_is_named(name, place, local_files):
    dataset = open_dataset(name, place)
    index = dataset.make_index()
    local_files[0].unlink()
    assert [line for line in dataset.validate(index) if str(local_files[0]) in line]
    if name not in OWN_FILES:
        assert any(local_files[0].stem in line for line in dataset.validate())


def test_a_changed_byte_is_named(name, place, local_files):
    dataset = open_dataset(name, place)
    index = dataset.make_index()
    content = bytearray(local_files[-1].read_bytes())
    content[len(content) // 2] ^= 1
    local_files[-1].write_bytes(content)
    (line,) = dataset.validate(index)
    assert line.startswith(f"{local_files[-1]}: ")
    assert "checksum" in line


def test_published_counts_are_compared(name, place, monkeypatch):
    dataset = open_dataset(name, place)
    output = dataset.outputs[0]
    label = dataset.tracks()[0].labels[output]
    monkeypatch.setattr(DATASETS[name], "published", {output: {label: 10_000}})
    assert any("10000" in line and label in line for line in dataset.validate())


def test_a_data_set_without_a_miniature_is_told_what_to_write(make_miniature):
    with pytest.raises(pytest.fail.Exception, match=r"new-set has no miniature: .*new_set\.py"):
        make_miniature("new-set")


def test_an_empty_folder_is_refused(name, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadDataset, match="empty"):
        open_dataset(name, tmp_path / "empty").tracks()


def test_a_missing_folder_is_refused(name, tmp_path):
    with pytest.raises(BadDataset, match=r"absent: no such (folder|file)"):
        open_dataset(name, tmp_path / "absent")


def test_an_unknown_name_lists_the_known_ones(tmp_path):
    with pytest.raises(BadDataset, match=r"unknown data set 'gtsan'; did you mean gtzan\?.*audio"):
        open_dataset("gtsan", tmp_path)


def test_the_option_is_a_name_and_a_folder():
    assert parse_data_option("audio=/a=b") == ("audio", Path("/a=b"))


@pytest.mark.parametrize("text", ["", "audio", "audio=", "=folder", "="])
def test_another_form_of_the_option_is_refused(text):
    with pytest.raises(BadDataset, match="write NAME=DIR"):
        parse_data_option(text)


def test_a_folder_without_a_name_is_told_how_to_write_it():
    with pytest.raises(BadDataset, match="write NAME=DIR, such as audio=/my/music for your own"):
        parse_data_option("/my/music")
