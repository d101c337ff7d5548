"""Folders of genre folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from earmark.datasets.folder import AudioFolder, LogMelFolder
from earmark.errors import BadDataset
from earmark.splits import listed


@pytest.fixture
def make(tmp_path):
    def make(*names: str) -> Path:
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
        return tmp_path

    return make


def test_the_genre_is_the_folder_however_deep_a_file_lies(make):
    folder = make("rock/a.mp3", "jazz/live/b.FLAC", "jazz/c.ogg", "jazz/notes.txt", "top.mp3")
    found = [(track.id, track.labels["genre"]) for track in AudioFolder(folder).tracks()]
    assert found == [("c", "jazz"), ("b", "jazz"), ("a", "rock")]


def test_hidden_files_and_folders_and_folders_named_like_files_are_left_out(make):
    folder = make(".git/a.png", "pop/.b.png", "pop/.old/c.png", "pop/d.png", "pop/e.png/f.png")
    assert [track.id for track in LogMelFolder(folder).tracks()] == ["d", "f"]


def test_files_of_one_name_are_told_apart(make, tmp_path):
    folder = make("blues/01.mp3", "rock/01.mp3", "rock/02.mp3")
    tracks = AudioFolder(folder).tracks()
    assert [track.id for track in tracks] == ["blues/01.mp3", "rock/01.mp3", "02"]
    names = make("names.txt") / "names.txt"
    names.write_text("rock/01.mp3\n02\n")
    assert [t.labels["genre"] for t in listed(tracks, names)] == ["rock", "rock"]


def test_files_without_folders_are_tracks_without_a_genre(make):
    folder = make("b.mp3", "a.flac", ".c.mp3", "cover.png", "notes/d.txt")
    found = [(track.id, dict(track.labels)) for track in AudioFolder(folder).tracks()]
    assert found == [("a", {}), ("b", {})]


def test_the_other_kind_of_file_is_not_taken(make):
    folder = make("rock/a.mp3")
    with pytest.raises(BadDataset, match="holds no folder with PNG files"):
        LogMelFolder(folder).tracks()


def test_the_real_recordings(data):
    assert len(AudioFolder(data / "gtzan-audio").tracks()) == 89
    assert len(LogMelFolder(data / "gtzan-mel").tracks()) == 639
