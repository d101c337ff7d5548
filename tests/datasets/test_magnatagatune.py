"""MagnaTagATune in its published layout: tags, songs, the usual split, genres by album."""

from __future__ import annotations

import shutil

import pytest

from earmark.datasets.magnatagatune import (
    MagnaTagATune,
    MagnaTagATuneMerged,
    MagnaTagATuneTop50,
    MagnaTagATuneTop50Merged,
)
from earmark.datasets.magnatagatune_tags import merge_tags
from earmark.errors import BadDataset


@pytest.fixture
def folder(make_miniature):
    return make_miniature("magnatagatune")


@pytest.fixture
def write_tag(folder, tmp_path):
    """Give a clip's file a genre tag, by FFmpeg."""
    import av

    def write(track, genre: str) -> None:
        old = shutil.move(track.path, tmp_path / "old.mp3")
        with av.open(str(old)) as source, av.open(str(track.path), "w") as out:
            out.metadata["genre"] = genre
            stream = out.add_stream_from_template(source.streams.audio[0])
            for packet in source.demux(source.streams.audio[0]):
                if packet.dts is not None:
                    packet.stream = stream
                    out.mux(packet)

    return write


def edit(path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_clip_has_tags_song_split_and_genre(folder):
    first, second, *_ = MagnaTagATune(folder).tracks()
    assert first.id == "2"
    assert first.path.relative_to(folder).as_posix() == (
        "f/american_bach_soloists-cantatas-01-gleichwie-30-59.mp3"
    )
    assert first.labels == {"genre": "Classical"}
    assert first.tags == ("female voice", "choir")
    assert (first.artist, first.split) == ("American Bach Soloists", "test")
    assert first.duration_seconds == 29
    assert first.recording == second.recording
    assert first.recording == "American Bach Soloists / Cantatas / 1 Gleichwie"


def test_the_usual_split_is_by_folder(folder):
    tracks = MagnaTagATune(folder).tracks()
    assert [track.split for track in tracks] == ["test", "test", "valid", "train", "train"]


def test_notes_say_how_far_the_usual_split_leaks(folder):
    assert MagnaTagATune(folder).notes() == [
        "5 of 5 clips have one of Magnatune's ten genres",
        "artists on more than one side of the usual split: 1",
        "albums on more than one side of the usual split: 0",
        "recordings on more than one side of the usual split: 0",
    ]


def test_the_mp3_may_lie_a_folder_deeper(folder):
    before = MagnaTagATune(folder).tracks()
    for shard in "06cf":
        shutil.move(folder / shard, folder / "mp3" / shard)
    after = MagnaTagATune(folder).tracks()
    assert [track.path.parts[-3:] for track in after] == [
        ("mp3", *track.path.parts[-2:]) for track in before
    ]
    assert [track.split for track in after] == [track.split for track in before]


def test_a_file_that_was_published_empty_is_a_fault(folder):
    known = "6/norine_braun-now_and_zen-08-gently-117-146.mp3"
    *whole, empty = MagnaTagATune(folder).tracks()
    assert empty.path == folder / known
    assert empty.faults == ("empty in the published archive",)
    assert empty.duration_seconds is None
    assert not any(track.faults for track in whole)


def test_the_top_50_are_counted_in_the_table(folder):
    assert [track.tags for track in MagnaTagATuneTop50(folder).tracks()] == [
        track.tags for track in MagnaTagATune(folder).tracks()
    ]
    lines = (folder / "annotations_final.csv").read_text().splitlines()
    # Give the first clip every tag: then six stand twice, and of the rest the first 44 are taken.
    cells = lines[1].split("\t")
    lines[1] = "\t".join([cells[0], *["1"] * 188, cells[-1]])
    (folder / "annotations_final.csv").write_text("\n".join(lines) + "\n")
    first, second, *_ = MagnaTagATuneTop50(folder).tracks()
    assert len(MagnaTagATune(folder).tracks()[0].tags) == 188
    assert len(first.tags) == 50
    assert set(second.tags) <= set(first.tags)
    assert MagnaTagATuneTop50Merged(folder).tracks()[0].tags == merge_tags(first.tags)
    note = MagnaTagATuneTop50(folder).notes()[-1]
    assert note.startswith("of the 50 tags that papers list, ")
    assert "guitar" not in note
    assert "techno" in note


def test_tags_that_mean_the_same_are_merged(folder):
    first, second, third, *_ = MagnaTagATuneMerged(folder).tracks()
    assert first.tags == second.tags == ("female vocal", "choir")
    assert third.tags == ("classical", "violin")


def test_without_a_catalogue_there_are_tags_and_no_genres(folder):
    (folder / "song_info.csv").unlink()
    dataset = MagnaTagATune(folder)
    assert all(track.labels == {} for track in dataset.tracks())
    assert "song_info.csv or sqlite_normalized.db" in dataset.notes()[0]
    assert dataset.notes()[0].startswith("0 of 5 clips have one of Magnatune's ten genres; ")


def test_an_album_that_the_catalogue_calls_otherwise_is_found_by_its_name(folder):
    edit(folder / "song_info.csv", "abs-heroes", "abs-heros")
    edit(folder / "song_info.csv", "Bach Soloists,Aria,Heroes", "bach-soloists,Aria,HEROES")
    assert MagnaTagATune(folder).tracks()[2].labels == {"genre": "Classical"}


def test_an_album_that_is_nowhere_is_counted(folder, monkeypatch):
    monkeypatch.setattr(MagnaTagATune, "checksums", {})
    edit(folder / "song_info.csv", "Baroque,Classical", "Baroque")
    (line,) = MagnaTagATune(folder).validate()
    assert line == (
        "1 clips have none of the ten genres: 1 albums are not in the catalogue or have another "
        "genre, such as 'American Bach Soloists / Heroes'"
    )


def test_files_tags_are_gathered_once_and_elected_by_album(folder, write_tag, monkeypatch):
    monkeypatch.setattr(MagnaTagATune, "checksums", {})
    (folder / "song_info.csv").unlink()
    dataset = MagnaTagATune(folder)
    tracks = dataset.tracks()
    write_tag(tracks[0], "Classical")
    write_tag(tracks[3], "AlternRock")
    tracks[4].path.write_bytes(b"")  # as published
    assert dataset.gather() == f"{folder / 'file_genres.csv'}: 2 of 5 clips have a genre tag"
    genres = [track.labels.get("genre") for track in dataset.tracks()]
    # The second clip has none of its own: it is of the same album as the first.
    assert genres == ["Classical", "Classical", None, "Alt Rock", None]
    assert dataset.tables()[-1] == folder / "file_genres.csv"
    assert [line for line in dataset.validate() if line.startswith("2 clips have none of the ten")]


def test_the_catalogue_goes_before_the_files_tags(folder, write_tag):
    write_tag(MagnaTagATune(folder).tracks()[0], "Jazz")
    MagnaTagATune(folder).gather()
    assert MagnaTagATune(folder).tracks()[0].labels == {"genre": "Classical"}


def test_files_as_the_script_made_them_have_no_genre_tag(folder):
    assert MagnaTagATune(folder).gather().endswith(": 0 of 5 clips have a genre tag")


def test_the_command_gathers_and_then_validates(folder, write_tag, earmark):
    (folder / "song_info.csv").unlink()
    write_tag(MagnaTagATune(folder).tracks()[0], "Classical")
    before = earmark("datasets", "magnatagatune", folder)
    assert "0 of 5 clips have one of Magnatune's ten genres; put" in before.stdout
    process = earmark("datasets", "magnatagatune", folder, "--gather")
    assert process.returncode == 1  # the miniature's tables are not the published ones
    assert process.stderr == (
        f"earmark: {folder / 'file_genres.csv'}: 1 of 5 clips have a genre tag\n"
    )
    assert "\n3 clips have none of the ten genres: 3 albums are not in " in process.stdout
    assert "2 of 5 clips have one of Magnatune's ten genres\n" in process.stdout


def test_a_table_that_cannot_be_written_is_said(folder):
    (folder / "file_genres.csv.unfinished").mkdir()
    with pytest.raises(BadDataset, match=r"file_genres\.csv: cannot be written: "):
        MagnaTagATune(folder).gather()


def test_a_clip_without_a_row_of_info_keeps_its_tags(folder, monkeypatch):
    monkeypatch.setattr(MagnaTagATune, "checksums", {})
    edit(folder / "clip_info_final.csv", "\n11\t", "\n99\t")
    track = MagnaTagATune(folder).tracks()[3]
    assert (track.tags, track.artist, track.recording, track.labels) == (("rock",), None, None, {})
    lines = list(MagnaTagATune(folder).validate())
    assert "1 clips are not in clip_info_final.csv, the first is 11" in lines


def test_published_checksums_are_compared(folder):
    lines = list(MagnaTagATune(folder).validate())
    assert len(lines) == 2
    assert lines[0].startswith(f"{folder / 'annotations_final.csv'}: is not the published file")


@pytest.mark.parametrize(
    ("table", "old", "new", "words"),
    [
        (
            "annotations_final.csv",
            "clip_id\t",
            "clip\t",
            "is no table of clip_id, tags and mp3_path",
        ),
        ("annotations_final.csv", "\t", ",", "is no table of clip_id, tags and mp3_path"),
        ("annotations_final.csv", "\n6\t0", "\n6\tx", "a tag of clip 6 is neither 0 nor 1"),
        ("annotations_final.csv", "\n6\t0", "\n6", "line 3 has 189 cells; 190 are expected"),
        ("clip_info_final.csv", "album\t", "record\t", "has no column album"),
        ("clip_info_final.csv", "\t30\t59", "\tx\t59", "damaged: clip 2: could not convert"),
        ("song_info.csv", "albumsku", "sku", r"song_info\.csv: has no column albumsku"),
    ],
)
def test_a_damaged_table_is_refused(folder, table, old, new, words):
    edit(folder / table, old, new)
    with pytest.raises(BadDataset, match=words):
        MagnaTagATune(folder).tracks()


@pytest.mark.parametrize("table", ["annotations_final.csv", "clip_info_final.csv"])
def test_a_missing_table_is_named(folder, table):
    (folder / table).unlink()
    with pytest.raises(BadDataset, match=rf"{table}: cannot be read: No such file"):
        MagnaTagATune(folder).tracks()


def test_without_audio_it_says_where_it_is_expected(folder):
    for shard in "06cf":
        shutil.rmtree(folder / shard)
    with pytest.raises(BadDataset, match=r"holds none of the mp3 .*; the folders 0 … f"):
        MagnaTagATune(folder).tracks()
