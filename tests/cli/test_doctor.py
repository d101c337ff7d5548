"""`earmark doctor`: what it prints, writes and refuses, and how it ends."""

from __future__ import annotations

import json
import shutil

import pytest

LABORATORY = ["torch", "lightning", "scipy", "sklearn", "librosa", "pandas", "matplotlib"]


@pytest.fixture(scope="module")
def leaky(miniature, tmp_path_factory):
    """The miniature, in which a train image stands on the valid side, too, under another name."""
    folder = tmp_path_factory.mktemp("leaky") / "gtzan-mel"
    shutil.copytree(miniature, folder)
    shutil.copy(folder / "jazz" / "jazz.00000.png", folder / "jazz" / "jazz.00003.png")
    return folder


def test_a_clean_data_set_exits_with_0(earmark, miniature):
    process = earmark("doctor", f"gtzan-mel={miniature}")
    assert process.returncode == 0
    assert process.stderr == ""
    lines = process.stdout.splitlines()
    assert lines[:4] == [
        f"gtzan-mel in {miniature}: 40 tracks",
        "40 tracks: 40 read, 0 unreadable",
        "official sides: train 30, valid 10",
        "0 leaks, 0 faults, 0 doubts, 2 notes",
    ]
    assert "Duplicates: nothing found" in lines


def test_a_leak_exits_with_1_and_stands_in_every_report(earmark, leaky, tmp_path):
    page, told = tmp_path / "report.html", tmp_path / "report.json"
    process = earmark("doctor", f"gtzan-mel={leaky}", "--html", page, "--json", told, "--jobs", 2)
    assert process.returncode == 1
    leak = "jazz.00000 = jazz.00003: identical content; on train (jazz.00000) and valid"
    assert f"  leak   {leak}" in process.stdout
    assert leak in page.read_text(encoding="utf-8")
    (finding, _) = json.loads(told.read_text(encoding="utf-8"))["checks"]["leaks"]
    assert finding["severity"] == "leak"
    assert finding["tracks"] == ["jazz.00000", "jazz.00003"]


def test_an_honest_split_of_the_same_exits_with_0(earmark, leaky, tmp_path):
    """The copy is found all the same, but both stand on one side."""
    from earmark.datasets import open_dataset
    from earmark.splits import Split, write_split

    names = {track.id for track in open_dataset("gtzan-mel", leaky).tracks()}
    jazz = tuple(sorted(name for name in names if name.startswith("jazz")))
    sides = {"train": tuple(sorted(names - set(jazz))), "test": jazz}
    write_split(Split(dataset="gtzan-mel", sides=sides, method="official"), tmp_path / "s.json")
    process = earmark("doctor", f"gtzan-mel={leaky}", "--split", tmp_path / "s.json")
    assert process.returncode == 0, process.stdout
    assert f"{tmp_path / 's.json'}: train 36, test 4" in process.stdout
    assert "Duplicates: 1 fault" in process.stdout


def test_several_data_sets_are_one_collection(earmark, miniature, leaky):
    process = earmark("doctor", f"gtzan-mel={miniature}", f"log-mel={leaky}")
    assert "80 tracks: 80 read, 0 unreadable" in process.stdout
    assert "Duplicates: 40 faults" in process.stdout
    assert "  fault  gtzan-mel:blues.00000 = log-mel:blues.00000: identical" in process.stdout
    assert "… and 25 more; --html or --json writes them all" in process.stdout


def test_damaged_files_are_reported_and_do_not_stop_the_others(earmark, miniature, tmp_path):
    folder = tmp_path / "gtzan-mel"
    shutil.copytree(miniature, folder)
    (folder / "pop" / "pop.00001.png").write_bytes(b"no image")
    process = earmark("doctor", f"gtzan-mel={folder}")
    assert process.returncode == 0
    assert "40 tracks: 39 read, 1 unreadable" in process.stdout
    assert "  fault  pop.00001: damaged or not an image" in process.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing argument"),
        (["gtzan-mel"], "write NAME=DIR"),
        (["gtzan-mel=/nowhere"], "/nowhere: no such folder"),
        (["gtzan-mel={data}", "gtzan-mel={data}"], "name each data set once"),
        (["gtzan-mel={data}", "--split", "absent.json"], "absent.json: cannot be read"),
        (["gtzan-mel={data}", "--html", "/nowhere/a.html"], "/nowhere/a.html: cannot be written"),
        (["gtzan-mel={data}", "--json", "."], ".: cannot be written"),
    ],
)
def test_wrong_use_exits_with_2_and_one_line(earmark, miniature, arguments, message):
    process = earmark("doctor", *(argument.format(data=miniature) for argument in arguments))
    assert process.returncode == 2
    assert message in process.stderr
    assert process.stdout == ""
    assert "Traceback" not in process.stderr


def test_it_needs_no_laboratory_library(earmark_without, leaky, tmp_path):
    process = earmark_without(
        LABORATORY, "doctor", f"gtzan-mel={leaky}", "--html", tmp_path / "report.html"
    )
    assert process.returncode == 1, process.stderr
    assert (tmp_path / "report.html").stat().st_size > 10_000
