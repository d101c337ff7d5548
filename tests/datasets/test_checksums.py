"""Published checksums, against those of the hashlib module."""

from __future__ import annotations

import hashlib

import pytest

from earmark.datasets.checksums import check_published, read_sha1_list
from earmark.errors import BadDataset


@pytest.fixture
def published(tmp_path):
    """Two files with their checksums."""
    contents = {"a.zip": b"one", "b/c.csv": b"another"}
    (tmp_path / "b").mkdir()
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return {
        "a.zip": f"md5:{hashlib.md5(b'one').hexdigest()}",
        "b/c.csv": f"sha1:{hashlib.sha1(b'another').hexdigest()}",
    }


def test_files_as_published_pass(tmp_path, published):
    assert list(check_published(tmp_path, published)) == []


def test_another_file_is_named(tmp_path, published):
    (tmp_path / "a.zip").write_bytes(b"won")
    (line,) = check_published(tmp_path, published)
    found, expected = hashlib.md5(b"won").hexdigest(), published["a.zip"].removeprefix("md5:")
    assert line == f"{tmp_path / 'a.zip'}: is not the published file: md5 {found}, not {expected}"


def test_a_file_that_is_not_there_is_not_missed(tmp_path, published):
    (tmp_path / "a.zip").unlink()
    assert list(check_published(tmp_path, published)) == []


def test_what_cannot_be_read_is_said_and_the_rest_goes_on(tmp_path, published):
    (tmp_path / "a.zip").unlink()
    (tmp_path / "a.zip").mkdir()
    (tmp_path / "b" / "c.csv").write_bytes(b"")
    first, second = check_published(tmp_path, published)
    assert first.startswith(f"{tmp_path / 'a.zip'}: cannot be read: ")
    assert second.startswith(f"{tmp_path / 'b' / 'c.csv'}: is not the published file")


def test_a_list_of_sha1sum(tmp_path):
    digest = hashlib.sha1(b"x").hexdigest()
    (tmp_path / "list").write_text(f"{digest}  000/000002.mp3\n{digest.upper()}  a  b.mp3\n")
    assert read_sha1_list(tmp_path / "list") == {
        "000/000002.mp3": f"sha1:{digest}",
        "a  b.mp3": f"sha1:{digest}",
    }


@pytest.mark.parametrize("content", [b"abc  file\n", b"a" * 40 + b"\n", b"\xff"])
def test_no_list_is_refused(tmp_path, content):
    (tmp_path / "list").write_bytes(content)
    with pytest.raises(BadDataset, match=r"list: (damaged: line 1|cannot be read)"):
        read_sha1_list(tmp_path / "list")
