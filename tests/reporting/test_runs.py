"""Folders of runs: read whole, or refused in one line that says what is wrong."""

from __future__ import annotations

import json

import pytest

from earmark.errors import BadRun, EarmarkError
from earmark.reporting.runs import gap, read_history, read_run

from .conftest import make_answers


def test_a_run_is_read_whole(make_run):
    answers = make_answers()
    run = read_run(make_run("first", [answers]))
    assert (run.name, run.about["network"], run.chosen_on_it) == ("first", "stats-cnn", True)
    assert run.recipe["data"]["main"] == "gtzan-mel"
    assert [row["epoch"] for row in run.history] == [1, 2, 3]
    assert run.answers["genre"].tracks == answers.tracks


def test_nothing_is_chosen_on_a_test_side(make_run):
    about = {"judged": "test", "metrics": {"test": {"chosen_on_it": False}}}
    assert not read_run(make_run("first", [make_answers()], **about)).chosen_on_it


def damage(folder, what: str) -> None:
    damages = {
        "recipe": (folder / "recipe.json").unlink,
        "unfinished": (folder / "run.json").unlink,
        "cut": lambda: (folder / "run.json").write_text('{"network": '),
        "list": lambda: (folder / "run.json").write_text("[]"),
        "lacking": lambda: (folder / "run.json").write_text('{"network": "cnn", "epoch": 1}'),
        "history": lambda: (folder / "metrics.jsonl").write_text('{"epoch": 1}\n{"loss": 2}\n'),
        "predictions": lambda: (folder / "predictions.csv").write_text("track,genre\n"),
        "gone": (folder / "predictions.csv").unlink,
        "bytes": lambda: (folder / "recipe.json").write_bytes(b"\xff\xfe\x00"),
    }
    damages[what]()


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("recipe", "not a run: it holds no recipe.json"),
        ("unfinished", "holds no run.json: the run is not finished"),
        ("cut", "run.json: damaged"),
        ("list", "run.json: damaged: it holds no object"),
        ("lacking", "run.json: damaged: it lacks judged"),
        ("history", "metrics.jsonl: damaged"),
        ("predictions", "predictions.csv: not the predictions of a run"),
        ("gone", "predictions.csv: No such file"),
        ("bytes", "recipe.json: "),
    ],
)
def test_what_is_no_run_is_said_in_one_line(make_run, what, words):
    folder = make_run("first", [make_answers()])
    damage(folder, what)
    with pytest.raises(EarmarkError) as caught:
        read_run(folder)
    assert str(caught.value).startswith(str(folder))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_folder(tmp_path):
    with pytest.raises(BadRun, match="no such folder"):
        read_run(tmp_path / "absent")
    (tmp_path / "file").touch()
    with pytest.raises(BadRun, match="is a file, a run is a folder"):
        read_run(tmp_path / "file")


def test_no_history_is_an_empty_one(tmp_path):
    assert read_history(tmp_path) == []


def test_the_gap_is_that_of_the_kept_epoch():
    history = [
        {"epoch": 1, "train_accuracy": 0.5, "valid_accuracy": 0.4},
        {"epoch": 2, "train_accuracy": 0.9, "valid_accuracy": 0.6},
        {"epoch": 3, "valid_accuracy": 0.6},
        {"epoch": 4, "train_accuracy": float("nan"), "valid_accuracy": 0.6},
    ]
    assert gap(history, 2) == pytest.approx(0.3)
    assert [gap(history, epoch) for epoch in (3, 4, 5, None)] == [None] * 4


def test_what_a_training_leaves_is_a_run(finished):
    """`finished` is a run by the command."""
    run = read_run(finished)
    assert run.about["network"] == "stats-cnn"
    assert run.answers["genre"].kind == "classes"
    assert gap(run.history, run.about["epoch"]) is not None
    assert json.loads((finished / "recipe.json").read_text()) == run.recipe
