"""`earmark compare`: what it prints of runs, and what it refuses."""

from __future__ import annotations

import json
import shutil

import pytest


@pytest.fixture
def runs(finished, tmp_path):
    """A run by the command, and a copy of it that judged other tracks."""
    first = shutil.copytree(finished, tmp_path / "first")
    again = shutil.copytree(finished, tmp_path / "again")
    other = shutil.copytree(finished, tmp_path / "other")
    table = other / "predictions.csv"
    table.write_text(table.read_text().replace(",jazz.00003,", ",jazz.00009,"))
    return [first, again, other]


def test_a_table(earmark, runs):
    process = earmark("compare", *runs)
    assert (process.stderr, process.returncode) == ("", 0)
    lines = process.stdout.splitlines()
    assert lines[0].split()[:4] == ["run", "model", "data", "judged"]
    assert [line.split()[0] for line in lines[1:4]] == ["first", "again", "other"]
    assert (
        "first against again: alone right on 0, the other on 0 of 10 tracks; p = 1.000" in lines[5]
    )
    different = "they judged different tracks (10 and 10, 9 of them the same)"
    assert lines[6] == f"first and other cannot be paired: {different}"


def test_json_and_markdown_say_the_same(earmark, runs, tmp_path):
    about = json.loads(earmark("compare", *runs, "--format", "json").stdout)
    assert [row["run"] for row in about["runs"]] == ["first", "again", "other"]
    stated = json.loads((runs[0] / "run.json").read_text())
    found = stated["metrics"]["valid"]["outputs"]["genre"]["per_track"]
    assert about["runs"][0]["measures"]["accuracy"] == found["accuracy"]
    assert about["runs"][0]["parameters"] == stated["parameters"]
    out = tmp_path / "table.md"
    process = earmark("compare", *runs, "--format", "markdown", "--out", out)
    assert (process.stdout, process.returncode) == ("", 0)
    head, align, *rows = [line for line in out.read_text().splitlines() if line.startswith("|")]
    assert len(rows) == 3
    assert {line.count("|") for line in (head, align, *rows)} == {head.count("|")}
    assert f"| {found['accuracy']:.1%} |" in rows[0]


def test_a_page(earmark, runs, tmp_path):
    page = tmp_path / "page.html"
    process = earmark("compare", *runs, "--html", page)
    assert process.returncode == 0
    assert "first against again" in page.read_text(encoding="utf-8")
    process = earmark("compare", *runs, "--html", tmp_path)
    assert process.returncode == 2
    assert f"{tmp_path}: cannot be written" in process.stderr


def test_it_works_without_the_laboratory(earmark_without, runs):
    packages = [
        "torch",
        "lightning",
        "scipy",
        "sklearn",
        "librosa",
        "pandas",
        "safetensors",
        "onnx",
    ]
    process = earmark_without(packages, "compare", *runs)
    assert process.returncode == 0, process.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["absent"], "absent: no such folder"),
        (
            ["first/bundle"],
            "first/bundle: not a run: neither it nor a folder in it holds recipe.json",
        ),
        (["first", "--output", "mood"], "first: answers genre, not mood"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(earmark, runs, tmp_path, arguments, words):
    process = earmark("compare", *arguments, cwd=tmp_path)
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr == f"earmark: error: {words}\n"
