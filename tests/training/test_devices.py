"""Trainings on several devices: two processes against one, and what happens when one is gone."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch
from safetensors.torch import load_file

from earmark.clips import Clips
from earmark.errors import BadRecipe
from earmark.features import LogMel
from earmark.training.data import ClipSet, load_sides
from earmark.training.devices import Devices
from earmark.training.feed import Lessons
from earmark.training.ranks import Place
from earmark.training.recipe import read_recipe, recipe_from_dict
from earmark.training.run import train

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")

# No batch normalization, no dropout and nothing drawn at random for a clip; 60 clips make seven
# whole batches and one of four.
PLAIN = [
    "model.name=liu-dense",
    "model.settings={sizes=[16,8], nonlinearity='relu'}",
    "clips.columns=64",
    "augmentation={band_shift=0, stretch=0.0, band_masks=0, column_masks=0}",
    "training.crop_columns=0",
    "training.partial_batch=true",
    "training.epochs=4",
    "training.keep=last",
]
SGD = [
    "model.settings={sizes=[16,8], first_weights='uniform'}",
    "training.optimizer=sgd",
    "training.learning_rate=0.0001",
    "training.schedule=plateau",
    "training.plateau_patience=1",
    "training.l2=0.01",
    'training.l2_on=["body.*.weight"]',
]


@pytest.fixture
def command(recipe, miniature):
    """The arguments of a training."""

    def command(run: Path, *more: object, changes=(), resume: bool = False) -> list[str]:
        settings = [word for change in changes for word in ("--set", change)]
        where = ["--data", f"gtzan-mel={miniature}", "--resume" if resume else "--out", run]
        return list(map(str, ["train", recipe, *where, *settings, *more]))

    return command


def weights(run: Path) -> dict[str, torch.Tensor]:
    return load_file(run / "bundle" / "weights.safetensors")


def told(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture
def same(command, recipe, miniature, tmp_path):
    """Hold what is learnt by some commands, started at once, to what one process learns: this."""

    def same(changes: list[str], *more: object, nodes: list[dict[str, str]]) -> None:
        one, two = tmp_path / "one", tmp_path / "two"
        train(read_recipe(recipe, changes), {"gtzan-mel": miniature}, one)
        parents = [start(command(two, *more, changes=changes), **node) for node in nodes]
        output, messages = finish(*parents)
        assert output == f"{two / 'bundle'}\n"
        said = [line.split("  ")[0] for line in messages.splitlines()]  # by one of them
        assert said[:4] == [f"earmark: epoch {epoch}/4" for epoch in range(1, 5)]
        assert len(said) == 6  # which epoch was kept, and what it is worth
        assert {path.name for path in two.iterdir()} == {path.name for path in one.iterdir()}

        found, expected = weights(two), weights(one)
        assert found.keys() == expected.keys()
        for name in expected:
            torch.testing.assert_close(found[name], expected[name], rtol=1e-5, atol=1e-6)
        for ours, theirs in zip(told(two), told(one), strict=True):
            del ours["seconds"], theirs["seconds"]
            assert ours == pytest.approx(theirs, rel=1e-4, abs=1e-6)

    return same


def start(arguments: list[str], **environment: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "earmark", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, **environment},
    )


def finish(*processes: subprocess.Popen) -> tuple[str, str]:
    """What processes wrote to stdout and stderr, in order, once all have ended well."""
    written = [process.communicate(timeout=200) for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), written
    return "".join(out for out, _ in written), "".join(err for _, err in written)


def test_two_processes_learn_what_one_learns(same):
    same(PLAIN, "--devices", 2, "--accelerator", "cpu", nodes=[{}])


def test_two_nodes_learn_what_one_process_learns(same):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        first = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1])}
    nodes = [{**first, "NODE_RANK": str(number)} for number in range(2)]
    same([*PLAIN, *SGD], "--nodes", 2, "--accelerator", "cpu", nodes=nodes)


def begin(arguments: list[str], until: Path) -> tuple[subprocess.Popen, list[psutil.Process]]:
    """Start the command, and wait for a file of it; gives the process and those it started."""
    parent = start(arguments)
    deadline = time.monotonic() + 100
    while not until.exists():
        assert time.monotonic() < deadline
        assert parent.poll() is None, parent.communicate()
        time.sleep(0.02)
    return parent, psutil.Process(parent.pid).children()


@POSIX
def test_a_process_that_is_killed_ends_all_and_the_run_goes_on_with_one(earmark, command, tmp_path):
    run = tmp_path / "run"  # with batch normalization, dropout and augmentation
    changes = ["training.epochs=20"]
    parent, children = begin(command(run, "--devices", 2, changes=changes), run / "last.ckpt")
    (second,) = (child for child in children if child.environ().get("RANK") == "1")
    second.send_signal(signal.SIGKILL)
    _, messages = parent.communicate(timeout=60)
    assert parent.returncode == 1
    *epochs, last = messages.splitlines()
    assert last == (
        f"earmark: error: the process of rank 1 was killed (signal 9); to go on, add --resume {run}"
    )
    assert all(line.startswith("earmark: epoch ") for line in epochs), messages
    assert not any(child.is_running() for child in children)

    assert earmark(*command(run, resume=True, changes=changes)).returncode == 0
    assert [line["epoch"] for line in told(run)] == list(range(1, 21))


@POSIX
def test_ctrl_c_ends_all_with_one_line(command, tmp_path):
    run = tmp_path / "run"
    arguments = command(run, "--devices", 2, changes=["training.epochs=200"])
    parent, children = begin(arguments, run / "metrics.jsonl")
    parent.send_signal(signal.SIGINT)
    _, messages = parent.communicate(timeout=60)
    assert parent.returncode == 130
    *epochs, last = messages.splitlines()
    assert last == f"earmark: error: stopped; to go on, add --resume {run}"
    assert all(line.startswith("earmark: epoch ") for line in epochs), messages
    assert not any(child.is_running() for child in children)


def test_what_is_wrong_is_said_once(earmark, command, tmp_path):
    process = earmark(*command(tmp_path / "run", "--devices", 2, "--set", "training.batch=3"))
    assert process.returncode == 2
    (line,) = process.stderr.splitlines()
    assert line == (
        "earmark: error: 1 clips a step for each of 2 processes, but batch normalization needs "
        "two: raise training.batch, or choose fewer --devices"
    )
    assert not (tmp_path / "run").exists()


def test_several_nodes_must_know_which_they_are(earmark, command, tmp_path):
    process = earmark(*command(tmp_path / "run", "--nodes", 2))
    assert process.returncode == 2
    (line,) = process.stderr.splitlines()
    assert line.startswith("earmark: error: --nodes 2: set MASTER_ADDR, on every node")


def test_graphics_cards_that_are_not_there_are_missed():
    cards = torch.cuda.device_count()
    with pytest.raises(
        BadRecipe, match=f"torch finds {cards} graphics cards here, not {cards + 1}"
    ):
        Devices.chosen("gpu", Place(world=cards + 1, local_world=cards + 1))
    assert Devices.chosen("cpu", None) == Devices()
    assert Devices.chosen("auto", None).accelerator == ("gpu" if cards else "cpu")


@pytest.fixture
def lessons(miniature, tmp_path):
    """The lessons of a process in an epoch."""
    settings = {"columns": 64, "subtract_band_mean": False}
    changes = {"band_shift": 0, "stretch": 0.0, "band_masks": 0, "column_masks": 0}
    recipe = recipe_from_dict(
        {
            "clips": settings,
            "augmentation": changes,
            "training": {"crop_columns": 0, "partial_batch": True},
        }
    )
    sides = load_sides(recipe.data, {"gtzan-mel": miniature}, LogMel(), tmp_path)
    clips = ClipSet(sides.train, Clips(**settings))
    return lambda place: Lessons(sides, clips, recipe, epoch=3, place=place)


@pytest.mark.parametrize("world", [1, 2, 3, 8])
def test_the_processes_share_each_batch_and_no_clip_is_learnt_twice(lessons, world):
    alone = lessons(Place())
    parts = [lessons(Place(rank=rank, world=world)) for rank in range(world)]
    steps = len(parts[0])
    # 60 clips: three batches of 16, and one of 12, which would leave each of eight with one.
    assert steps == (3 if world == 8 else 4)
    for step in range(steps):
        whole, truths = alone[step]
        given = [part[step] for part in parts]
        each = len(whole) // world
        assert [len(clips) for clips, _ in given] == [each] * world
        learnt = {clip.numpy().tobytes() for clips, _ in given for clip in clips}
        assert len(learnt) == each * world
        assert learnt <= {clip.numpy().tobytes() for clip in whole}
        of_clip = {clip.numpy().tobytes(): row for clip, row in zip(whole, truths[0], strict=True)}
        for clips, (rows,) in given:
            for clip, row in zip(clips, rows, strict=True):
                assert torch.equal(of_clip[clip.numpy().tobytes()], row)


def test_the_processes_draw_different_changes(miniature, tmp_path):
    recipe = recipe_from_dict({"training": {"crop_columns": 32}})
    sides = load_sides(recipe.data, {"gtzan-mel": miniature}, LogMel(), tmp_path)
    clips = ClipSet(sides.train, recipe.clips)
    first, second = (Lessons(sides, clips, recipe, 0, Place(rank=r, world=2)) for r in range(2))
    masked = [(lessons[0][0] == 0).sum(dim=(1, 2)) for lessons in (first, second)]
    assert not torch.equal(*masked)
