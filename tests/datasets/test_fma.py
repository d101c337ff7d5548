"""FMA in its published layout: three header rows, two sizes, moods from valence."""

from __future__ import annotations

import csv
import hashlib
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.datasets.fma import FmaMedium, FmaSmall, mood
from earmark.errors import BadDataset


@pytest.fixture
def folder(make_miniature):
    return make_miniature("fma-small")


def edit(path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_track_has_genre_mood_split_groups_tags_and_values(folder):
    first, second, third = FmaSmall(folder).tracks()
    assert first.id == "000002"
    assert first.path == folder / "fma_small" / "000" / "000002.mp3"
    assert first.labels == {"genre": "Hip-Hop", "mood": "neutral"}
    assert (first.artist, first.album) == ("AWOL (1)", "A Way Of Life (1)")
    assert (first.split, first.duration_seconds, first.faults) == ("train", 30.0, ())
    assert first.tags == ("Hip-Hop",)
    assert first.values["valence"] == 0.576661
    assert set(first.values) == set(FmaSmall.values)
    assert second.tags == ("Hip-Hop", "Alternative Hip-Hop")
    assert (second.split, second.labels["mood"]) == ("valid", "sad")
    assert (third.split, third.labels["mood"]) == ("test", "happy")


def test_medium_holds_small_and_more_and_not_large(folder):
    small = [track.id for track in FmaSmall(folder).tracks()]
    medium = [track.id for track in FmaMedium(folder).tracks()]
    assert small == ["000002", "000005", "133297"]
    assert medium == ["000002", "000005", "001486", "133297"]


def test_a_track_without_numbers_or_album_lacks_them(folder):
    track = FmaMedium(folder).tracks()[2]
    assert (track.labels, track.values, track.album) == ({"genre": "Rock"}, {}, None)


def test_known_faults_are_named(folder):
    *whole, short = FmaSmall(folder).tracks()
    assert [track.faults for track in whole] == [(), ()]
    assert short.faults == ("holds no sound: cut beyond the end of the track",)
    assert short.duration_seconds is None


def test_notes_say_how_many_tracks_have_a_mood(folder):
    assert FmaMedium(folder).notes() == ["3 of 4 tracks have Echo Nest's numbers, and so a mood"]


def test_the_folder_of_the_audio_will_do_too(folder):
    tracks = FmaSmall(folder / "fma_small").tracks()
    assert tracks == FmaSmall(folder).tracks()


def test_the_bounds_of_mood_are_a_setting(folder):
    tracks = FmaSmall(folder, mood_bounds=(0.05, 0.95)).tracks()
    assert {track.labels["mood"] for track in tracks} == {"neutral"}


MOODS = ["sad", "neutral", "happy"]


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_valence_is_no_sadder_mood(one, other):
    low, high = sorted([one, other])
    assert MOODS.index(mood(low)) <= MOODS.index(mood(high))


@pytest.mark.parametrize(
    ("valence", "expected"),
    [(0, "sad"), (0.333, "sad"), (1 / 3, "neutral"), (0.666, "neutral"), (2 / 3, "happy")],
)
def test_moods_are_thirds_of_valence(valence, expected):
    assert mood(valence) == expected


def test_artists_of_one_name_are_told_apart(folder):
    edit(folder / "fma_metadata" / "tracks.csv", "Twin", "AWOL")
    artists = [track.artist for track in FmaSmall(folder).tracks()]
    assert artists == ["AWOL (1)", "AWOL (1)", "AWOL (3)"]


@pytest.mark.parametrize(
    ("table", "old", "new", "words"),
    [
        ("tracks", ",subset,", ",part,", r"tracks\.csv: has no column set\.subset"),
        ("tracks", "[21, 100]", "[21, 999]", "track 5: genre '999' is not in genres.csv"),
        ("tracks", "\n2,", "\nx,", "tracks.csv: damaged: track x: invalid literal"),
        ("tracks", "Song 5", "Song 5,,", r"tracks\.csv: damaged: line \d+ has 55 cells; 53 are"),
        ("genres", "title", "name", r"genres\.csv: has no column title"),
        ("echonest", "valence", "mood", r"no column echonest\.audio_features\.valence"),
        ("echonest", "0.576661", "much", "echonest.csv: damaged: track 2: could not convert"),
    ],
)
def test_a_damaged_table_is_refused(folder, table, old, new, words):
    edit(folder / "fma_metadata" / f"{table}.csv", old, new)
    with pytest.raises(BadDataset, match=words):
        FmaSmall(folder).tracks()


@pytest.mark.parametrize("table", ["tracks", "genres", "echonest"])
def test_a_missing_table_is_named(folder, table):
    (folder / "fma_metadata" / f"{table}.csv").unlink()
    words = rf"fma_metadata/{table}\.csv is neither in it nor beside it"
    with pytest.raises(BadDataset, match=words):
        FmaSmall(folder).tracks()


def test_an_empty_table_has_no_columns(folder):
    (folder / "fma_metadata" / "tracks.csv").write_text("")
    with pytest.raises(BadDataset, match=r"has no column track_id, set\.split"):
        FmaSmall(folder).tracks()


def test_bytes_that_are_no_text_are_refused(folder):
    (folder / "fma_metadata" / "genres.csv").write_bytes(b"genre_id,title\n1,\xff\n")
    with pytest.raises(BadDataset, match=r"genres\.csv: cannot be read"):
        FmaSmall(folder).tracks()


def test_without_audio_it_says_which_folder_is_expected(folder):
    shutil.rmtree(folder / "fma_small")
    with pytest.raises(BadDataset, match="holds no folder fma_small"):
        FmaSmall(folder).tracks()
    (folder / "fma_small" / "000").mkdir(parents=True)
    with pytest.raises(BadDataset, match=r"holds none of the mp3 that tracks\.csv names"):
        FmaSmall(folder).tracks()


def test_the_other_size_beside_it_is_no_stranger_but_another_mp3_is(folder, monkeypatch):
    monkeypatch.setattr(FmaSmall, "published", {})
    assert list(FmaSmall(folder).validate()) == []
    shutil.copy(folder / "fma_small/000/000002.mp3", folder / "fma_small/000/000003.mp3")
    (line,) = FmaSmall(folder).validate()
    assert line == f"{folder / 'fma_small' / '000' / '000003.mp3'}: is no track of fma-small"


def test_the_list_of_checksums_is_checked(folder, monkeypatch):
    monkeypatch.setattr(FmaSmall, "published", {})
    audio = folder / "fma_small"
    names = [path.relative_to(audio).as_posix() for path in sorted(audio.rglob("*.mp3"))]
    lines = [f"{hashlib.sha1((audio / n).read_bytes()).hexdigest()}  {n}" for n in names]
    (audio / "checksums").write_text("\n".join(lines) + "\n")
    assert list(FmaSmall(folder).validate()) == []
    (audio / names[0]).write_bytes(b"damaged")
    (line,) = FmaSmall(folder).validate()
    assert line.startswith(f"{audio / names[0]}: is not the published file: sha1 ")
    (audio / "checksums").write_text("no list\n")
    with pytest.raises(BadDataset, match="checksums: damaged: line 1 is no checksum and name"):
        list(FmaSmall(folder).validate())


def test_an_archive_that_lies_there_is_checked(folder, monkeypatch):
    monkeypatch.setattr(FmaSmall, "published", {})
    (folder / "fma_metadata.zip").write_bytes(b"half of it")
    (line,) = FmaSmall(folder).validate()
    assert line.startswith(f"{folder / 'fma_metadata.zip'}: is not the published file: sha1 ")


def test_the_published_counts_are_whole():
    assert sum(FmaSmall.published["genre"].values()) == 8000
    assert sum(FmaMedium.published["genre"].values()) == 25000


def test_a_biography_beyond_the_limit_of_a_cell_is_read(folder):
    """The csv module's limit of a cell is below the longest biography."""
    path = folder / "fma_metadata" / "tracks.csv"
    edit(path, "and lines.", "and lines." * 30_000)
    with path.open(encoding="utf-8", newline="") as file, pytest.raises(csv.Error):
        old = csv.field_size_limit(131_072)
        try:
            list(csv.reader(file))
        finally:
            csv.field_size_limit(old)
    assert len(FmaSmall(folder).tracks()) == 3
