"""Sides of a data set: which tracks stand on them, and that none stands on two."""

from __future__ import annotations

from pathlib import Path

import pytest

from earmark.datasets import Track
from earmark.errors import BadSplit
from earmark.splits import check_disjoint, listed, side, split_checksum


def track(name: str, *, split: str | None = None, artist: str | None = None) -> Track:
    return Track(id=name, path=Path(f"{name}.png"), split=split, artist=artist)


TRACKS = [
    track("a", split="train", artist="Ann"),
    track("b", split="valid", artist="Bob"),
    track("c", split="train"),
]


@pytest.fixture
def write(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "list.txt"
        path.write_bytes(text.encode("latin-1"))
        return path

    return write


def names(tracks: list[Track]) -> list[str]:
    return [track.id for track in tracks]


def test_an_official_side():
    assert names(side(TRACKS, "train")) == ["a", "c"]
    assert names(side(TRACKS, "valid")) == ["b"]


def test_an_unknown_side_names_the_known_ones():
    with pytest.raises(BadSplit, match="'test' in this data set: it has train, valid"):
        side(TRACKS, "test")
    with pytest.raises(BadSplit, match="it has none"):
        side([track("a")], "train")


def test_a_list_names_tracks_with_or_without_suffix_in_its_own_order(write):
    path = write("# judged last\nc.png\n\n  a \r\nb\n")
    assert names(listed(TRACKS, path)) == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\nx\ny\nz\n", "names 'x' and 2 others, not among the tracks"),
        ("x\n", "names 'x', not among"),
        ("# nothing\n", "names no track"),
        ("", "names no track"),
        ("a\nb\na.png\n", "names 'a' 2 times"),
        ("\xff\xfe", "not a text file"),
    ],
)
def test_a_bad_list_is_refused(write, text, words):
    path = write(text)
    with pytest.raises(BadSplit, match=words) as caught:
        listed(TRACKS, path)
    assert str(path) in str(caught.value)


def test_a_list_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadSplit, match="cannot be read"):
        listed(TRACKS, tmp_path / "absent.txt")


def test_a_file_name_that_several_tracks_share_is_refused(write):
    tracks = [Track(id=f"{g}/1.mp3", path=Path(g) / "1.mp3") for g in ("blues", "rock")]
    with pytest.raises(BadSplit, match="several tracks"):
        listed(tracks, write("1.mp3\n"))
    assert listed(tracks, write("rock/1.mp3\n")) == tracks[1:]


def test_sides_without_a_common_track_or_artist_pass():
    check_disjoint({"train": side(TRACKS, "train"), "valid": side(TRACKS, "valid")})


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (track("a"), "track:a stands on two sides: train and valid"),
        (track("d", artist="ANN"), "artist:ann stands on two sides"),
        (track("c", artist="Cy"), "track:c stands on two sides"),
    ],
)
def test_a_leak_is_refused(other, words):
    with pytest.raises(BadSplit, match=words):
        check_disjoint({"train": side(TRACKS, "train"), "valid": [other]})


def test_the_checksum_depends_on_the_names_alone():
    assert split_checksum(TRACKS) == split_checksum(TRACKS[::-1])
    assert split_checksum(TRACKS) == split_checksum([track(name) for name in "abc"])
    assert split_checksum(TRACKS) != split_checksum(TRACKS[:2])
    assert split_checksum([track("ab")]) != split_checksum([track("a"), track("b")])
