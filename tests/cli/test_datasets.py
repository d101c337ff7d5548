"""`earmark datasets` as a user meets it: the list, one in full, a copy validated."""

from __future__ import annotations

import re
import shutil

import pytest

from earmark.datasets import DATASETS


@pytest.fixture
def mini(miniature, tmp_path):
    """A copy of the miniature to be damaged."""
    return shutil.copytree(miniature, tmp_path / "mini")


def facts(text: str) -> dict[str, str]:
    """The last lines of a validation, by their key."""
    return dict(re.split(" {2,}", line, maxsplit=1) for line in text.strip().splitlines())


def test_the_list_has_a_line_for_each_in_a_pipe(earmark):
    process = earmark("datasets")
    assert process.returncode == 0
    header, *lines = process.stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(DATASETS)
    assert header.split("  ")[0] == "name"
    starts = set()
    for line, kind in zip(lines, DATASETS.values(), strict=True):
        assert line.endswith(f"  {kind.summary}")
        assert all(output in line for output in kind.outputs)
        starts.add(line.index(kind.summary))
    assert len(starts) == 1  # one below the other


@pytest.mark.parametrize(("columns", "wrapped"), [(80, True), (200, False)])
def test_on_a_terminal_it_fits_the_width(columns, wrapped, monkeypatch, capsys):
    from earmark.cli import datasets

    monkeypatch.setattr(datasets, "_width", lambda: columns)
    datasets.run(None, None, index_path=None, new_index=None)
    datasets.run("gtzan", None, index_path=None, new_index=None)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= columns
    assert ("gtzan" in lines) == wrapped


@pytest.mark.parametrize("name", DATASETS)
def test_one_in_full_says_all_that_is_known(earmark, name):
    process = earmark("datasets", name)
    assert process.returncode == 0
    kind = DATASETS[name]
    for words in (kind.citation, kind.licence, kind.layout, kind.source, kind.summary):
        assert words in process.stdout


def test_a_whole_copy(earmark, mini, tmp_path):
    index = tmp_path / "index.csv"
    process = earmark("datasets", "gtzan-mel", mini, "--write-index", index)
    assert (process.returncode, process.stdout) == (0, "")
    assert process.stderr == f"earmark: {index}: size and checksum of 41 files\n"
    process = earmark("datasets", "gtzan-mel", mini, "--index", index)
    assert process.returncode == 0
    found = facts(process.stdout)
    assert found["tracks"] == "40"
    assert found["genre"].startswith("blues 4, classical 4, country 4")
    assert found["artists"] == "40, of 40 tracks"
    assert found["split"] == "train 30, valid 10"
    assert found["index"] == "41 files with size and checksum"
    assert found["verdict"] == "nothing is missing or doubtful"


def test_what_is_wrong_comes_first_a_line_each(earmark, mini, tmp_path):
    index = tmp_path / "index.csv"
    earmark("datasets", "gtzan-mel", mini, "--write-index", index)
    gone, changed, cut = (mini / "pop" / f"pop.0000{i}.png" for i in range(3))
    stranger = mini / "jazz" / "x.png"
    gone.unlink()
    content = bytearray(changed.read_bytes())
    content[100] ^= 1
    changed.write_bytes(content)
    size = cut.stat().st_size
    cut.write_bytes(cut.read_bytes()[:-1])
    shutil.copy(cut, stranger)
    process = earmark("datasets", "gtzan-mel", mini, "--index", index)
    assert process.returncode == 1
    problems, _, summary = process.stdout.partition("\n\n")
    assert problems.splitlines() == [
        f"{gone}: missing",
        f"{stranger}: is no track of gtzan-mel",
        f"{changed}: its content is not the published one: the checksum differs",
        f"{cut}: has {size - 1:,} bytes; {size:,} are expected",
    ]
    assert facts(summary)["verdict"] == "4 lines above"
    assert facts(summary)["tracks"] == "39"


def test_by_the_built_in_index_other_images_are_not_the_published_ones(earmark, mini):
    process = earmark("datasets", "gtzan-mel", mini)
    assert process.returncode == 1
    assert f"{mini / 'blues' / 'blues.00000.png'}: has " in process.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["gtsan"], "unknown data set 'gtsan'; did you mean gtzan? known: audio, "),
        (["gtzan", "{mini}/absent"], "absent: no such folder"),
        (["emotify", "{mini}"], "labels.csv: cannot be read"),
        (["gtzan", "{mini}"], "holds none of GTZAN's files; expected: GENRE/GENRE.00000.wav"),
        (["gtzan-images", "{mini}"], "holds none of GTZAN's files; expected: GENRE/genre00000.png"),
        (["manifest", "{mini}"], "is a folder; manifest is a file"),
        (["gtzan-mel", "{mini}", "--index", "{mini}/tracks.csv"], "tracks.csv: is no index"),
        (["gtzan-mel", "{mini}", "--index", "{mini}/absent"], "absent: cannot be read"),
        (["gtzan-mel", "{mini}", "--write-index", "{mini}/absent/x"], "x: cannot be written"),
        (["gtzan-mel", "{mini}", "--index", "a", "--write-index", "b"], "give one of them"),
        (["gtzan-mel", "--index", "a"], "an index is of a copy"),
        (["gtzan-mel", "--gather"], "--gather is for a copy"),
        (["gtzan-mel", "{mini}", "--gather"], "gtzan-mel: its tables say everything"),
    ],
)
def test_wrong_use_is_one_line(earmark, mini, arguments, words):
    process = earmark("datasets", *(argument.format(mini=mini) for argument in arguments))
    assert process.returncode == 2
    assert process.stdout == ""
    (line,) = process.stderr.splitlines()
    assert line.startswith("earmark: error: ")
    assert words in line


@pytest.mark.parametrize(
    ("name", "folder", "tracks"),
    [
        ("gtzan", "gtzan-audio", 89),
        ("gtzan-mel", "gtzan-mel", 639),
        ("gtzan-mel", "gtzan-mel-faulty", 70),
        ("gtzan-mel", ".", 709),
        ("emotify", "emotify", 400),
        ("quadrants-mel", "quadrants-mel", 703),
    ],
)
def test_the_real_copies_are_whole(earmark, data, name, folder, tracks):
    process = earmark("datasets", name, data / folder)
    assert process.returncode == 0, process.stdout
    assert facts(process.stdout)["tracks"] == str(tracks)
