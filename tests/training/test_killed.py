"""Trainings that are killed, again and again, at moments that chance chooses.

`kill -9` leaves a process no time for anything. What a killed training left must be enough to go on
from, and where it ends must be, to the bit, where an uninterrupted one ends.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs fork and SIGKILL of POSIX")

KILLS = 4
CHANGES = {
    "adamw": [],
    "sgd": [
        "training.optimizer=sgd",
        "training.schedule=plateau",
        "training.learning_rate=0.1",  # too much, so that the loss stalls and the rate falls
        "training.plateau_patience=1",
        "training.average_decay=0",
    ],
    "rmsprop-nesterov": [
        "training.optimizer=rmsprop-nesterov",
        "training.schedule=constant",
        "training.learning_rate=0.001",
        "training.l2=0.001",
        'training.l2_on=["head.0.weight"]',
    ],
}

# A process that has imported all that takes long forks one training after the other, measures the
# first, which nobody disturbs, and kills the next ones at any moment of as long a time.
TRAIN = """
import json, os, random, signal, sys, time
from pathlib import Path
from earmark.training.recipe import read_recipe
from earmark.training.data import load_sides
from earmark.training import learn  # what takes long to import, and networks alone need
from earmark.training.run import feature_of, train_on

path, data, folder, changes, kills = json.loads(sys.argv[1])

def begin(recipe, sides, run):
    process = os.fork()
    if process == 0:
        try:
            train_on(recipe, sides, run, resume=(run / "recipe.json").exists(), export=False)
            os._exit(0)
        except BaseException as error:
            print(error, file=sys.stderr, flush=True)
            os._exit(1)
    return process

def ended(process):
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])

for name in changes:
    recipe, place = read_recipe(Path(path), changes[name]), Path(folder, name)
    stores = Path(folder, "features")
    sides = load_sides(recipe.data, {"gtzan-mel": Path(data)}, feature_of(recipe), stores)
    began = time.monotonic()
    assert ended(begin(recipe, sides, place / "whole")) == 0
    whole = time.monotonic() - began
    moments = []
    for _ in range(kills):
        moments.append(random.uniform(0, whole))
        process = begin(recipe, sides, place / "killed")
        time.sleep(moments[-1])
        os.kill(process, signal.SIGKILL)
        status = ended(process)
        assert status in (0, -signal.SIGKILL), (name, moments, whole, status)
    assert ended(begin(recipe, sides, place / "killed")) == 0, (name, moments, whole)
    print(name, moments, whole)
"""


def digest(checkpoint: Path) -> str:
    """SHA-256 of the weights in a checkpoint."""
    state = torch.load(checkpoint, weights_only=True)["state_dict"]
    hashed = hashlib.sha256()
    for name, tensor in state.items():
        hashed.update(name.encode())
        hashed.update(tensor.contiguous().numpy().tobytes())
    return hashed.hexdigest()


def told(run: Path) -> list[dict]:
    """What the epochs were like, but for how long they took."""
    lines = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


@pytest.fixture(scope="module")
def killed(recipe, miniature, tmp_path_factory) -> tuple[Path, str]:
    """The folder of all trainings, one in it for each optimizer; and when they were killed."""
    folder = tmp_path_factory.mktemp("killed")
    changes = {name: ["training.epochs=12", *more] for name, more in CHANGES.items()}
    wanted = json.dumps([str(recipe), str(miniature), str(folder), changes, KILLS])
    process = subprocess.run(
        [sys.executable, "-c", TRAIN, wanted],
        check=False,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert process.returncode == 0, process.stderr
    return folder, process.stdout


@pytest.mark.parametrize("optimizer", CHANGES)
def test_a_training_killed_at_any_moments_ends_where_it_would_have(killed, optimizer):
    folder, moments = killed
    whole, killed = (folder / optimizer / name for name in ("whole", "killed"))
    assert told(killed) == told(whole), moments
    for name in ("kept.ckpt", "last.ckpt"):
        assert digest(killed / name) == digest(whole / name), moments
    assert (killed / "predictions.csv").read_bytes() == (whole / "predictions.csv").read_bytes()
    if optimizer == "sgd":
        assert len({line["learning_rate"] for line in told(whole)}) > 1
