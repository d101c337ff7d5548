"""The file of a split: written byte for byte alike, verified when read, held to its data set."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.datasets import Track
from earmark.errors import BadSplit
from earmark.splits import Split, read_split, split_checksum, write_split


def track(name: str, artist: str | None = None, **more: str) -> Track:
    return Track(id=name, path=Path(f"{name}.png"), artist=artist, **more)


TRACKS = [track("a", "Ann"), track("b", "Bob"), track("c", "Cy"), track("d", "ANN "), track("e")]
SPLIT = Split(
    dataset="toy",
    sides={"train": ("a", "d", "e"), "test": ("b", "c")},
    method="stratified",
    by=("artist",),
    shares={"train": 0.6, "test": 0.4},
    output="genre",
    seed=7,
    leaks={"track": 0, "recording": None, "album": None, "artist": 0},
)
FOLDS = Split(
    dataset="toy",
    sides={"fold-0": ("a", "d"), "fold-1": ("b",), "fold-2": ("c", "e")},
    method="stratified",
    folds=3,
)
SLICES = Split(
    dataset="toy",
    sides={"train": ("a#0", "a#1", "b#2"), "test": ("a#2", "b#0", "b#1")},
    method="naive",
    slices=3,
)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory) -> Path:
    """A file for tests that write many times, each in the place of the one before."""
    return tmp_path_factory.mktemp("splits") / "split.json"


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "split.json"


@pytest.mark.parametrize("split", [SPLIT, FOLDS, SLICES], ids=["sides", "folds", "slices"])
def test_what_is_written_is_read_back(split, path):
    write_split(split, path)
    assert read_split(path) == split


names = st.text(st.characters(exclude_categories=()), min_size=1, max_size=6)


@settings(deadline=None)
@given(st.sets(names, min_size=2, max_size=9))
def test_any_name_survives_the_file(scratch, found):
    first, *others = found
    split = Split("toy", {"train": tuple(sorted(others)), "test": (first,)}, "naive")
    scratch.unlink(missing_ok=True)
    assert write_split(split, scratch)
    assert read_split(scratch) == split


def test_the_file_is_the_same_byte_for_byte_and_readable(path):
    write_split(SPLIT, path)
    data = path.read_bytes()
    assert hashlib.sha256(data).hexdigest() == (
        "b6e70084e1b52714ef652715e288a1cd26ff19df91fdb9f0be1ae211c16c2f94"
    )
    assert data.endswith(b"}\n")
    assert b"\r" not in data
    content = json.loads(data)
    assert content["made"]["by"] == ["artist"]
    assert content["sides"]["test"]["items"] == ["b", "c"]


def test_sides_carry_the_checksum_that_results_name(path):
    write_split(SPLIT, path)
    sides = json.loads(path.read_text())["sides"]
    for name, said in sides.items():
        assert said["sha256"] == split_checksum(SPLIT.tracks(name, TRACKS))


def test_anyone_can_verify_the_checksum_of_the_file(path):
    write_split(SPLIT, path)
    content = json.loads(path.read_text())
    said = content.pop("sha256")
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == said


def test_a_layout_of_one_s_own_does_not_matter(path):
    write_split(SPLIT, path)
    path.write_text(json.dumps(json.loads(path.read_text())).replace(",", ",\r\n"))
    assert read_split(path) == SPLIT


def change(content: dict, where: str, value: object) -> None:
    *way, last = where.split(".")
    for name in way:
        content = content[name]
    if value is None:
        del content[last]
    else:
        content[last] = value


@pytest.mark.parametrize(
    ("where", "value", "words"),
    [
        ("sides.test.items", ["b"], "side 'test' was changed since it was written; fetch it again"),
        ("sides.test.items", ["b", "x"], "side 'test' was changed"),
        ("made.seed", 8, "was changed since it was written; fetch it again"),
        ("leaks.artist", 5, "was changed since"),
        ("sha256", "0", "was changed since"),
        ("version", 2, "version 2 of splits; this Earmark reads 1: update it"),
        ("format", "other", "not a split; `earmark split` writes one"),
        ("sides", None, "not a whole split"),
        ("sides", [], "not a whole split"),
        ("sides.test.items", 3, "not a whole split"),
        ("sides.test.items", [3], "not a whole split"),
        ("sides.test.items", None, "not a whole split"),
        ("sha256", None, "not a whole split"),
        ("made", None, "not a whole split"),
    ],
)
def test_a_changed_file_is_refused(path, where, value, words):
    write_split(SPLIT, path)
    content = json.loads(path.read_text())
    change(content, where, value)
    path.write_text(json.dumps(content))
    with pytest.raises(BadSplit, match=words) as caught:
        read_split(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("where", "value", "words"),
    [
        ("made.method", "magic", "made in a way that is not known"),
        ("made.by", ["label"], "made in a way that is not known"),
        ("made.colour", "red", "not a whole split"),
        ("made.folds", 2, "its sides are not 2 folds"),
        ("made.folds", "two", "not a whole split"),
        ("made.slices", "two", "not a whole split"),
    ],
)
def test_a_file_with_right_checksums_and_wrong_content_is_refused(path, where, value, words):
    content = SPLIT.to_dict()
    change(content, where, value)
    del content["sha256"]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    path.write_text(json.dumps({**content, "sha256": hashlib.sha256(text.encode()).hexdigest()}))
    with pytest.raises(BadSplit, match=words):
        read_split(path)


@pytest.mark.parametrize(
    "data", [b"", b"a\nb\n", b"\xff\xfe", b"[" * 100_000, b"[]", b"1", b'{"format": NaN}']
)
def test_what_is_no_split_is_refused(path, data):
    path.write_bytes(data)
    with pytest.raises(BadSplit, match="not a split"):
        read_split(path)


def test_a_file_that_cannot_be_read_is_refused(path):
    with pytest.raises(BadSplit, match=r"split\.json: cannot be read: No such file"):
        read_split(path)


@settings(deadline=None)
@given(st.data())
def test_any_bit_that_is_changed_is_noticed(scratch, data):
    """Or it is in the layout alone, and what is read is the same."""
    scratch.unlink(missing_ok=True)
    write_split(SPLIT, scratch)
    written = bytearray(scratch.read_bytes())
    where = data.draw(st.integers(0, len(written) - 1))
    written[where] ^= 1 << data.draw(st.integers(0, 7))
    scratch.write_bytes(written)
    with contextlib.suppress(BadSplit):
        assert read_split(scratch) == SPLIT


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sides": {"train": ("a",)}}, "needs two sides"),
        ({"sides": {"train": ("a",), "test": ()}}, "side 'test' is empty"),
        ({"sides": {"train": ("a", "b"), "test": ("b",)}}, "'b' stands on it 2 times"),
        ({"sides": {"train": ("a", "b", "b"), "test": ("c",)}}, "'b' stands on it 2 times"),
        ({"slices": 2}, "'a' is not TRACK#0 … TRACK#1"),
        ({"slices": 2, "sides": {"x": ("a#0",), "y": ("a#2",)}}, "'a#2' is not TRACK#0"),
        ({"slices": 2, "sides": {"x": ("a#0",), "y": ("a#01",)}}, "'a#01' is not TRACK#0"),
        ({"slices": 2, "sides": {"x": ("#0",), "y": ("#1",)}}, "'#0' is not TRACK#0"),
        ({"slices": 3, "sides": {"x": ("a#0",), "y": ("a#2",)}}, "'a' has 2 of 3 slices"),
        ({"folds": 2}, "its sides are not 2 folds"),
    ],
)
def test_no_split_that_is_no_partition_can_be_made(changes, words):
    with pytest.raises(BadSplit, match=words):
        dataclasses.replace(SPLIT, **changes)


def test_the_tracks_of_a_side():
    assert [t.id for t in SPLIT.tracks("train", TRACKS)] == ["a", "d", "e"]
    assert [t.id for t in SPLIT.tracks("train", TRACKS[::-1])] == ["e", "d", "a"]
    with pytest.raises(BadSplit, match="has no side 'valid'; it has train, test"):
        SPLIT.tracks("valid", TRACKS)


def test_slices_are_not_tracks():
    assert SLICES.track_ids("test") == ["a", "b", "b"]
    assert SLICES.items("test") == [("a", 2), ("b", 0), ("b", 1)]
    assert SPLIT.items("test") == [("b", 0), ("c", 0)]
    with pytest.raises(BadSplit, match="make a split without --slices"):
        SLICES.tracks("test", TRACKS)


def test_each_fold_is_judged_once_by_what_was_learnt_from_the_others():
    judged = []
    for number in range(3):
        learnt, held = FOLDS.fold(number)
        assert sorted([*learnt, *held]) == list("abcde")
        judged += held
    assert sorted(judged) == list("abcde")


@pytest.mark.parametrize("number", [-1, 3])
def test_a_fold_that_is_not_there(number):
    with pytest.raises(BadSplit, match=f"no fold {number}: it has folds 0 to 2"):
        FOLDS.fold(number)
    with pytest.raises(BadSplit, match="it has no folds"):
        SPLIT.fold(0)


def test_a_split_that_fits_its_data_set_has_no_remarks():
    assert SPLIT.check(TRACKS) == []


def test_tracks_that_the_data_set_lacks_are_refused(path):
    write_split(SPLIT, path)
    with pytest.raises(BadSplit, match="names 'a' and 2 more that the data set lacks") as caught:
        read_split(path, [*TRACKS[1:3]])
    assert str(caught.value).startswith(f"{path}: names")
    with pytest.raises(BadSplit, match="names 'e' that the data set lacks"):
        SPLIT.check(TRACKS[:4])


def test_tracks_on_no_side_are_said():
    (line,) = SPLIT.check([*TRACKS, track("f"), track("g")])
    assert line == "leaves out 'f' and 1 more of the data set's tracks"


@pytest.mark.parametrize("by", ["artist", "album", "recording"])
def test_a_group_on_two_sides_is_found_in_the_data_set_itself(by):
    split = dataclasses.replace(SPLIT, by=(by,))
    tracks = [dataclasses.replace(t, artist=None) for t in TRACKS]
    assert split.check(tracks) == []
    tracks[0] = dataclasses.replace(tracks[0], **{by: "Straße"})
    tracks[1] = dataclasses.replace(tracks[1], **{by: " STRASSE"})
    with pytest.raises(BadSplit, match=f"{by}:strasse stands on train and test"):
        split.check(tracks)
    assert dataclasses.replace(split, by=("track",)).check(tracks) == []


def test_another_split_is_never_overwritten(path):
    assert write_split(SPLIT, path)
    before = path.stat()
    assert not write_split(SPLIT, path)
    assert path.stat() == before
    with pytest.raises(BadSplit, match="says something else; take another name, or delete it"):
        write_split(FOLDS, path)
    assert read_split(path) == SPLIT


def test_a_split_is_written_whole_or_not_at_all(path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(BadSplit, match="cannot be written: No space left on device"):
        write_split(SPLIT, path)
    assert list(path.parent.iterdir()) == []


def test_folders_on_the_way_are_made(tmp_path):
    write_split(SPLIT, tmp_path / "a" / "b" / "split.json")
    with pytest.raises(BadSplit, match="cannot be written"):
        write_split(SPLIT, tmp_path / "a" / "b" / "split.json" / "c.json")
    with pytest.raises(BadSplit, match="cannot be written"):
        write_split(SPLIT, tmp_path / "a")


@pytest.mark.skipif(sys.platform == "win32", reason="no file modes")
def test_others_may_read_it(path):
    old = os.umask(0o022)
    try:
        write_split(SPLIT, path)
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o644
