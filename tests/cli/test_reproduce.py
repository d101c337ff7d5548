"""`earmark reproduce`: papers end to end, and what is said of wrong use."""

from __future__ import annotations

import json
import shutil
import tomllib

import pytest


@pytest.fixture(scope="module")
def quick(earmark, miniature, tmp_path_factory):
    """A quick run of two systems of `duthoit2018` in both protocols."""
    runs = tmp_path_factory.mktemp("runs") / "quick"
    arguments = ["reproduce", "duthoit2018", "--quick", "--only", "stack-16", "--threads", 1]
    arguments += ["--data", f"gtzan-mel={miniature}", "--runs", runs]
    return earmark(*arguments), arguments, runs


def test_a_quick_run_shows_the_table_and_writes_the_results(quick):
    process, _, runs = quick
    assert process.returncode == 0, process.stderr
    head, *rows = process.stdout.splitlines()
    assert head.split("  ")[0] == "system"
    assert [line.split(",")[0] for line in rows] == ["CNN", "LSTM", "CNN + LSTM"]
    assert "the numbers mean nothing" in process.stderr
    assert "add --data gtzan-mel-faulty=DIR" in process.stderr
    results = json.loads((runs / "results" / "duthoit2018.json").read_text())
    assert results["quick"]
    assert len(results["rows"]) == 6
    assert "mean nothing" in (runs / "results" / "duthoit2018.md").read_text()


def test_the_same_again_trains_nothing_and_writes_the_same(earmark, quick):
    _, arguments, runs = quick
    before = {path: path.read_bytes() for path in (runs / "results").iterdir()}
    process = earmark(*arguments)
    assert process.returncode == 0, process.stderr
    assert process.stdout == quick[0].stdout
    assert {path: path.read_bytes() for path in (runs / "results").iterdir()} == before


def test_the_control_comes_with_what_it_is_the_control_of(earmark, quick, tmp_path):
    """The leak-free runs are there; it shows how much of the difference is the leak's."""
    _, arguments, runs = quick
    runs = shutil.copytree(runs, tmp_path / "quick")
    arguments = ["cnn-16" if word == "stack-16" else word for word in arguments[:-1]]
    process = earmark(*arguments, runs, "--protocol", "control")
    assert process.returncode == 0, process.stderr
    first, second = process.stdout.split("\n\n")
    assert first + "\n" == quick[0].stdout
    head, line = second.splitlines()
    assert "of that the leak (95 %)" in head
    assert " points (" in line
    results = json.loads((runs / "results" / "duthoit2018.json").read_text())
    assert [row["way"] for row in results["rows"][:3]] == ["naive", "leak-free", "control"]
    assert len(results["rows"]) == 7


def test_a_network_of_a_paper_tags_music(earmark, quick, album):
    _, _, runs = quick
    bundle = runs / "duthoit2018" / "gtzan-mel" / "stack-16" / "leak-free-s0" / "fold-0" / "bundle"
    process = earmark("tag", album[0], "--model", bundle, "--format", "json")
    assert process.returncode == 0, process.stderr
    answers = json.loads(process.stdout)["genre"]
    assert sum(answer["probability"] for answer in answers) == pytest.approx(1, abs=1e-3)
    assert len(answers) == 10


def test_a_system_becomes_a_recipe_for_train(earmark, tmp_path):
    process = earmark("reproduce", "cox2021", "--recipe", "gtzanet-3s-16")
    assert process.returncode == 0, process.stderr
    table = tomllib.loads(process.stdout)
    assert table["model"]["name"] == "gtzanet"
    assert table["feature"]["source"] == {"name": "colour-image", "rows": 72, "columns": 108}
    path = tmp_path / "recipe.toml"
    path.write_text(process.stdout)
    from earmark.training.recipe import read_recipe

    assert read_recipe(path).training.schedule == "plateau"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["duthoit2017"], "unknown paper 'duthoit2017'; did you mean duthoit2018?"),
        (["cox2021"], "nothing to run on: add --data gtzan-mel=DIR or --data"),
        (["cox2021", "--only", "zfnet"], "cox2021 has no system 'zfnet'; did you mean"),
        (["cox2021", "--data", "emotify=."], "--data emotify: cox2021 takes gtzan-mel,"),
        (["cox2021", "--data", "gtzan-mel"], "write NAME=DIR"),
        (["cox2021", "--data", "gtzan-mel=nowhere"], "nowhere: no such folder"),
        (["duthoit2018", "--recipe", "stack-16"], "stack-16 is a stack of lstm-16, cnn-16"),
        (["--gather", "--out", "nowhere"], "nowhere: holds no results"),
        ([], "name a paper"),
    ],
)
def test_wrong_use_is_said_in_a_line(earmark, arguments, reason):
    process = earmark("reproduce", *arguments)
    assert process.returncode in (1, 2)
    assert reason in process.stderr
    assert "Traceback" not in process.stderr
    assert process.stdout == ""


def test_what_fails_does_not_stop_the_rest(earmark, miniature, tmp_path):
    """One artist is too few for folds; the naive protocol asks for none."""
    folder = shutil.copytree(miniature, tmp_path / "gtzan-mel")
    head, *rows = (folder / "tracks.csv").read_text().splitlines()
    rows = [f"{row.rpartition(',')[0]},one band" for row in rows]
    (folder / "tracks.csv").write_text("\n".join([head, *rows]) + "\n")
    arguments = ["reproduce", "duthoit2018", "--quick", "--only", "cnn-16", "--threads", 1]
    options = ["--data", f"gtzan-mel={folder}", "--runs", tmp_path / "runs"]
    process = earmark(*arguments, *options)
    assert process.returncode == 1
    assert "cnn-16 on gtzan-mel, leak-free: side 'fold-1' would be empty" in process.stderr
    (row,) = process.stdout.splitlines()[1:]
    assert row.endswith("–")
