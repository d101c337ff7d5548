"""A CSV of tracks: columns, paths, and every mistake that a table can hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from earmark.datasets import open_dataset
from earmark.datasets.manifest import Manifest
from earmark.errors import BadDataset


@pytest.fixture
def write(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "tracks.csv"
        path.write_bytes(text.encode("latin-1"))
        return path

    return write


def test_every_column(write):
    path = write(
        "path,id,artist,album,recording,split,duration_seconds,tags,genre,value:valence,#note\n"
        "a/b.wav,B,Ella,Live,1957,test,30.5, slow; ;sad,jazz,-0.25,whatever\n"
        "c.wav,,,,,,,,,,\n"
    )
    dataset = Manifest(path)
    first, second = dataset.tracks()
    assert (first.id, first.path) == ("B", path.parent / "a" / "b.wav")
    assert (first.artist, first.album, first.recording) == ("Ella", "Live", "1957")
    assert (first.split, first.duration_seconds, first.tags) == ("test", 30.5, ("slow", "sad"))
    assert (first.labels, first.values) == ({"genre": "jazz"}, {"valence": -0.25})
    assert (second.id, second.labels, second.values, second.tags) == ("c", {}, {}, ())
    assert (second.artist, second.split, second.duration_seconds) == (None, None, None)
    assert dataset.outputs == ("genre",)
    assert dataset.values == ("valence",)


def test_only_a_path_is_needed(write):
    (track,) = Manifest(write("path\nx.mp3\n")).tracks()
    assert (track.id, track.url) == ("x", None)


def test_a_byte_order_mark_as_spreadsheets_write_it_is_skipped(tmp_path):
    (tmp_path / "tracks.csv").write_text("path,genre\nä.wav,pop\n", encoding="utf-8-sig")
    (track,) = Manifest(tmp_path / "tracks.csv").tracks()
    assert track.path == tmp_path / "ä.wav"


def test_absolute_paths_and_file_urls_are_local(write, tmp_path):
    there = tmp_path / "far away" / "x.wav"
    tracks = Manifest(write(f"path\n{there}\n{there.with_name('y.wav').as_uri()}\n")).tracks()
    assert [track.path for track in tracks] == [there, there.with_name("y.wav")]
    assert [track.url for track in tracks] == [None, None]


def test_urls_are_kept_and_get_a_place_in_the_cache(write, tmp_path, monkeypatch):
    monkeypatch.setenv("EARMARK_CACHE", str(tmp_path / "cache"))
    dataset = Manifest(
        write(
            "path\nhttps://host/a/one.mp3?key=1\nzip://in/two.wav::https://host/b.zip\n"
            "s3://bucket/three\n"
        )
    )
    tracks = dataset.tracks()
    assert [track.id for track in tracks] == ["one", "two", "three"]
    assert [track.path.suffix for track in tracks] == [".mp3", ".wav", ""]
    assert {track.path.parent for track in tracks} == {tmp_path / "cache"}
    assert len({track.path for track in tracks}) == 3
    assert tracks[0].url == "https://host/a/one.mp3?key=1"
    assert list(dataset.validate()) == []
    assert dataset.notes() == ["3 tracks lie elsewhere and are not checked"]


def test_files_of_one_name_are_told_apart(write):
    tracks = Manifest(write("path\na/1.wav\nb/1.wav\n2.wav\n")).tracks()
    assert [track.id for track in tracks] == ["a/1.wav", "b/1.wav", "2"]


def test_images_are_a_manifest_too(write):
    dataset = open_dataset("manifest", write("path,kind\na.png,log-mel\nb.png,log-mel\n"))
    assert dataset.kind == "log-mel"
    assert dataset.outputs == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no column path"),
        ("path\n", "lists no track"),
        ("file,genre\na.wav,pop\n", "has no column path"),
        ("path,genre\n,pop\n", "row 2: its path is empty"),
        ("path,genre\na.wav,pop,rock\n", "row 2 has too many cells"),
        ("path,id\na.wav,x\nb.wav,x\n", "2 tracks are called 'x'"),
        ("path\na.wav\na.wav\n", "2 tracks are called 'a.wav'"),
        ("path,value:v\na.wav,1\nb.wav,loud\n", "row 3: value:v is 'loud', which is no number"),
        ("path,value:v\na.wav,nan\n", "row 2: value:v is 'nan'"),
        ("path,duration_seconds\na.wav,3:20\n", "row 2: duration_seconds is '3:20'"),
        ("path,kind\na.wav,video\n", "column kind: write one of audio, log-mel, image"),
        ("path,kind\na.wav,audio\na.png,image\n", "column kind"),
        ("path\n\xff.wav\n", "cannot be read"),
    ],
)
def test_mistakes_are_named(write, text, words):
    with pytest.raises(BadDataset, match=words) as caught:
        Manifest(write(text)).tracks()
    assert "tracks.csv" in str(caught.value)


def test_a_folder_is_no_manifest(tmp_path):
    with pytest.raises(BadDataset, match="is a folder; manifest is a file"):
        open_dataset("manifest", tmp_path)


def test_a_name_that_no_system_allows_is_missing(write, tmp_path):
    dataset = Manifest(write(f"path\n{'x' * 5000}.wav\n"))
    assert list(dataset.validate()) == [f"{tmp_path / ('x' * 5000)}.wav: missing"]
    with pytest.raises(BadDataset, match="no such file"):
        open_dataset("manifest", tmp_path / ("x" * 5000))


def test_a_missing_file_is_named(write, tmp_path):
    dataset = Manifest(write("path,genre\na.wav,pop\n"))
    assert list(dataset.validate()) == [f"{tmp_path / 'a.wav'}: missing"]
