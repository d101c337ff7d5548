"""The 4Q set as images: quadrant, and genre where it is one of GTZAN's."""

from __future__ import annotations

import shutil
from collections import Counter

import pytest

from earmark.datasets.quadrants_mel import QuadrantsMel
from earmark.errors import BadDataset

HEADER = "track,quadrant,genres,moods,artist,title,gtzan_split\n"


@pytest.fixture
def folder(miniature, tmp_path):
    """One clip that is there."""
    (tmp_path / "Q3").mkdir()
    shutil.copy(miniature / "jazz" / "jazz.00000.png", tmp_path / "Q3" / "M1.png")
    return tmp_path


@pytest.mark.parametrize(
    ("genres", "labels"),
    [
        ("Jazz", {"quadrant": "Q3", "genre": "jazz"}),
        ("Rap", {"quadrant": "Q3", "genre": "hiphop"}),
        ("Jazz; Blues", {"quadrant": "Q3"}),
        ("Pop/Rock", {"quadrant": "Q3"}),
        ("", {"quadrant": "Q3"}),
    ],
)
def test_only_a_single_genre_of_gtzan_is_a_label(folder, genres, labels):
    (folder / "index.csv").write_text(f"{HEADER}M1,Q3,{genres},Calm,Bill,Blue,\n")
    (track,) = QuadrantsMel(folder).tracks()
    assert track.labels == labels
    assert (track.artist, track.side_in_gtzan) == ("Bill", None)


def test_moods_and_genres_are_tags_each_once(folder):
    row = "M1,Q3,Jazz; Pop/Rock;,Sad; Pop/Rock; Bitter Sweet,Bill,Blue,"
    (folder / "index.csv").write_text(f"{HEADER}{row}\n")
    (track,) = QuadrantsMel(folder).tracks()
    assert track.tags == ("sad", "pop/rock", "bitter sweet", "jazz")


def test_a_missing_image_is_named(folder, no_committed_index):
    (folder / "index.csv").write_text(f"{HEADER}M1,Q3,Jazz,,A,,\nM2,Q3,Jazz,,B,,valid\n")
    dataset = QuadrantsMel(folder)
    assert list(dataset.validate()) == [f"{folder / 'Q3' / 'M2.png'}: missing"]
    assert dataset.tracks()[1].side_in_gtzan == "valid"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("track,quadrant\nM1,Q3\n", "no column genres, moods, artist, gtzan_split"),
        (f"{HEADER}M2,Q3,Jazz,,A,,\n", "holds none of the images"),
        (f"{HEADER}M1,Q3\n", "too few cells"),
    ],
)
def test_a_bad_index_is_refused(folder, table, words):
    (folder / "index.csv").write_text(table)
    with pytest.raises(BadDataset, match=words):
        QuadrantsMel(folder).tracks()


def test_no_index_is_refused(folder):
    with pytest.raises(BadDataset, match=r"index\.csv: cannot be read: No such file"):
        QuadrantsMel(folder).tracks()


def test_the_real_set_is_whole(data):
    dataset = QuadrantsMel(data / "quadrants-mel")
    tracks = dataset.tracks()
    assert len(tracks) == 703
    assert set(Counter(t.labels["quadrant"] for t in tracks)) == {"Q1", "Q2", "Q3", "Q4"}
    assert list(dataset.validate()) == []
    assert "test" not in {track.side_in_gtzan for track in tracks}
