"""Emotify: emotions, valence, moods and the seller's genre."""

from __future__ import annotations

from collections import Counter

import pytest

from earmark.datasets import open_dataset
from earmark.datasets.emotify import EMOTIONS, Emotify
from earmark.errors import BadDataset


@pytest.fixture
def folder(make_miniature):
    return make_miniature("emotify")


def test_what_labels_csv_says(folder):
    first, second, *_ = Emotify(folder).tracks()
    assert first.id == "classical/001"
    assert first.values["valence"] == -0.25
    assert first.values["calmness"] == 0.5
    assert first.labels == {"genre": "classical", "mood": "sad", "magnatune-genre": "Alt Rock"}
    assert (first.artist, first.album, first.duration_seconds) == ("Band 0", "Album, 0", 30.0)
    assert second.values["valence"] == 0.05


@pytest.mark.parametrize(
    ("joy", "sadness", "mood"),
    [
        (0.1, 0.201, "sad"),
        (0.1, 0.2, "neutral"),
        (0.6, 0.371, "neutral"),
        (0.6, 0.37, "happy"),
        (1, 0, "happy"),
        (0, 1, "sad"),
    ],
)
def test_moods_are_cut_at_fixed_bounds(folder, joy, sadness, mood):
    table = folder / "labels.csv"
    header, row, *_ = table.read_text().splitlines()
    cells = row.split(",")
    cells[10], cells[12] = str(joy), str(sadness)
    table.write_text(f"{header}\n{','.join(cells)}\n")
    assert Emotify(folder).tracks()[0].labels["mood"] == mood


def test_a_cell_that_is_no_number_is_said(folder):
    table = folder / "labels.csv"
    table.write_text(table.read_text().replace("0.05,0.25", "0.05,much", 1))
    with pytest.raises(BadDataset, match=r"labels\.csv: damaged: classical/001\.opus: .*much"):
        Emotify(folder).tracks()


def test_a_table_without_its_clips_is_refused(folder):
    for track in Emotify(folder).tracks():
        track.path.unlink()
    with pytest.raises(BadDataset, match=r"none of the clips"):
        Emotify(folder).tracks()


def test_the_real_set_is_whole(data):
    dataset = open_dataset("emotify", data / "emotify")
    tracks = dataset.tracks()
    assert Counter(track.labels["mood"] for track in tracks) == {
        "sad": 133,
        "neutral": 134,
        "happy": 133,
    }
    assert len({track.artist for track in tracks}) == 138
    assert Counter(track.labels["magnatune-genre"] for track in tracks)["Alt Rock"] == 158
    assert all(set(track.values) == {*EMOTIONS, "valence"} for track in tracks)
    assert list(dataset.validate()) == []
