"""Sizes and checksums of a copy, written and checked."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.datasets import DATASETS
from earmark.datasets.index import (
    COMMITTED,
    Entry,
    check_index,
    committed_index,
    make_index,
    read_index,
    write_index,
)
from earmark.errors import BadDataset


def test_an_entry_is_size_and_half_of_the_sha256(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.wav").write_bytes(b"sound")
    index = make_index(tmp_path, [tmp_path / "a" / "b.wav"])
    assert index == {"a/b.wav": Entry(5, hashlib.sha256(b"sound").hexdigest()[:32])}


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
entries = st.builds(
    Entry, st.integers(0, 1 << 60), st.text("0123456789abcdef", min_size=32, max_size=32)
)


@given(st.dictionaries(names, entries))
def test_what_is_written_is_read(tmp_path_factory, index):
    path = tmp_path_factory.mktemp("index") / "index.csv"
    write_index(index, path)
    assert read_index(path) == index


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_names_may_hold_any_bytes(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff,\n.wav"))
    path.write_bytes(b"x")
    write_index(make_index(tmp_path, [path]), tmp_path / "index.csv")
    index = read_index(tmp_path / "index.csv")
    assert list(check_index(tmp_path, index)) == []
    path.write_bytes(b"y")
    (line,) = check_index(tmp_path, index)
    assert line.startswith(f"{path}: ")
    path.unlink()
    assert list(check_index(tmp_path, index)) == []


def test_a_failed_write_leaves_the_old_index(tmp_path):
    write_index({"a": Entry(1, "0" * 32)}, tmp_path / "index.csv")
    (tmp_path / "index.csv.unfinished").mkdir()
    with pytest.raises(BadDataset, match="cannot be written"):
        write_index({}, tmp_path / "index.csv")
    assert list(read_index(tmp_path / "index.csv")) == ["a"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "path,bytes\na,1\n",
        "path,bytes,sha256\na,many,00\n",
        "path,bytes,sha256\na,1\n",
        "path,bytes,sha256\na,1,00\n",
    ],
)
def test_another_table_is_no_index(tmp_path, text):
    (tmp_path / "index.csv").write_text(text)
    with pytest.raises(BadDataset, match=r"index\.csv: (is no index|damaged)"):
        read_index(tmp_path / "index.csv")


def test_a_folder_in_place_of_a_file_is_said(tmp_path):
    (tmp_path / "a").mkdir()
    size = (tmp_path / "a").stat().st_size
    (line,) = check_index(tmp_path, {"a": Entry(size, "0" * 32)})
    assert line.startswith(f"{tmp_path / 'a'}: cannot be read: ")


def test_every_committed_index_is_of_a_data_set_and_small():
    found = sorted(COMMITTED.glob("*.csv"))
    assert {path.stem for path in found} == {"emotify", "gtzan-mel", "quadrants-mel"}
    assert {path.stem for path in found} <= set(DATASETS)
    assert sum(path.stat().st_size for path in found) < 150_000
    for path in found:
        assert committed_index(path.stem)
    assert committed_index("audio") is None
