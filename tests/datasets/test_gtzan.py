"""GTZAN as images: split and artist come from tracks.csv."""

from __future__ import annotations

import shutil
from collections import Counter

import pytest

from earmark.datasets.gtzan import GENRES, GtzanMel
from earmark.errors import BadDataset
from earmark.splits import check_disjoint, side


@pytest.fixture
def folder(miniature, tmp_path):
    return shutil.copytree(miniature, tmp_path / "gtzan-mel")


def test_tracks_have_split_and_artist(miniature):
    tracks = GtzanMel(miniature).tracks()
    assert Counter(track.split for track in tracks) == {"train": 30, "valid": 10}
    assert {track.labels["genre"] for track in tracks} == set(GENRES)
    assert (tracks[3].id, tracks[3].artist) == ("blues.00003", "blues band 3")


def test_the_table_may_lie_beside_the_folder(folder):
    (folder.parent / "gtzan-meta").mkdir()
    shutil.move(folder / "tracks.csv", folder.parent / "gtzan-meta")
    assert len(GtzanMel(folder).tracks()) == 40


def test_without_a_table_it_says_what_to_do(folder):
    (folder / "tracks.csv").unlink()
    with pytest.raises(BadDataset, match=r"tracks\.csv is neither.*--data log-mel=DIR"):
        GtzanMel(folder).tracks()


def test_a_missing_image_is_named_and_left_out(folder, no_committed_index):
    (folder / "jazz" / "jazz.00003.png").unlink()
    assert len(GtzanMel(folder).tracks()) == 39
    assert list(GtzanMel(folder).validate()) == [f"{folder / 'jazz' / 'jazz.00003.png'}: missing"]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("track,genre,split\na,b,c\n", "no column artist"),
        ("", "no column track, genre, split, artist"),
        ("track,genre,split,artist\nblues.00000,blues,train,x\nblues.0\n", "too few cells"),
        ("track,genre,split,artist\n", "holds none of GTZAN's files"),
        ("track,genre,split,artist\nx,blues,train,x\n", "holds none of GTZAN's files"),
        ("track,genre,split,artist\n\xff,blues,train,x\n", "cannot be read"),
    ],
)
def test_a_bad_table_is_refused(folder, table, words):
    (folder / "tracks.csv").write_bytes(table.encode("latin-1"))
    with pytest.raises(BadDataset, match=words):
        GtzanMel(folder).tracks()


def test_the_real_lists_are_whole_and_free_of_leaks(data):
    dataset = GtzanMel(data / "gtzan-mel")
    train, valid = (side(dataset.tracks(), name) for name in ("train", "valid"))
    assert (len(train), len(valid)) == (442, 197)
    check_disjoint({"train": train, "valid": valid})
    for name, tracks in (("train", train), ("valid", valid)):
        listed = (data / "gtzan-meta" / f"{name}_filtered.txt").read_text().split()
        assert {track.id for track in tracks} == set(listed) - {"jazz.00054"}
    # The one file that common copies hold damaged.
    assert [line for line in dataset.validate() if "jazz.00054" not in line] == []
