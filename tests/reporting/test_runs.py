"""Folders of runs: read whole, or refused in one line that says what is wrong."""

from __future__ import annotations

import json

import numpy as np
import pytest

from earmark.errors import BadRun, EarmarkError
from earmark.reporting.runs import gap, read_history, read_run

from .conftest import make_answers


def test_a_run_is_read_whole(make_run):
    answers = make_answers()
    run = read_run(make_run("first", [answers]))
    (training,) = run.trainings
    assert (training.about["model"], training.chosen_on_it) == ("stats-cnn", True)
    assert training.recipe["data"]["main"] == "gtzan-mel"
    assert [row["epoch"] for row in training.history] == [1, 2, 3]
    assert training.gap == pytest.approx(0.2)
    assert run.answers["genre"].tracks == answers.tracks


def test_nothing_is_chosen_on_a_test_side(make_run):
    about = {"judged": "test", "metrics": {"test": {"chosen_on_it": False}}}
    (training,) = read_run(make_run("first", [make_answers()], **about)).trainings
    assert not training.chosen_on_it


def test_the_folds_of_a_run_are_joined(make_run, tmp_path):
    answers = make_answers()
    for i in range(3):
        make_run(f"run/fold-{i}", [answers.rows(np.arange(i, 60, 3))])
    (tmp_path / "run" / "notes").mkdir()
    run = read_run(tmp_path / "run")
    assert [training.path.name for training in run.trainings] == ["fold-0", "fold-1", "fold-2"]
    assert sorted(run.answers["genre"].tracks) == sorted(answers.tracks)
    (tmp_path / "run" / "fold-1" / "run.json").unlink()
    with pytest.raises(BadRun, match="fold-1: holds no run"):
        read_run(tmp_path / "run")


def test_runs_that_are_no_folds_are_refused(make_run, tmp_path):
    for name in ("a", "b"):
        make_run(f"runs/{name}", [make_answers()])
    with pytest.raises(BadRun, match="no folds of one: clip 0 of track 0 was judged 2 times"):
        read_run(tmp_path / "runs")


def damage(folder, what: str) -> None:
    damages = {
        "recipe": (folder / "recipe.json").unlink,
        "unfinished": (folder / "run.json").unlink,
        "cut": lambda: (folder / "run.json").write_text('{"model": '),
        "list": lambda: (folder / "run.json").write_text("[]"),
        "lacking": lambda: (folder / "run.json").write_text('{"model": "cnn", "epoch": 1}'),
        "history": lambda: (folder / "metrics.jsonl").write_text('{"epoch": 1}\n{"loss": 2}\n'),
        "predictions": lambda: (folder / "predictions.csv").write_text("track,genre\n"),
        "gone": (folder / "predictions.csv").unlink,
        "bytes": lambda: (folder / "recipe.json").write_bytes(b"\xff\xfe\x00"),
    }
    damages[what]()


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("recipe", "not a run: neither it nor a folder in it holds recipe.json"),
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
    (training,) = run.trainings
    assert training.about["model"] == "stats-cnn"
    assert run.answers["genre"].kind == "classes"
    assert training.gap is not None
    assert json.loads((finished / "recipe.json").read_text()) == training.recipe
